"""What the answers of one group prove, whatever kind of window the exchange has.

Theory
======
A header tells how much of the window was ``used`` when its request was counted, at an unknown
moment between departure and landing. Of two requests the one that departed after the other had
landed was counted later; nothing else is known of their order. Whoever is not one of ours is a
stranger. Under every model (calendar, anchored, sliding, bucket) three things are true:

* *Whole.* All that is used was counted within the last period. So at least ``used``, less those of
  ours that may have been counted in it, are strangers of that period.
* *Rise.* From one answer to a later one ``used`` rises only by requests. So at least the rise, less
  those of ours that may have been counted in between, are strangers of the time in between.
* *Fresh.* Where a window began between two answers, all that the later one shows as used was
  counted in between.

That a window began is proved where ``used`` falls by more than the two models without a beginning
allow: a bucket refills by ``limit`` a period, and a sliding window forgets what was counted a
period ago, of which an answer from then showed no more than it showed as used.

Times that do not overlap add up: a chain of them is a lower bound of all strangers, and of all
chains the best is kept. It remains a bound. Not counted are strangers who came between the last
answer and the end of a window, those whom a bucket had refilled before the next answer, and those
who might as well have been ours; the more often we ask, the fewer.

Pure: every ``now`` is the caller's, in seconds of one monotonic clock.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple


class _Reading(NamedTuple):
    """One answer, and the best chains of strangers."""

    departed_at: float
    used: int
    ours_before: int
    chain: float
    """Strangers of the best chain that ends with this very answer."""
    strangers: float
    """The same, or of a better chain that ends with one that landed before."""
    rising: float
    """The best beginning of a rise: a chain and ours by then, less what was used."""


_NOTHING: Final = _Reading(-math.inf, 0, 0, -math.inf, 0, -math.inf)
_UNHEARD: Final = _NOTHING._replace(strangers=-math.inf)


class Readings:
    """The answers of one group.

    Its state: those of late, in the order of their landing; the limit that they speak of; the
    newest beginning of a window, and how many of ours had landed before it.
    """

    def __init__(self, limit: int, period: float) -> None:
        self.others = 0
        """Strangers in the window of the newest answer; at least so many."""
        self.began = (-math.inf, -math.inf)
        """Two moments between which a window is proved to have begun; of the newest such window."""
        self._period = period
        self._limit = limit
        self._ours_before = 0
        self._landings = [-math.inf]
        self._readings = [_NOTHING]

    @property
    def foreign(self) -> int:
        """Requests of strangers so far; a lower bound."""
        return int(self._readings[-1].strangers)

    def read(  # noqa: PLR0913 -- each is a fact of its own
        self,
        used: int,
        limit: int,
        departed_at: float,
        now: float,
        *,
        ours_in_window: int,
        ours_before: int,
        ours: int,
    ) -> None:
        """Read an answer that lands now, of a group that allows ``limit`` requests a period.

        ``ours_in_window``: at most so many of ours may have been counted in its window. ``ours``:
        so many have departed ever. ``ours_before``: of these, so many had landed when it departed,
        and itself.
        """
        newest, before = self._readings[-1], self._by(departed_at)
        self.others = used - ours_in_window
        if limit != self._limit or used < 1:
            # What is used of one limit says nothing of what is used of another; and where not even
            # the request itself is used, the limit is not what it is believed to be.
            self._limit = limit
            self._landings, self._readings = [now], [_NOTHING._replace(strangers=newest.strangers)]
            return
        whole = self._by(departed_at - self._period).strangers + max(self.others, 0)
        chain = max(before.strangers, whole, before.rising + used - ours)
        if self._is_fresh(before, used, now):
            self._begin(before, now)
            # Of this pair alone: an answer between the two may be from after the beginning.
            chain = max(chain, before.chain + before.ours_before + used - ours)
        if self._is_in_newest_window(departed_at, now):
            self.others = max(self.others, used - ours + self._ours_before)
        reading = _Reading(
            departed_at,
            used,
            ours_before,
            chain,
            max(newest.strangers, chain),
            max(newest.rising, chain + ours_before - used),
        )
        self._landings.append(now)
        self._readings.append(reading)

    def forget(self, horizon: float) -> None:
        """Drop what no answer to a request that departs at ``horizon`` or later is held against."""
        older = bisect_right(self._landings, horizon - 2 * self._period) - 1
        if older > 0:
            del self._landings[:older], self._readings[:older]

    def _by(self, moment: float) -> _Reading:
        """Give the newest answer that had landed by then."""
        index = bisect_right(self._landings, moment)
        return self._readings[index - 1] if index else _UNHEARD

    def _is_fresh(self, before: _Reading, used: int, now: float) -> bool:
        """Whether a window certainly began between the answer before and the one that lands now."""
        fall = before.used - used
        if fall <= self._limit * (now - before.departed_at) / self._period:
            return False
        since = bisect_left(self._landings, now - self._period)
        witnesses = (
            reading.used
            for landed_at, reading in zip(
                self._landings[since:], self._readings[since:], strict=True
            )
            if reading.departed_at >= now - self._period and landed_at <= before.departed_at
        )
        return fall + 1 > min(witnesses, default=math.inf)

    def _begin(self, before: _Reading, now: float) -> None:
        """Note between which moments a window began."""
        since, until = before.departed_at, now
        if until <= self.began[0] + self._period and since < self.began[1]:
            # The same window, seen again: none begins within a period of another.
            since, until = max(since, self.began[0]), min(until, self.began[1])
        elif self.began[1] <= since < self.began[0] + self._period < until:
            # None begins within a period of the one before.
            since = self.began[0] + self._period
        self.began = since, until
        self._ours_before = before.ours_before

    def _is_in_newest_window(self, departed_at: float, now: float) -> bool:
        if now >= self.began[0] + self._period:
            return False
        return departed_at >= self.began[1] or now == self.began[1]
