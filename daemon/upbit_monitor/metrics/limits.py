"""Shows what the limiters believe, read at the moment of a scrape: their state is their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from upbit_monitor.metrics.family import Family
    from upbit_monitor.quota import GroupState, RateLimiter

_GAUGES: Mapping[Family, Callable[[GroupState, float], float]] = {
    c.LIMIT: lambda state, _: state.limit,
    c.BUDGET: lambda state, _: state.budget,
    c.PACE: lambda state, _: min(state.pace, state.budget),
    c.HELD: lambda state, _: state.held,
    c.WINDOW: lambda state, _: state.period,
    c.WAITING: lambda state, _: state.waiting,
    c.FOREIGN_EXPECTED: lambda state, _: state.expected,
    c.BLOCKED_UNTIL: lambda state, now: now + state.shut_for if state.shut_for else 0.0,
}


class LimiterMetrics(Collector):
    """A collector over the limiters in use. Its state: which target uses which limiters.

    Targets that share a scope show the same numbers, each under its own label.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._limiters: dict[str, tuple[RateLimiter, ...]] = {}

    def watch(self, limiters: Mapping[str, tuple[RateLimiter, ...]]) -> None:
        """Show these limiters, by target, and no others."""
        self._limiters = dict(limiters)

    def collect(self) -> Iterable[Metric]:
        """Give the families as they are now, all at once: a reload may come between two."""
        now = self._wall()
        gates = [
            (target, limiter, state)
            for target, limiters in self._limiters.items()
            for limiter in limiters
            for state in limiter.look()
        ]
        metrics: list[Metric] = []
        for family, value in _GAUGES.items():
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for target, _, state in gates:
                gauge.add_metric((target, state.group), value(state, now))
            metrics.append(gauge)
        foreign = CounterMetricFamily(c.FOREIGN.name, c.FOREIGN.help, labels=c.FOREIGN.labels)
        rejected = CounterMetricFamily(c.REJECTED.name, c.REJECTED.help, labels=c.REJECTED.labels)
        for target, limiter, state in gates:
            foreign.add_metric((target, state.group), state.foreign)
            for reason in c.REJECTIONS:
                number = limiter.rejected[state.group, reason]
                rejected.add_metric((target, state.group, reason), number)
        return [*metrics, foreign, rejected]

    def describe(self) -> Iterable[Metric]:
        """Give nothing: registering must not collect."""
        return ()
