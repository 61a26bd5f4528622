"""A metric family as data, and the board on which families are shown.

Everything that the daemon exposes is declared as a ``Family``: the exposition, METRICS.md and
the checks of rules and dashboards all come from these declarations.

A gauge on the board is a *snapshot*: one target's series are replaced together, in one step of
the event loop, so that a scrape never sees half of a poll, and what vanished is gone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from upbit_monitor.metrics.series import Distribution, Series, Snapshot, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from prometheus_client import CollectorRegistry

    from upbit_monitor.metrics.series import OnCut

SeriesT = TypeVar("SeriesT", bound=Series[Any])

Kind = Literal["counter", "gauge", "histogram"]

SERIES_CAP: Final = 1000
"""Series that one gauge may have for one target, unless the operator says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One metric family. ``help`` is a full sentence and says the unit.

    ``advice``: what to do, or what to think of, when it moves. METRICS.md prints both. ``values``:
    the closed set of a label, where it is one of the code and not of the configuration. Each is
    declared once, and is equal to itself alone: it is looked up at every observation.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    advice: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SERIES_LIMIT_HITS: Final = Family(
    "upbit_monitor_series_limit_hits_total",
    "counter",
    "Samples left out, or folded into the value other, because a label reached its closed set "
    "or its cap.",
    ("metric",),
    advice="For a gauge, raise `metrics.series_cap` or watch fewer markets: what is left out is "
    "not shown at all. Where other is counted, the exchange uses a word that this version does not "
    "know: update it.",
)


class Board:
    """Every family shown, each made and registered at its first use.

    Its state is the registry and what stands in it. ``target`` is ``None`` for the daemon's own
    families, which have no label ``target``.
    """

    def __init__(self, registry: CollectorRegistry, *, on_cut: OnCut = lambda *_: None) -> None:
        """``on_cut`` is told when a gauge begins to have more series of a target than its cap."""
        self.registry = registry
        self._on_cut = on_cut
        self._series_cap = SERIES_CAP
        self._snapshots: dict[Family, Snapshot] = {}
        self._tallies: dict[Family, Tally] = {}
        self._distributions: dict[Family, Distribution] = {}

    def cap(self, series: int) -> None:
        """Let a gauge have so many series for one target, from now on."""
        self._series_cap = series
        for snapshot in self._snapshots.values():
            snapshot.cap = series

    def declare(self, *families: Family) -> None:
        """Let what these families leave out or fold be counted from 0."""
        for family in families:
            self._overflow(family.name, 0)

    def show(
        self, family: Family, target: str | None, rows: Mapping[tuple[str, ...], float]
    ) -> None:
        """Replace all series that a gauge has for a target."""
        self._snapshot(family).show(target, rows)

    def put(self, family: Family, target: str | None, *labels: str, value: float) -> None:
        """Set one series of a gauge."""
        self._snapshot(family).put(target, labels, value)

    def count(self, family: Family, target: str | None, *labels: str, by: float = 1) -> None:
        """Add to a counter; ``by=0`` makes its series be there from the start."""
        self._made(self._tallies, family, Tally).add(target, labels, by)

    def observe(
        self,
        family: Family,
        target: str | None,
        *labels: str,
        values: Sequence[float],
        exemplar: dict[str, str] | None = None,
    ) -> None:
        """Add observations to a histogram; none makes its series be there from the start."""
        series = self._made(self._distributions, family, Distribution)
        series.observe(target, labels, values, exemplar)

    def fold(self, family: Family, value: str, known: Iterable[str]) -> str:
        """Give a label's value if it is of the closed set, else ``other``, and count that."""
        if value in known:
            return value
        self._overflow(family.name, 1)
        return "other"

    def drop(self, family: Family, target: str, *labels: str) -> None:
        """Drop one series of a counter or histogram: what it speaks of is no more."""
        series = self._tallies.get(family) or self._distributions.get(family)
        if series is not None:
            series.drop(target, labels)

    @contextmanager
    def renewal(self) -> Iterator[None]:
        """Let what is asked for within go on, and what else speaks of a target be gone after it.

        To ask for a series is to count or observe, if only nothing. Gauges go at once: they speak
        of what is in force. If what happens within raises, counters and histograms all stay.
        """
        for series in self._all():
            series.begin_renewal()
        succeeded = False
        try:
            yield
            succeeded = True
        finally:
            for series in self._all():
                series.end_renewal(succeeded=succeeded)

    def _all(self) -> list[Series[Any]]:
        by_kind = (self._snapshots, self._tallies, self._distributions)
        return [series for made in by_kind for series in made.values()]

    def _snapshot(self, family: Family) -> Snapshot:
        return self._made(
            self._snapshots,
            family,
            lambda family: Snapshot(
                family, self._series_cap, on_overflow=self._overflow, on_cut=self._on_cut
            ),
        )

    def _made(
        self, made: dict[Family, SeriesT], family: Family, make: Callable[[Family], SeriesT]
    ) -> SeriesT:
        """Give the series of a family; at its first use they are made and registered."""
        if family not in made:
            series = make(family)
            self.registry.register(series)
            made[family] = series
        return made[family]

    def _overflow(self, metric: str, by: int) -> None:
        self.count(SERIES_LIMIT_HITS, None, metric, by=by)
