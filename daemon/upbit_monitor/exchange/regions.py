"""Facts: the four regions, where each is asked, and what differs between them.

Sources: base URLs from the official SDK; quote currencies from the market lists of 2026-07 (kr,
id) and from the documents (sg, th). Keys, accounts and listings are separate in each region.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Region:
    """One exchange. ``quotes``: its quote currencies, the local money first.

    ``zone``: the zone of times that are written without an offset. The global documents show
    order times so, and do not say in which zone: local time is an assumption.
    """

    name: str
    base_url: str
    quotes: tuple[str, ...]
    zone: timezone


def _region(name: str, host: str, money: str, hours: int) -> Region:
    zone = timezone(timedelta(hours=hours))
    return Region(name, f"https://{host}.upbit.com", (money, "BTC", "USDT"), zone)


REGIONS: Final[Mapping[str, Region]] = MappingProxyType(
    {
        "kr": _region("kr", "api", "KRW", 9),
        "sg": _region("sg", "sg-api", "SGD", 8),
        "id": _region("id", "id-api", "IDR", 7),
        "th": _region("th", "th-api", "THB", 7),
    }
)
