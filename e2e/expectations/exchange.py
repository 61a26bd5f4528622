"""What the dashboard of the exchange should show."""

from __future__ import annotations

from typing import Any, Final

from e2e.expectations.expected import at, calm, later

_KRW: Final[dict[str, Any]] = {"market": "KRW-BTC"}
_SGD: Final[dict[str, Any]] = {"market": "SGD-BTC"}

PANELS: Final = {
    "Stale tickers": (calm("stale_ticker", 0, 0), at("stale_ticker", 1, 1)),
    "Impossible prices": (calm("bad_print", 0, 0), at("bad_print", 1, 1)),
    "Broken books": (calm("crossed_book", 0, 0), at("crossed_book", 1, 1)),
    "Stuck orders": (
        calm("stuck_order", 0, 0), at("stuck_order", 1, 1), later("stuck_order", 0, 0)
    ),
    "Wallets without withdrawal": (calm("wallet_paused", 0, 0), at("wallet_paused", 1, 1)),
    "First key ends in": (calm("ending_key", 364, 365), at("ending_key", 9.9, 10)),
    "Watched markets": (
        calm("stale_ticker", 1e6, 1e9, "A", **_KRW),
        calm("stale_ticker", -0.5, 0.5, "B", **_KRW),
        calm("crossed_book", 1e3, 1e7, "C", **_SGD),
        calm("crossed_book", 1e3, 1e7, "D", **_SGD),
        calm("crossed_book", 0, 0.05, "E", **_SGD), at("crossed_book", -1, -1e-9, "E", **_SGD),
        calm("stale_ticker", 1, ref="F", **_KRW),
        calm("stale_ticker", 1e-6, ref="G", **_KRW),
        calm("crossed_book", 0, 1, "H", **_SGD),
        calm("stale_ticker", 0, 10, "I", **_KRW), at("stale_ticker", 30, ref="I", **_KRW),
        calm("late_candles", 0, 2.1, "J", **_KRW), at("late_candles", 9, 13, "J", **_KRW),
        calm("warned", 0, 0, "K", **_SGD), at("warned", 1, 1, "K", **_SGD),
        calm("stale_ticker", 0, 5, "L", **_KRW),
    ),
    "Change since yesterday's close": (calm("stale_ticker", -0.5, 0.5, **_KRW),),
    "Age of what the exchange serves, p99": (
        calm("stale_ticker", 0, 30, "A"),
        calm("crossed_book", 0, 30, "B"),
        calm("late_candles", 0, 30, "C"),
    ),
    "Markets that want a look": (
        calm("stale_ticker", 0, 0, "A"), at("stale_ticker", 1, 1, "A"),
        calm("bad_print", 0, 0, "B"), at("bad_print", 1, 1, "B", reason="outside_range"),
        calm("late_candles", 0, 0, "C"), at("late_candles", 1, 1, "C"),
    ),
    "Markets listed, and in the answers": (
        calm("delisted", 42, 42, "A", quote="SGD"), at("delisted", 41, 41, "A", quote="SGD"),
        calm("delisted", 0, 300, "B"),
        calm("crossed_book", 1, 1, "C"),
    ),
    "Listings and delistings": (
        later("delisted", 0.5, ref="A", quote="SGD"),
        calm("delisted", 0, 0, "B"), at("delisted", 0.5, ref="B", quote="SGD"),
    ),
    "Markets under warning or caution": (
        calm("warned", 0, 20, "A"), at("warned", 1, 20, "A"), calm("stale_ticker", 1, 300, "B"),
    ),
    "Spread of watched markets": (
        calm("crossed_book", 0, 0.05, **_SGD), at("crossed_book", -1, -1e-9, **_SGD)
    ),
    "Spread of all books": (calm("one_endpoint", 0, 0.05, "A"), calm("one_endpoint", 0, 0.05, "B")),
    "Depth within a band": (calm("crossed_book", 0, **_SGD),),
    "Irregular books": (
        calm("crossed_book", 0, 0, condition="crossed"),
        at("crossed_book", 1, 1, condition="crossed"),
    ),
    "Trades a second": (
        calm("late_candles", 0.05, 20, "A", **_KRW), calm("late_candles", 0.05, 20, "B", **_KRW)
    ),
    "Answers that missed trades": (calm("late_candles", 0, 0, **_KRW),),
    "Time since the last trade": (calm("late_candles", 0, 15, **_KRW),),
    "Delay of candles": (at("late_candles", 0, 700, "A"), at("late_candles", 0, 3600, "B")),
    "Open orders": (
        calm("stuck_order", 0, 0, "A"), at("stuck_order", 1, 1, "A", side="bid", state="wait"),
        calm("stuck_order", 0, 0, "B"), at("stuck_order", 1, 1, "B", side="bid"),
    ),
    "Age of the oldest order": (at("stuck_order", 20, side="bid"),),
    "Bound in open orders": (
        calm("stuck_order", 0, 0), at("stuck_order", 10, 11, side="bid", quote="SGD")
    ),
    "Orders by market": (
        calm("market_inactive", 1, 1, "A", **_SGD), at("market_inactive", 0, 0, "A", **_SGD),
        at("stuck_order", 1, 1, "B", **_SGD),
        calm("market_inactive", 0.0025, 0.0025, "C", **_SGD),
        calm("market_inactive", 0.0025, 0.0025, "D", **_SGD),
        calm("market_inactive", 1, 1, "E", **_SGD),
        calm("market_inactive", 1, 1, "F", **_SGD),
        calm("market_inactive", 1e6, 1e6, "G", **_SGD),
    ),
    "Balances": (
        calm("market_inactive", 1e5, ref="A", currency="SGD"),
        calm("market_inactive", 0, 0, "B", currency="SGD"),
    ),
    "Keys and currencies": (
        calm("ending_key", 1, 1, "A"), calm("market_inactive", 7, 7, "B")
    ),
    "Wallets of watched currencies": (
        calm("wallet_paused", 1, 1, "A", currency="BTC"),
        at("wallet_paused", 0, 0, "A", currency="BTC"),
        at("wallet_paused", 0, 0, "B", currency="BTC"),
        calm("wallet_paused", 0, 400, "C", currency="ETH"),
    ),
    "Wallets by state": (
        at("wallet_paused", 1, 2, state="unsupported"), calm("wallet_paused", 3, state="working")
    ),
    "Chains by state": (calm("wallet_paused", 3, state="normal"),),
    "Wallets that changed": (calm("wallet_paused", 0, 0), at("wallet_paused", 0.5)),
}  # fmt: skip
