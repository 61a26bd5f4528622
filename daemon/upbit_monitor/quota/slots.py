"""The hard bound of one group: slots, and the proof that they never overfill a window.

Theory
======
The exchange admits ``limit`` requests in a window of ``period`` seconds and does not say when
a window begins. Its documents and its measured behaviour contradict each other: the window may
follow the calendar second, start at the first request, slide, or be a bucket that refills. So
the sums must be right under each of these, without ever knowing which is true.

    A request holds its slot from the moment it departs until one period after its answer lands.
    At most ``budget`` slots (``share`` of ``limit``) are held at any time.

*Proof.* The exchange counts a request at a moment ``a`` between its departure and its landing.
Take any stretch of exchange time of the length ``period`` that ends at ``e``. A request counted
in it departed by ``e``, and ``a > e - period``, so it landed after ``e - period`` and at ``e``
still holds its slot. Hence at most ``budget`` of ours are counted in *any* such stretch: no
sliding window is overfull; calendar and anchored windows are such stretches; a bucket of
``limit`` that refills at ``limit / period`` never runs dry. Only differences of our own clock
are used: no clock is compared, no phase is guessed, no margin is tuned. The price is one round
trip a period.

A request that is given up after it departed may still be on its way to be counted. It is taken
to land one period after it was given up: nothing is a whole period under way to the exchange.

The proof is about our own requests; ``company`` cares for those of others.

Time is the caller's: every ``now`` comes from one monotonic clock, in seconds, and never goes
back. A request is known by the moment of its departure.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from typing import Final

_CROWD: Final = 64
"""So many slots that came free are remembered before it is worth while to forget some."""


class Slots:
    """Who holds a slot.

    Its state: when each request under way departed; when each slot of a landed request comes free,
    or lately came free; and how many departed and landed ever.
    """

    def __init__(self, period: float) -> None:
        self.departures = 0
        """Requests that departed since the beginning. Read it; ``take`` and the others write it."""
        self._period = period
        self._under_way: list[float] = []
        self._releases: list[float] = []
        self._landings = 0
        self._crowded = _CROWD

    @property
    def under_way(self) -> int:
        """Requests that departed and have not landed."""
        return len(self._under_way)

    @property
    def newest(self) -> float:
        """When the newest request under way departed; ``-inf`` if none is."""
        return self._under_way[-1] if self._under_way else -math.inf

    @property
    def horizon(self) -> float:
        """When the oldest request under way departed; ``inf`` if none is."""
        return self._under_way[0] if self._under_way else math.inf

    def held(self, moment: float) -> int:
        """Count the slots held now, and those that came free since ``moment``."""
        releases = self._releases
        return len(self._under_way) + len(releases) - bisect_right(releases, moment)

    def fewer_held(self, budget: int, now: float) -> bool:
        """Whether fewer than ``budget`` slots are held."""
        # Mostly there are fewer even with those that came free; only else they must be told apart.
        return len(self._under_way) + len(self._releases) < budget or self.held(now) < budget

    def landed_before(self, departed_at: float) -> int:
        """Count the requests that had certainly landed when another departed."""
        # Sums of floats that are equal may hide a landing that was not.
        since = bisect_left(self._releases, departed_at + self._period)
        return self._landings - len(self._releases) + since

    def free_at(self, budget: int, now: float) -> float:
        """Give the moment from which fewer than ``budget`` slots are held; it may be ``-inf``.

        ``inf`` if only a landing can help.
        """
        needed = self.held(now) - budget + 1
        if needed < 1:
            return -math.inf
        index = bisect_right(self._releases, now) + needed - 1
        return self._releases[index] if index < len(self._releases) else math.inf

    def next_release(self, now: float) -> float:
        """Give the moment at which the next slot comes free, or the earliest that it may."""
        index = bisect_right(self._releases, now)
        return self._releases[index] if index < len(self._releases) else now + self._period

    def take(self, now: float) -> None:
        """Let a request hold a slot from now."""
        if len(self._releases) > self._crowded:
            # Slots that came free before any request under way departed tell nothing any more.
            horizon = self._under_way[0] if self._under_way else now
            del self._releases[: bisect_right(self._releases, horizon)]
            self._crowded = max(2 * len(self._releases), _CROWD)
        self._under_way.append(now)
        self.departures += 1

    def give_back(self, departed_at: float) -> None:
        """Free a slot at once: the request never reached the wire."""
        self._under_way.remove(departed_at)
        self.departures -= 1

    def land(self, departed_at: float, now: float) -> None:
        """Note a landing: the slot comes free one period later."""
        self._under_way.remove(departed_at)
        insort(self._releases, now + self._period)
        self._landings += 1
