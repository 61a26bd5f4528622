"""Where a poll of the tests works: a board, a log, and a wall clock that can be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes import NOW, FakeBoard, FakeLog
from upbit_monitor.exchange import REGIONS
from upbit_monitor.polls import Context, Listing, key_id

if TYPE_CHECKING:
    from upbit_monitor.metrics import Family


@dataclass
class Place:
    """Its state: the time on the wall, and what was shown and told."""

    region: str = "kr"
    now: float = NOW
    skew: float = 0
    """Seconds that the wall clock is ahead of the exchange's."""
    board: FakeBoard = field(default_factory=FakeBoard)
    log: FakeLog = field(default_factory=FakeLog)
    poll_name: str = "poll"
    listing: Listing = field(init=False)

    def __post_init__(self) -> None:
        self.listing = Listing(lambda: self.now)

    @property
    def context(self) -> Context:
        return Context(
            target="target",
            poll=self.poll_name,
            region=REGIONS[self.region],
            board=self.board,
            log=self.log,
            listing=self.listing,
            key_id=key_id("access-key-of-the-tests"),
            wall=lambda: self.now + self.skew,
            exchange_time=lambda: self.now,
        )

    def shown(self, family: Family) -> dict[str, float]:
        """Give the series of a family with one label beside the target, by that label."""
        return {value: number for (value,), number in self.table(family).items()}

    def table(self, family: Family) -> dict[tuple[str, ...], float]:
        """Give the series of a family by the labels beside the target."""
        return self.board.series(family.name, *family.labels[1:])

    def observed(self, family: Family) -> tuple[float | None, float | None]:
        """Give the number and the sum of what a histogram saw, if its only label is the target."""
        value, name = self.board.value, family.name
        return value(f"{name}_count", target="target"), value(f"{name}_sum", target="target")

    @property
    def overflows(self) -> dict[str, float]:
        """Give what was folded or left out, by family, where there was any."""
        hits = self.board.series("upbit_monitor_series_limit_hits_total", "metric")
        return {name: number for (name,), number in hits.items() if number}
