"""What was measured, in words and figures, and whether the daemon kept its promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.limiter.table import aligned
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.metrics.family import SERIES_LIMIT_HITS
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.scale.exchanges import Ledger
    from bench.scale.observed import Observed
    from bench.scale.scraper import Scrape
    from bench.scale.watched import Scenario
    from upbit_monitor.metrics import Family

_REFUSALS: Final = (418, 429)
_RUNS: Final = {
    "runs": c.POLL_RUNS,
    "runs that failed": c.POLL_FAILURES,
    "beats skipped: the run before was going on": c.POLL_OVERLAPS,
    "beats skipped: backing off": c.POLL_SKIPS,
    "beats lost": c.POLL_MISFIRES,
    "samples left out or folded": SERIES_LIMIT_HITS,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario, played."""

    scenario: Scenario
    observed: Observed
    received: Ledger
    scrapes: Sequence[Scrape]
    """In order; there is at least one."""

    @property
    def counted(self) -> Counter[tuple[str, str]]:
        """Give the requests that the daemon counted, by region and endpoint."""
        counted: Counter[tuple[str, str]] = Counter()
        for sample in self.observed.samples:
            if sample.name == c.ATTEMPTS.name:
                region = self.scenario.targets[sample.labels["target"]].region
                counted[region, sample.labels["endpoint"]] += round(sample.value)
        return +counted

    @property
    def arrived(self) -> Counter[tuple[str, str]]:
        """Give the requests that the exchanges received, by region and endpoint."""
        names = {end.path: end.name for poll in POLLS.values() for end in poll.endpoints}
        arrived: Counter[tuple[str, str]] = Counter()
        for (region, path, _), number in self.received.items():
            arrived[region, names.get(path, path)] += number
        return arrived

    @property
    def refused(self) -> int:
        """Give the requests that an exchange refused."""
        return sum(self.received[key] for key in self.received if key[2] in _REFUSALS)

    def total(self, family: Family, **labels: str) -> int:
        """Add up the series of a counter that have these labels."""
        return round(
            sum(
                sample.value
                for sample in self.observed.samples
                if sample.name == family.name and labels.items() <= sample.labels.items()
            )
        )

    def within(self, family: Family, share: float) -> str:
        """Give the bucket of a histogram, all series together, within which that share lies."""
        buckets: Counter[str] = Counter()
        for sample in self.observed.samples:
            if sample.name == f"{family.name}_bucket":
                buckets[sample.labels["le"]] += round(sample.value)
        enough = share * max(buckets.values(), default=0)
        bound = next((le for le in buckets if buckets[le] >= enough), "+Inf")
        return (
            f"> {1000 * family.buckets[-1]:g}" if bound == "+Inf" else f"<= {1000 * float(bound):g}"
        )


def broken(outcome: Outcome) -> Iterator[str]:
    """Tell each promise that was not kept."""
    name, counted, arrived = outcome.scenario.name, outcome.counted, outcome.arrived
    for key in sorted(counted.keys() | arrived.keys()):
        if counted[key] != arrived[key]:
            where = " ".join(key)
            yield f"{name}: {where}: received {arrived[key]}, but counted {counted[key]}"
    if outcome.refused:
        yield f"{name}: {outcome.refused} requests were refused"
    if not arrived:
        yield f"{name}: nothing was asked"


def table(outcomes: Sequence[Outcome]) -> str:
    """Show scenarios side by side."""
    columns = [dict(_figures(outcome)) for outcome in outcomes]
    rows = [("", *(outcome.scenario.name for outcome in outcomes))]
    rows += [(name, *(column[name] for column in columns)) for name in columns[0]]
    return "\n".join(aligned(rows))


def _figures(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "requests the exchanges received", str(outcome.arrived.total())
    yield "requests the daemon counted", str(outcome.counted.total())
    yield "requests refused", str(outcome.refused)
    for name, family in _RUNS.items():
        yield name, str(outcome.total(family))
    for reason in c.RUN_FAILURES:
        failed = outcome.total(c.POLL_FAILURES, reason=reason)
        yield f"of those that failed: {reason}", str(failed)
    yield "start of a run, p99 late by ms", outcome.within(c.POLL_START_DELAY, 0.99)
    for share in (0.5, 0.99, 1):
        yield f"loop lag, its own view, {_quantile(share)} ms", outcome.within(c.LOOP_LAG, share)
    observed = outcome.observed
    for what, lags in (
        ("a probe each 5 ms", sorted(observed.lags)),
        ("of its own making at most", sorted(observed.own_lags)),
    ):
        for share in (0.5, 0.99, 0.999, 1):
            lag = lags[min(int(share * len(lags)), len(lags) - 1)]
            yield f"loop lag, {what}, {_quantile(share)} ms", f"{1000 * lag:.2f}"
    yield "CPU, % of one core", f"{100 * observed.cpu_share:.1f}"
    first, last = outcome.scrapes[0], outcome.scrapes[-1]
    yield "memory at the first scrape, MiB", f"{first.rss:.1f}"
    yield "memory at the last scrape, MiB", f"{last.rss:.1f}"
    yield "series at the first scrape", str(first.series)
    yield "series at the last scrape", str(last.series)
    yield "scrape, median s", f"{median(one.seconds for one in outcome.scrapes):.3f}"
    yield "scrape, longest s", f"{max(one.seconds for one in outcome.scrapes):.3f}"
    yield "scrape, kB of text", f"{last.size / 1000:.0f}"
    yield "scrape, kB on the wire", f"{last.packed / 1000:.0f}"


def _quantile(share: float) -> str:
    return "max" if share == 1 else f"p{100 * share:g}"
