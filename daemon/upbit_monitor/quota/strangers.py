"""What to expect of strangers: how many a period, and how suddenly.

Mean and variance of their number a period are kept: of all periods at first, and later with
exponential weights. Variance divided by mean is how many come at once: 1 for strangers who come one
by one at random, 8 for bursts of eight, whatever their mean.
"""

from __future__ import annotations

import math
from typing import Final

_MEMORY: Final = 30
"""Periods that are remembered, about."""

_DOUBT: Final = 0.6
"""So many a period, one by one, are assumed beside: of next to nobody little is known."""

_BURSTY: Final = 2.0
"""Fewer than this at once are not told from strangers who come one by one."""


class Strangers:
    """The strangers of one group. Their state is the mean of their number and of its square."""

    def __init__(self) -> None:
        self.mean = 0.0
        """Requests a period. Read it; ``meet`` and ``observe`` write it."""
        self._square = 0.0
        self._periods = 0

    @property
    def at_once(self) -> float:
        """Requests that come together; 1 where nothing is known."""
        variance = self._square - self.mean**2
        return max((variance + _DOUBT) / (self.mean + _DOUBT), 1.0)

    @property
    def come_in_bursts(self) -> bool:
        """Whether several come at once, more than chance brings together."""
        return self.at_once > _BURSTY

    def expected(self, part: float, swings: float) -> float:
        """How many to expect in a part of a period, and so many standard deviations more."""
        mean = self.mean * part
        return mean + swings * math.sqrt(mean * self.at_once)

    def meet(self, number: int) -> None:
        """Begin with this many in one period. Until more is known, half of them came at once."""
        self.mean, self._square, self._periods = float(number), 1.5 * number**2, 1

    def observe(self, number: int) -> None:
        """Learn of one more period."""
        self._periods = min(self._periods + 1, _MEMORY)
        weight = 1 / self._periods
        self.mean += weight * (number - self.mean)
        self._square += weight * (number**2 - self._square)
