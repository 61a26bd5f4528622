"""The quota plan: what the polls ask for a second, and whether that can be sustained.

The limiter holds a slot from departure until one period after landing. So a budget sustains
``budget / (period + round trip)`` requests a second, and a slower exchange lets less through. And
a poll asks one question after the other: a run takes a round trip for each, and has an interval.
The plan is that of the documented limits, and of a daemon that is alone: in company it sends less.

Pure: it is made from settings, before anything is sent.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.app.scopes import key_id_of, quotas_of, scopes_of, shares_of
from upbit_monitor.exchange import REGIONS
from upbit_monitor.polls import POLLS
from upbit_monitor.quota import UNKNOWN, budget_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from upbit_monitor.config import Target
    from upbit_monitor.polls import Poll
    from upbit_monitor.quota import Quota

ROUND_TRIP: Final = 0.1
"""Seconds. A plan holds if it does at this round trip: an assumption, generous from Asia."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one poll of one target asks of one group: ``requests`` a run, ``every`` seconds.

    ``questions``: requests a run of all groups together, which it asks one after the other.
    """

    target: str
    poll: str
    requests: float
    every: float
    questions: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.every

    @property
    def longest_round_trip(self) -> float:
        """Seconds of a round trip up to which a run ends within its interval."""
        return self.every / self.questions


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What all polls together ask of one group of one scope."""

    scope: tuple[str, ...] = field(repr=False)
    """As ``scopes`` names it; it begins with the base URL."""
    key_id: str | None
    """Short hash of the account's key; ``None`` for the scope of the IP address."""
    group: str
    quota: Quota
    share: float
    asks: tuple[Ask, ...]

    @property
    def base_url(self) -> str:
        """Where it is asked."""
        return self.scope[0]

    @property
    def planned(self) -> float:
        """Requests a second that the polls ask for."""
        return math.fsum(ask.rate for ask in self.asks)

    @property
    def limit(self) -> float:
        """Requests a second that the exchange allows."""
        return self.quota.limit / self.quota.period

    @property
    def budget(self) -> int:
        """Requests a period that our share comes to."""
        return budget_of(self.quota.limit, self.share)

    def sustained(self, round_trip: float = ROUND_TRIP) -> float:
        """Give the requests a second that the budget sustains at a round trip in seconds."""
        return self.budget / (self.quota.period + round_trip)

    @property
    def used(self) -> float:
        """The part planned of what the share sustains; more than 1 cannot hold."""
        return self.planned / self.sustained()

    @property
    def exceeds(self) -> bool:
        """Whether more is planned than our share sustains."""
        return self.planned > self.sustained()

    @property
    def slow(self) -> tuple[Ask, ...]:
        """What comes from polls of which a run cannot end within its interval."""
        return tuple(ask for ask in self.asks if ask.longest_round_trip < ROUND_TRIP)

    @property
    def holds(self) -> bool:
        """Whether our share can sustain what is planned, and each poll keep its interval."""
        return not self.exceeds and not self.slow

    @property
    def longest_round_trip(self) -> float:
        """Seconds of a round trip up to which the plan holds; below 0 if it never does."""
        share = self.budget / self.planned - self.quota.period
        return min(share, *(ask.longest_round_trip for ask in self.asks))

    @property
    def needed_share(self) -> float | None:
        """The smallest share that would do, in hundredths; ``None`` if all would be too little."""
        slots = math.ceil(self.planned * (self.quota.period + ROUND_TRIP))
        return (
            math.ceil(100 * slots / self.quota.limit) / 100 if slots <= self.quota.limit else None
        )


def plan(
    targets: Collection[Target], polls: Mapping[str, type[Poll[Any]]] = POLLS
) -> tuple[GroupPlan, ...]:
    """Add up what the polls of these targets ask for, by what the exchange counts together.

    Polls that are off ask for nothing. A group that nobody asks has no plan.
    """
    asks: dict[tuple[tuple[str, ...], str], list[Ask]] = defaultdict(list)
    owners: dict[tuple[str, ...], Target] = {}
    for target in targets:
        for scope in scopes_of(target):
            owners.setdefault(scope, target)  # as the limiter takes its quotas from the first
        for scope, group, ask in _asks(target, polls):
            asks[scope, group].append(ask)
    shares = shares_of(targets)
    return tuple(
        GroupPlan(
            scope=scope,
            key_id=key_id_of(owners[scope]) if len(scope) > 1 else None,
            group=group,
            quota=quotas_of(owners[scope], scope).get(group, UNKNOWN),
            share=shares[scope],
            asks=tuple(asks[scope, group]),
        )
        for scope, group in sorted(asks, key=lambda key: [*owners].index(key[0]))
    )


def rates_of(target: str, groups: Iterable[GroupPlan]) -> Mapping[str, float]:
    """Give the requests a second that a target asks for itself, by group."""
    rates: dict[str, float] = {}
    for group in groups:
        mine = [ask.rate for ask in group.asks if ask.target == target]
        if mine:
            rates[group.group] = math.fsum(mine)
    return rates


def _asks(
    target: Target, polls: Mapping[str, type[Poll[Any]]]
) -> Iterator[tuple[tuple[str, ...], str, Ask]]:
    public, *account = scopes_of(target)
    for name, options in target.polls.items():
        requests: dict[tuple[tuple[str, ...], str], float] = defaultdict(float)
        for endpoint, number in polls[name].requests(options, REGIONS[target.region]).items():
            requests[account[0] if endpoint.private else public, endpoint.group] += number
        questions = math.fsum(requests.values())
        for (scope, group), number in requests.items():
            if number:
                yield scope, group, Ask(target.name, name, number, options.every, questions)
