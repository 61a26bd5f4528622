"""Facts: the four regions, where each is asked, and what differs between them.

Sources: base URLs from the official SDK; quote currencies from the market lists of 2026-07 (kr,
id) and from the documents (sg, th). Numbers of markets: those lists (kr 800, of them 284 in KRW;
id 447); sg and th have never been counted in public, and are taken to be as large as id. Keys,
accounts and listings are separate in each region.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Region:
    """One exchange. ``quotes``: its quote currencies, the local money first.

    ``markets``: about how many are listed in all, to plan by; ``local``: of these, the ones
    quoted in local money, where that is known.

    ``zone``: the zone of times that are written without an offset. The global documents show
    order times so, and do not say in which zone: local time is an assumption.
    """

    name: str
    base_url: str
    quotes: tuple[str, ...]
    zone: timezone
    markets: int
    local: int | None = None

    def size(self, quotes: Iterable[str]) -> int:
        """Give the number of markets of these quote currencies, at most, as far as is known."""
        if self.local is None:
            return self.markets
        quotes = {*quotes}
        local = self.local if self.quotes[0] in quotes else 0
        return local + (self.markets - self.local if quotes - {self.quotes[0]} else 0)


def _region(  # noqa: PLR0913, PLR0917 -- a row of the table below
    name: str, host: str, money: str, hours: int, markets: int, local: int | None = None
) -> Region:
    zone = timezone(timedelta(hours=hours))
    quotes = (money, "BTC", "USDT")
    return Region(name, f"https://{host}.upbit.com", quotes, zone, markets, local)


REGIONS: Final[Mapping[str, Region]] = MappingProxyType(
    {
        "kr": _region("kr", "api", "KRW", 9, 800, 284),
        "sg": _region("sg", "sg-api", "SGD", 8, 450),
        "id": _region("id", "id-api", "IDR", 7, 447),
        "th": _region("th", "th-api", "THB", 7, 450),
    }
)
