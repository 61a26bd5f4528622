"""The others: what the header shows of those who share a quota with us.

A header tells how much of the window is used, not by whom. What cannot be ours was a stranger's.
Two things follow from it. A *count* of strangers, which is a lower bound: no stranger is counted
twice, and whoever might be one of ours, or one already counted, is not counted. And a *ceiling*
on our own departures for one period, which is prudent instead: a header that shows company binds
until the window it speaks of must be over, and of several the lowest binds.
"""

from __future__ import annotations

import math
from bisect import bisect_right


class Company:
    """What is known of the strangers in one group.

    Its state: how many were seen ever; when each one lately seen must be out of every window; and
    of each header that still binds, its end and its ceiling, both rising from one to the next. A
    ceiling is a number of departures since the beginning, so that it need not be counted down.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._seen = 0
        self._standing: list[float] = []
        self._ceilings: list[tuple[float, int]] = []

    @property
    def seen(self) -> int:
        """Requests of strangers since the beginning; a lower bound."""
        return self._seen

    def room(self, departures: int, now: float) -> float:
        """How many more may depart after so many departures; ``inf`` without company."""
        for until, ceiling in self._ceilings:
            if now < until:
                return ceiling - departures
        return math.inf

    def leaves_room_at(self, departures: int) -> float:
        """The moment from which one more may depart; it may be past, or ``-inf``."""
        binding = [until for until, ceiling in self._ceilings if ceiling <= departures]
        return binding[-1] if binding else -math.inf

    def see(self, strangers: int, departed_at: float, now: float) -> None:
        """Count strangers, of whom at least so many are in the window of an answer.

        The answered request departed at ``departed_at``. Whoever was seen less than a period
        before that may be in this window too, and is not counted again.
        """
        known = len(self._standing) - bisect_right(self._standing, departed_at)
        new = max(strangers - known, 0)
        self._seen += new
        self._standing.extend([now + self._period] * new)

    def bind(self, ceiling: int, now: float) -> None:
        """Let at most ``ceiling`` requests depart, counted from the beginning, for one period."""
        while self._ceilings and self._ceilings[-1][1] >= ceiling:
            self._ceilings.pop()
        self._ceilings.append((now + self._period, ceiling))

    def forget(self, horizon: float, now: float) -> None:
        """Drop what no longer binds, and strangers out of every window by ``horizon``."""
        del self._standing[: bisect_right(self._standing, horizon)]
        while self._ceilings and self._ceilings[0][0] <= now:
            del self._ceilings[0]
