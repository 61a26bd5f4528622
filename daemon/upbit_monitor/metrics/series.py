"""The series of one family: collected in one step, and made into samples one by one.

To collect is to take hold of what there is, which takes microseconds. A sample (2 µs) is made only
when it is asked for. So whoever renders thousands of them can give way to the loop in between, and
yet shows the family as it was at one moment.

prometheus_client's own counters and histograms make all samples of a family before they give the
first: 10 ms for 4,000, in which nothing else happens, and every latency measured meanwhile is
wrong. They also guard each observation with locks, which one event loop does not need. What is
collected from here is to the byte what theirs would be.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from prometheus_client.core import Exemplar, Metric, Sample
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from upbit_monitor.metrics.family import Family

    Labels = tuple[str, ...]
    Rows = Mapping[Labels, Any]
    OnCut = Callable[[str, str | None, int], None]
    """Told of a metric, a target, and how many series are left out."""

RowT = TypeVar("RowT")


class Samples(Sequence[Sample]):
    """Samples that are made while somebody goes through them, the same ones each time.

    Its state never changes: how many there are, and what makes them.
    """

    def __init__(self, count: int, make: Callable[[], Iterator[Sample]]) -> None:
        self._count = count
        self._make = make

    def __iter__(self) -> Iterator[Sample]:
        return self._make()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 -- one, or a slice of them
        return list(self)[place]


class Series(Collector, ABC, Generic[RowT]):
    """Every series of a family. Its state: by target, a row for each set of further label values.

    The target is ``None`` for the daemon's own families, which have no label ``target``.
    """

    per_row = 1
    """Samples that a row makes."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._rows: dict[str | None, dict[Labels, RowT]] = defaultdict(dict)

    def drop(self, target: str | None, labels: Labels) -> None:
        """Drop one series, if it is there."""
        self._rows.get(target, {}).pop(labels, None)

    @abstractmethod
    def begin_renewal(self) -> None:
        """What is watched is about to change: note what targets have by now."""

    def end_renewal(self, *, succeeded: bool) -> None:
        """It has changed, or, if not ``succeeded``, that went wrong."""

    def collect(self) -> Iterable[Metric]:
        """Give the family as it is now, whatever happens while its samples are gone through."""
        held = [(target, self._held(rows)) for target, rows in self._rows.items()]
        metric = self._bare()
        samples: Any = Samples(
            self.per_row * sum(len(rows) for _, rows in held), lambda: self._samples(held)
        )
        metric.samples = samples
        yield metric

    def describe(self) -> Iterable[Metric]:
        """Give the family without series, so that registering does not collect."""
        yield self._bare()

    def _bare(self) -> Metric:
        name = self._family.name
        if self._family.kind == "counter":
            name = name.removesuffix("_total")
        return Metric(name, self._family.help, self._family.kind)

    def _samples(self, held: Iterable[tuple[str | None, Rows]]) -> Iterator[Sample]:
        names = self._family.labels
        for target, rows in held:
            first = () if target is None else (target,)
            for labels, row in rows.items():
                yield from self._of_row(dict(zip(names, (*first, *labels), strict=True)), row)

    def _check(self, target: str | None, labels: Labels) -> None:
        """Raise ``ValueError`` if these are not the family's labels."""
        if len(labels) + (target is not None) != len(self._family.labels):
            raise ValueError(f"{self._family.name} has the labels {self._family.labels}")

    @abstractmethod
    def _held(self, rows: dict[Labels, RowT]) -> Rows:
        """Give rows that no later change reaches, in next to no time."""

    def _of_row(self, labels: dict[str, str], row: Any) -> Iterable[Sample]:  # noqa: ANN401 -- as held
        """Make the samples of a row."""
        return (Sample(self._family.name, labels, row),)


class Snapshot(Series[float]):
    """A gauge whose series are replaced as a whole, by target.

    Its state is also how many a target may have, and which targets have more: that is left out.
    ``on_overflow`` is told each time how many, and ``on_cut`` when it begins for a target.
    """

    def __init__(
        self,
        family: Family,
        cap: int,
        *,
        on_overflow: Callable[[str, int], None],
        on_cut: OnCut,
    ) -> None:
        super().__init__(family)
        self.cap = cap
        self._on_overflow = on_overflow
        self._on_cut = on_cut
        self._cut: set[str | None] = set()

    def show(self, target: str | None, rows: Mapping[Labels, float]) -> None:
        """Let these rows be all that the target has.

        Raises ``ValueError`` if the labels, as far as the first row tells, are not the family's.
        """
        if len(rows) <= self.cap:
            self._cut.discard(target)
        # A copy: what was collected and is not yet rendered must not change with the giver's.
        self._replace(target, dict(rows))

    def put(self, target: str | None, labels: Labels, value: float) -> None:
        """Set one row and keep the others. Raises as ``show``.

        For families of a few rows: all are copied, since somebody may be rendering the old ones.
        """
        self._replace(target, {**self._rows[target], labels: value})

    def _replace(self, target: str | None, rows: dict[Labels, float]) -> None:
        for labels in islice(rows, 1):
            self._check(target, labels)
        left_out = len(rows) - self.cap
        if left_out > 0:
            self._on_overflow(self._family.name, left_out)
            rows = dict(islice(rows.items(), self.cap))
        self._rows[target] = rows
        if left_out > 0 and target not in self._cut:
            self._cut.add(target)
            self._on_cut(self._family.name, target, left_out)

    def begin_renewal(self) -> None:
        """Drop what targets have: a gauge speaks of what is in force."""
        for target in [*self._rows]:
            if target is not None:
                del self._rows[target]
        self._cut.clear()

    def _held(self, rows: dict[Labels, float]) -> Rows:
        return rows  # they are replaced, never changed


class Lasting(Series[RowT]):
    """Series that go on through a renewal, if they are asked for again.

    Its state is also what targets had when a renewal began and nobody has asked for since.
    """

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._unasked: dict[str | None, set[Labels]] = {}

    def begin_renewal(self) -> None:
        """Note what targets have: each is kept for now."""
        self._unasked = {
            target: set(rows) for target, rows in self._rows.items() if target is not None
        }

    def end_renewal(self, *, succeeded: bool) -> None:
        """Drop what nobody asked for again; if it did not succeed, drop nothing.

        Not all that is in use can be known before it happens, such as a rare status code. So a
        series stays as well if another with the same first label (the endpoint, group, poll or
        market) was asked for. Where that label is alone, such as a market that only a pattern
        watches, what was not known beforehand goes and begins anew: a reset, as of any counter.
        """
        unasked, self._unasked = self._unasked, {}
        for target, gone in unasked.items() if succeeded else ():
            rows = self._rows[target]
            in_use = {labels[:1] for labels in rows if labels not in gone}
            self._rows[target] = {
                labels: row for labels, row in rows.items() if labels[:1] in in_use
            }
            if not self._rows[target]:
                del self._rows[target]

    def _ask_for(self, target: str | None, labels: Labels) -> None:
        if self._unasked and target in self._unasked:
            self._unasked[target].discard(labels)


class Tally(Lasting[float]):
    """A counter."""

    def add(self, target: str | None, labels: Labels, by: float) -> None:
        """Count. Raises ``ValueError`` if it would go down, or the labels are not the family's."""
        if by < 0:
            raise ValueError(f"{self._family.name} cannot go down, by {by}")
        rows = self._rows[target]
        if labels not in rows:
            self._check(target, labels)
            rows[labels] = 0.0
        rows[labels] += by
        self._ask_for(target, labels)

    def _held(self, rows: dict[Labels, float]) -> Rows:
        return rows.copy()


@dataclass(slots=True)
class _Observed:
    """What one series observed: how many in each bucket, the last example of each, the sum."""

    counts: list[int]
    total: float = 0.0
    examples: dict[int, Exemplar] = field(default_factory=dict)

    def copy(self) -> _Observed:
        return _Observed(self.counts.copy(), self.total, self.examples.copy())


class Distribution(Lasting[_Observed]):
    """A histogram."""

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._bounds = (*map(float, family.buckets), inf)
        self._bound_texts = tuple(map(floatToGoString, self._bounds))
        # A sum that may go down is no counter, and is not shown.
        self._summed = self._bounds[0] >= 0
        self.per_row = len(self._bounds) + 1 + self._summed

    def observe(
        self,
        target: str | None,
        labels: Labels,
        values: Iterable[float],
        exemplar: dict[str, str] | None = None,
    ) -> None:
        """Add observations; none makes the series be there. Raises ``ValueError`` as ``add``."""
        rows = self._rows[target]
        if labels not in rows:
            self._check(target, labels)
            rows[labels] = _Observed([0] * len(self._bounds))
        self._ask_for(target, labels)
        row, bounds = rows[labels], self._bounds
        for value in values:
            bucket = bisect_left(bounds, value)
            row.counts[bucket] += 1
            row.total += value
            if exemplar:
                row.examples[bucket] = Exemplar(exemplar, value, time.time())

    def _held(self, rows: dict[Labels, _Observed]) -> Rows:
        return {labels: row.copy() for labels, row in rows.items()}

    def _of_row(self, labels: dict[str, str], row: _Observed) -> Iterable[Sample]:
        name = self._family.name
        count = 0
        for place, count in enumerate(accumulate(row.counts)):
            le = {**labels, "le": self._bound_texts[place]}
            yield Sample(f"{name}_bucket", le, count, None, row.examples.get(place))
        yield Sample(f"{name}_count", labels, count)
        if self._summed:
            yield Sample(f"{name}_sum", labels, row.total)
