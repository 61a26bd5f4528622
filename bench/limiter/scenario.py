"""What differs from one play to the next: the exchange, the way to it, and who else is there.

Plain data. Times are in seconds, probabilities from 0 to 1, rates a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS: Final = ("calendar", "anchored", "sliding", "bucket")
"""How the exchange may count; nobody knows which is true."""

_BEFORE: Final = 3.0
"""Strangers were there so many seconds before us: the window that we meet is in use."""

_BURST: Final = 0.02
"""A burst is no single instant on the wire: it takes up to this long."""

_SPIKE: Final = 0.4
"""A spike takes up to this much longer."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Others who use the same quota, and do not care for us.

    ``rate`` requests a second in groups of ``burst`` at once; the groups come at random (a Poisson
    process) or, if ``even``, at an even beat.
    """

    rate: float = 0.0
    burst: int = 1
    even: bool = False

    def times(self, seconds: float, dice: Random) -> list[float]:
        """Give the moments of their requests, in order; the first ones are before 0."""
        return sorted(self._times(seconds, dice)) if self.rate else []

    def _times(self, seconds: float, dice: Random) -> Iterator[float]:
        beat = self.burst / self.rate
        now = -_BEFORE + (dice.uniform(0, beat) if self.even else dice.expovariate(1 / beat))
        while now < seconds:
            for _ in range(self.burst):
                yield now + (dice.uniform(0, _BURST) if self.burst > 1 else 0.0)
            now += beat if self.even else dice.expovariate(1 / beat)


@dataclass(frozen=True, slots=True)
class Change:
    """Another limit in mid-run. Unless it is ``announced``, the header's ``min`` stays as it was.

    ``at`` is a part of the run's length.
    """

    limit: int
    announced: bool = True
    at: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One world, the same for every limiter that is judged in it."""

    name: str
    seed: int = 0
    model: str = "calendar"
    limit: int = 10
    period: float = 1.0
    round_trip: float = 0.05
    """Median; each way is half of it, times a lognormal factor."""
    jitter: float = 0.25
    """Sigma of that factor."""
    spikes: float = 0.004
    """Probability that one way takes up to 0.4 s more: a heavy tail."""
    losses: float = 0.0
    """Probability that one way loses what it carries."""
    strangers: Strangers = field(default_factory=Strangers)
    change: Change | None = None
    header: str = "honest"
    """honest, missing, malformed, or lying."""
    block_after: int = 60
    """So many of our refusals within a minute bring a 418; 0 for never."""
    callers: int = 50
    """So many always want one more request."""
    seconds: float = 60.0

    @property
    def is_alone(self) -> bool:
        """Whether nobody else is there, and the limit stays: whoever is refused is to blame."""
        return not self.strangers.rate and self.change is None

    @property
    def changes_at(self) -> float:
        """The moment at which the limit changes; ``inf`` if it stays."""
        return self.change.at * self.seconds if self.change else math.inf

    def dice(self, purpose: str) -> Random:
        """Give dice that fall the same way in every play of this scenario."""
        return Random(f"{self.name}/{self.seed}/{purpose}")  # noqa: S311 -- seeded dice, no secrets

    def limit_at(self, now: float) -> int:
        """What the exchange allows a period."""
        return self.change.limit if self.change and now >= self.changes_at else self.limit

    def announced_at(self, now: float) -> int:
        """What the header's ``min`` says: requests a minute."""
        silent = self.change is not None and not self.change.announced
        return round(60 * (self.limit if silent else self.limit_at(now)) / self.period)

    def lasting(self, seconds: float) -> Scenario:
        """Give the same world for a longer or a shorter time."""
        return replace(self, seconds=seconds)


def way(scenario: Scenario, dice: Random) -> float | None:
    """Throw how long one way takes; ``None`` if what it carries is lost."""
    if dice.random() < scenario.losses:
        return None
    took = scenario.round_trip / 2 * math.exp(dice.gauss(0, scenario.jitter))
    return took + dice.uniform(0, _SPIKE) if dice.random() < scenario.spikes else took
