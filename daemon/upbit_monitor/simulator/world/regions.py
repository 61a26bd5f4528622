"""The four exchanges that share the API, and the plain facts in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_monitor.simulator.laws import KOREAN_ORDER_LAW, LAWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_monitor.simulator.windows import Law


@dataclass(frozen=True, slots=True)
class Region:
    """One exchange. `markets` is how many of them are quoted in each currency."""

    name: str
    fiat: str
    fiat_per_usd: float
    utc_offset_hours: int
    markets: Mapping[str, int]
    fee: Decimal
    min_total: Decimal  # of an order, in fiat
    max_total: Decimal

    @property
    def korean(self) -> bool:
        """Whether this is Korea, which differs from the others in almost every shape."""
        return self.name == "kr"

    @property
    def zone(self) -> timezone:
        """Local time."""
        return timezone(timedelta(hours=self.utc_offset_hours))

    @property
    def laws(self) -> dict[str, Law]:
        """The law of each group here."""
        return LAWS | ({"order": KOREAN_ORDER_LAW} if self.korean else {})


# Counts: kr 800 and id 447 were recorded on 2026-07-30, KRW alone was 284; sg and th were never
# recorded and are plausible. Fees and totals: the documents' examples.
_GLOBAL_FEE = Decimal("0.0025")
REGIONS = {
    region.name: region
    for region in (
        Region(
            "kr",
            "KRW",
            1390.0,
            9,
            {"KRW": 284, "BTC": 306, "USDT": 210},
            Decimal("0.0005"),
            Decimal(5000),
            Decimal(1_000_000_000),
        ),
        Region(
            "sg",
            "SGD",
            1.28,
            8,
            {"SGD": 42, "BTC": 150, "USDT": 88},
            _GLOBAL_FEE,
            Decimal(1),
            Decimal(1_000_000),
        ),
        Region(
            "id",
            "IDR",
            16300.0,
            7,
            {"IDR": 250, "BTC": 197},
            _GLOBAL_FEE,
            Decimal(10_000),
            Decimal(10_000_000_000),
        ),
        Region(
            "th",
            "THB",
            32.5,
            7,
            {"THB": 61, "BTC": 150, "USDT": 88},
            _GLOBAL_FEE,
            Decimal(20),
            Decimal(20_000_000),
        ),
    )
}
