"""Which groups of requests the exchange counts, under which law, and by what names."""

from __future__ import annotations

from .windows import Law

LAWS = {
    "market": Law(10),
    "candles": Law(10),
    "crix-trades": Law(10),
    "ticker": Law(10),
    "orderbook": Law(10),
    "origin": Law(1, 10.0),
    "default": Law(30),
    "order": Law(8),
    "order-test": Law(8),
    "order-cancel-all": Law(1, 2.0),
}
"""By the name on the wire. Source: docs.upbit.com rate limits; names of recorded headers."""

KOREAN_ORDER_LAW = Law(12)
"""In Korea since 2026-08-21; elsewhere 8."""

_DOCUMENTED = {"candles": "candle", "crix-trades": "trade"}
_EXCHANGE = frozenset({"default", "order", "order-test", "order-cancel-all"})


def shown_name(group: str, style: str) -> str:
    """The name of a group in Remaining-Req, under a position of the knob `group_names`."""
    match style:
        case "docs":
            return _DOCUMENTED.get(group, group)
        case "prefixed":
            return f"exchange.{group}" if group in _EXCHANGE else group
        case "renamed":
            return f"{group}-v2"
        case _:
            return group
