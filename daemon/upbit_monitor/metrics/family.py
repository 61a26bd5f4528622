"""A metric family as data, and the board on which families are shown.

Everything that the daemon exposes is declared as a ``Family``: the exposition, METRICS.md and
the checks of rules and dashboards all come from these declarations.

A gauge on the board is a *snapshot*: one target's series are replaced together, in one step of
the event loop, so that a scrape never sees half of a poll, and what vanished is gone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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


class Snapshot(Collector):
    """A gauge whose series are replaced as a whole, by target.

    Its state: the rows of each target, a value by label values (without the target's), and how
    many a target may have; what is more is left out, and counted.
    """

    def __init__(self, family: Family, on_overflow: Callable[[str, int], None]) -> None:
        self.cap = SERIES_CAP
        self._family = family
        self._on_overflow = on_overflow
        self._rows: dict[str | None, Mapping[tuple[str, ...], float]] = {}

    def show(self, target: str | None, rows: Mapping[tuple[str, ...], float]) -> None:
        """Let these rows be all that the target has."""
        if len(rows) > self.cap:
            self._on_overflow(self._family.name, len(rows) - self.cap)
            rows = dict(islice(rows.items(), self.cap))
        self._rows[target] = rows

    def put(self, target: str | None, labels: tuple[str, ...], value: float) -> None:
        """Set one row and keep the others."""
        self.show(target, {**self._rows.get(target, {}), labels: value})

    def forget(self, target: str) -> None:
        """Drop what the target has."""
        self._rows.pop(target, None)

    def collect(self) -> Iterable[Metric]:
        """Give the family as it is now."""
        metric = GaugeMetricFamily(self._family.name, self._family.help, labels=self._family.labels)
        for target, rows in self._rows.items():
            first = () if target is None else (target,)
            for labels, value in rows.items():
                metric.add_metric((*first, *labels), value)
        yield metric

    def describe(self) -> Iterable[Metric]:
        """Give the family without series, so that registering does not collect."""
        yield GaugeMetricFamily(self._family.name, self._family.help, labels=self._family.labels)


class Board:
    """Every family shown, each made and registered at its first use.

    Its state is the registry and what stands in it. ``target`` is ``None`` for the daemon's own
    families, which have no label ``target``.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        # Process-wide: ``_created`` would double the series for what nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        self._series_cap = SERIES_CAP
        self._snapshots: dict[Family, Snapshot] = {}
        self._counters: dict[Family, Counter] = {}
        self._histograms: dict[Family, Histogram] = {}
        self._targets: dict[str, set[tuple[Family, tuple[str, ...]]]] = defaultdict(set)

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
        labels = self._keep(family, target, labels)
        counter = self._counter(family)
        (counter.labels(*labels) if labels else counter).inc(by)

    def observe(
        self,
        family: Family,
        target: str | None,
        *labels: str,
        values: Sequence[float],
        exemplar: dict[str, str] | None = None,
    ) -> None:
        """Add observations to a histogram; none makes its series be there from the start."""
        labels = self._keep(family, target, labels)
        histogram = self._histogram(family)
        child = histogram.labels(*labels) if labels else histogram
        for value in values:
            child.observe(value, exemplar)

    def fold(self, family: Family, value: str, known: Iterable[str]) -> str:
        """Give a label's value if it is of the closed set, else ``other``, and count that."""
        if value in known:
            return value
        self._overflow(family.name, 1)
        return "other"

    def drop(self, family: Family, target: str, *labels: str) -> None:
        """Drop one series of a counter or histogram: what it speaks of is no more."""
        if (family, (target, *labels)) in self._targets[target]:
            self._targets[target].remove((family, (target, *labels)))
            (self._counters.get(family) or self._histograms[family]).remove(target, *labels)

    def forget(self, target: str, *, gauges_only: bool = False) -> None:
        """Drop every series of a target that is watched no more, or only its gauges."""
        for snapshot in self._snapshots.values():
            snapshot.forget(target)
        if gauges_only:
            return
        for family, labels in self._targets.pop(target, set()):
            (self._counters.get(family) or self._histograms[family]).remove(*labels)

    def _keep(self, family: Family, target: str | None, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Give all label values, and remember them for the day the target is forgotten."""
        if target is None:
            return labels
        self._targets[target].add((family, (target, *labels)))
        return (target, *labels)

    def _snapshot(self, family: Family) -> Snapshot:
        if family not in self._snapshots:
            self._snapshots[family] = snapshot = Snapshot(family, self._overflow)
            snapshot.cap = self._series_cap
            self.registry.register(snapshot)
        return self._snapshots[family]

    def _counter(self, family: Family) -> Counter:
        if family not in self._counters:
            self._counters[family] = Counter(
                family.name, family.help, family.labels, registry=self.registry
            )
        return self._counters[family]

    def _histogram(self, family: Family) -> Histogram:
        if family not in self._histograms:
            self._histograms[family] = Histogram(
                family.name,
                family.help,
                family.labels,
                buckets=family.buckets,
                registry=self.registry,
            )
        return self._histograms[family]

    def _overflow(self, metric: str, by: int) -> None:
        self.count(SERIES_LIMIT_HITS, None, metric, by=by)
