"""Facts: the groups of requests that the exchange counts together, and their limits.

Names are those of the ``Remaining-Req`` header on the wire, which differ from the documents
(``crix-trades`` is documented as "trade", ``candles`` as "candle"). Limits: the exchange's
document "Rate Limits" of 2026-08 for Korea, and of 2025-11 for the other regions. They differ
by region and change (Korea's ``order`` went from 8 to 12 on 2026-08-21): a header that shows
another limit is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """``limit`` requests in any ``period`` seconds."""

    limit: int
    period: float = 1.0

    def __post_init__(self) -> None:
        if self.limit < 1 or not 0 < self.period < float("inf"):
            message = f"a quota needs a limit of 1 or more and a period above 0 s, not {self}"
            raise ValueError(message)


QUOTATION: Final[Mapping[str, Quota]] = MappingProxyType(
    {name: Quota(10) for name in ("market", "ticker", "crix-trades", "candles", "orderbook")}
)
"""Public questions; counted by IP address and host."""

_ACCOUNT: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "default": Quota(30),
        "order": Quota(8),
        "order-test": Quota(8),
        "order-cancel-all": Quota(1, 2.0),
    }
)
_ACCOUNT_KOREA: Final[Mapping[str, Quota]] = MappingProxyType({**_ACCOUNT, "order": Quota(12)})

UNKNOWN: Final = Quota(1)
"""For a group that nobody has documented: the least that still works."""

KNOWN: Final = frozenset({*QUOTATION, *_ACCOUNT, "origin"})
"""Every group's name that has been documented or seen."""


def account(region: str) -> Mapping[str, Quota]:
    """Give the quotas of signed questions, counted by account (Korea: by pocket)."""
    return _ACCOUNT_KOREA if region == "kr" else _ACCOUNT
