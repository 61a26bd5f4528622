"""What the newest headers leave us, until the window that they speak of must be over.

A header says what was left when its request was counted. An answer to a request that departed after
another had landed is certainly the newer of the two, and takes its place; of those whose order
nobody knows the lowest binds. A ceiling is a number of departures since the beginning, so that it
need not be counted down.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class _Ceiling(NamedTuple):
    landed_at: float
    until: float
    departures: int


class Ceilings:
    """The headers that count. Its state is those: each with its landing, its end, its ceiling."""

    def __init__(self) -> None:
        self._all: list[_Ceiling] = []

    @property
    def known_until(self) -> float:
        """The moment from which no header says anything; ``-inf`` without one."""
        return max((ceiling.until for ceiling in self._all), default=-math.inf)

    def lowest(self, now: float) -> float:
        """At most so many departures, counted from the beginning; ``inf`` if no header binds."""
        return min((each.departures for each in self._all if now < each.until), default=math.inf)

    def binds_until(self, departures: int) -> float:
        """The moment from which more than so many may depart; ``-inf`` if they may by all."""
        return max(
            (each.until for each in self._all if each.departures <= departures), default=-math.inf
        )

    def put(self, departures: int, departed_at: float, now: float, until: float) -> None:
        """Let a header that lands now bind until a moment; those certainly older bind no more."""
        self._all = [each for each in self._all if each.landed_at > departed_at]
        self._all.append(_Ceiling(now, until, departures))

    def put_alone(self, departures: int, now: float, until: float) -> None:
        """Let a header bind, and no other: it speaks of a window that has just begun."""
        self._all = [_Ceiling(now, until, departures)]
