"""How to behave beside strangers: who is here, what they will need, and when we may go next.

The hard bound of ``window`` keeps us within the quota while we are alone. Beside others it is not
enough: what they take is seen only in the next answer, and what we take may be what they need next.
So in company

* nothing departs beyond what the newest headers leave, less what is under way, less a reserve;
* requests are spaced, so that the whole period is observed and others always find room;
* room is left for the strangers who are still to come.

How much room, depends on what is known of the window. Where ``readings`` prove that one has just
begun, its end is known too, between two moments. What strangers may need until then (their mean,
and a swing above it that grows with their bursts) is kept free and released little by little; the
remainder is spread over the rest of the window. Elsewhere nothing is known of its end, and the pace
is regulated instead, up and down with the lowest header of each period, so that a little always
stays unspent: one or two requests beside strangers who come one by one, a whole burst beside those
who come in bursts. Where little is left, a request goes only when a slot of ours comes free.

Each refusal slows us down, and makes us more cautious for a minute or two. When strangers leave
nothing, the pace falls to a request every sixteen periods: a probe, which tells when they have
gone. And with no header of the last period, one request goes ahead of the others.

Pure: every ``now`` is the caller's, in seconds of one monotonic clock. The weights below were found
in the simulation that judges them (``make bench-limiter``); none of them matters to the hard bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from upbit_monitor.quota.ceilings import Ceilings
from upbit_monitor.quota.strangers import Strangers

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.quota.readings import Readings

_FORGOTTEN: Final = 60
"""After so many periods in a row whose answers show no stranger, we are alone again."""

# What is put down to strangers, as a part of the limit, where a header or a refusal shows only that
# nothing was left; and what is taken to be left after such a refusal.
_REFUSED_FOR: Final = 1 / 2
_LEFT_AFTER: Final = 1 / 4
_USED_UP_BY: Final = 1 / 4

# Alone: spaced for so many times the budget, so that whoever comes is seen soon; and so many
# requests may be made up for after a pause, or the space would cost throughput.
_ALONE: Final = 1.25
_CATCH_UP: Final = 1

# The pace, in requests a period: its least; by how much of the distance to what was wanted it
# rises and falls each period; and the distance that counts at most when it falls.
_SLOWEST: Final = 0.0625
_UP: Final = 0.2
_DOWN: Final = 0.5
_WORST: Final = 2.5

# What the lowest header of a period should leave; where a header leaves no more than the cushion,
# we wait for a slot of ours, and where it leaves less yet, for so much of a period.
_LOWEST: Final = 0.4
_CUSHION: Final = 2.0
_PAUSE: Final = 0.5

_BURST: Final = 1.1
"""What stays unspent beside bursts, in bursts: their size is only ever seen in part."""

# A refusal raises what is to be left by so many requests; it fades over so many periods.
_CAUTION: Final = 0.3
_CALM: Final = 60.0

# In a window whose end is known: swings of the strangers' number above its mean, and requests
# beside, that are kept free; how much more than evenly the remainder is spent; how many times the
# budget a period it is spent at most; and where between the earliest and the latest the end is
# taken to be.
_SWINGS: Final = 0.6
_SPARE: Final = 0.5
_EAGER: Final = 1.1
_FASTEST: Final = 1.5
_LATE: Final = 0.85

_STEPS: Final = 8
"""Moments of the rest of a window that are looked at for the next departure."""


class Company:
    """The company in one group, and our manners.

    Its state: the strangers, if there are any, and since how many periods none was seen; what the
    newest headers leave; the present period's lowest header and most strangers; the pace; between
    which moments the window ends, where that is known; half a round trip; caution; our last
    departure, and when the next may be. ``next_release`` tells when a slot of ours comes free.
    """

    def __init__(self, period: float, next_release: Callable[[float], float]) -> None:
        self._period = period
        self._next_release = next_release
        self._strangers = Strangers()
        self.present = False
        """Whether strangers are about. Read it; the commands write it, and the next."""
        self.opens_at = -math.inf
        """The moment from which the next request may go; it may be past, or ``-inf``."""
        self._quiet = 0
        self._ceilings = Ceilings()
        self._period_ends = -math.inf
        self._least = 0
        self._most = 0
        self._budget = self._limit = 1
        self._reserve = 0
        self._pace = math.inf
        self._ends_after = -math.inf
        self._ends_before = -math.inf
        self._way = 0.0
        self._caution = 0.0
        self._cautious_at = -math.inf
        self._departed_at = -math.inf
        self._space = 0.0

    # Questions

    @property
    def expected(self) -> float:
        """Strangers' requests to expect in a period."""
        return self._strangers.mean if self.present else 0.0

    @property
    def pace(self) -> float:
        """Requests a period that we send at most beside them; ``inf`` if we are alone."""
        return self._pace if self.present else math.inf

    def asks_for_a_probe(self, now: float) -> bool:
        """Whether no header of late tells what strangers have left."""
        return self.present and now >= self._ceilings.known_until

    # Commands

    def allot(self, budget: int, limit: int, reserve: int) -> None:
        """Take it that of so many requests in all so many are ours at most, so many others'."""
        if limit != self._limit:
            # Whatever was refused or used was of another limit: perhaps there is no stranger.
            self.present = False
        self._budget, self._limit, self._reserve = budget, limit, reserve
        self._space = self._period / (_ALONE * budget)

    def depart(self, departures: int, now: float) -> None:
        """Note a departure of ours, the last of so many."""
        self._departed_at = now
        if self.present:
            self._plan(departures, now)
            return
        earliest, opens_at = now - _CATCH_UP * self._space, self.opens_at
        self.opens_at = (opens_at if opens_at > earliest else earliest) + self._space  # noqa: FURB136 -- ``max`` takes twice as long

    def refund(self, departures: int, now: float) -> None:
        """Note that a request never reached the wire."""
        if self.present:
            self._plan(departures, now)

    def refused(self, now: float) -> None:
        """Slow down, and become more cautious, after a refusal."""
        self._caution = self._cautious(now) + _CAUTION
        self._cautious_at = now
        if self.present:
            self._pace = max(self._pace - _DOWN * _WORST, _SLOWEST)
        else:
            # Our own requests cannot be refused, by the proof in ``slots``: somebody is here.
            limit = self._limit
            self._begin(int(_REFUSED_FOR * limit), int(_LEFT_AFTER * limit), now)

    def hear(  # noqa: PLR0913 -- each is a fact of its own
        self,
        readings: Readings,
        left: int,
        departed_at: float,
        now: float,
        *,
        under_way: int,
        departures: int,
    ) -> None:
        """Learn from an answer, which ``readings`` have just read.

        ``left``: what its header leaves, less the reserve. ``under_way``: other requests of ours
        that it may not have counted. ``departures``: ours since the beginning.
        """
        self._way += 0.1 * ((now - departed_at) / 2 - self._way)
        self._heed(readings, departures + left - under_way, departed_at, now)
        self._meet(readings.others, left, now)
        if self.present:
            self._plan(departures, now)

    # Inside

    def _heed(self, readings: Readings, ceiling: int, departed_at: float, now: float) -> None:
        """Let a header bind: to the end of its window, or for a period."""
        if readings.began[1] == now:
            self._ends_after, self._ends_before = (
                moment + self._period for moment in readings.began
            )
            self._ceilings.put_alone(ceiling, now, self._ends_before)
        elif now < self._ends_before:
            self._ceilings.put(ceiling, departed_at, now, self._ends_before)
        else:
            self._ceilings.put(ceiling, departed_at, now, now + self._period)

    def _meet(self, others: int, left: int, now: float) -> None:
        """Count the strangers of each period, and set the pace by its lowest header."""
        if others > 0 and not self.present:
            # Where nothing is left, more came than were let in.
            unseen = 0 if left > 0 else int(_USED_UP_BY * self._limit)
            self._begin(max(others, unseen), left, now)
        elif now >= self._period_ends:
            self._quiet = 0 if self._most > 0 else self._quiet + 1
            self.present = self.present and self._quiet < _FORGOTTEN
            if self.present:
                self._strangers.observe(self._most)
                self._regulate(now)
            self._period_ends = now + self._period
            self._most, self._least = max(others, 0), left
        else:
            self._most, self._least = max(self._most, others), min(self._least, left)

    def _begin(self, others: int, left: int, now: float) -> None:
        """Meet strangers: so many, who leave so much, as a header or a refusal lets us think."""
        self.present, self._quiet = True, 0
        self._strangers.meet(others)
        self._pace = min(max(left - _LOWEST, 1.0), self._budget)
        self._period_ends = now + self._period
        self._most, self._least = others, left

    def _regulate(self, now: float) -> None:
        # No header of ours leaves more than the best: where that is little, no more is asked for.
        best = self._limit - self._reserve - 1
        wanted = min(self._room_for_a_burst(_LOWEST), best - _LOWEST)
        error = self._least - wanted - self._cautious(now)
        # It doubles at most: after strangers who left nothing, one lucky probe proves little.
        change = min(_UP * error, self._pace) if error > 0 else _DOWN * max(error, -_WORST)
        self._pace = min(max(self._pace + change, _SLOWEST), self._budget)

    def _plan(self, departures: int, now: float) -> None:
        """Say when the next request may go."""
        left = self._ceilings.lowest(now) - departures
        if now < self._ends_before and math.isfinite(left):
            moment = self._in_window(left, now)
        else:
            moment = self._at_pace(left, now)
        self.opens_at = max(moment, self._ceilings.binds_until(departures))

    def _in_window(self, left: float, now: float) -> float:
        """Spread over the rest of a window what strangers will not need of it."""
        span = self._ends_before - now
        soonest = self._departed_at + self._period / (_FASTEST * self._budget)
        for step in range(_STEPS if left >= 1 else 0):
            moment = now + span * step / _STEPS
            rest = self._rest(moment + self._way)
            ours = left - _SPARE - self._cautious(now) - self._strangers.expected(rest, _SWINGS)
            if ours >= 1:
                space = 0.0 if step else rest * self._period / ours / _EAGER
                return max(moment, self._departed_at + space, soonest)
        return self._ends_before

    def _rest(self, now: float) -> float:
        """Give the part of a period that the window is likely to last still."""
        after = max(self._ends_after, now)
        return max((after + _LATE * (self._ends_before - after) - now) / self._period, 0.0)

    def _at_pace(self, left: float, now: float) -> float:
        """Keep the pace, and hold back where little is left."""
        moment = self._departed_at + self._period / self._pace
        cushion = self._room_for_a_burst(_CUSHION)
        if left > cushion:
            return moment
        if left > cushion - 1:
            return max(moment, self._next_release(now))
        return max(moment, now + self._period * (_PAUSE if left >= 1 else 1.0))

    def _room_for_a_burst(self, otherwise: float) -> float:
        """Give what is to stay unspent for a burst beside the reserve, or otherwise."""
        if not self._strangers.come_in_bursts:
            return otherwise
        return max(_BURST * self._strangers.at_once - self._reserve, otherwise)

    def _cautious(self, now: float) -> float:
        return self._caution * math.exp((self._cautious_at - now) / (_CALM * self._period))
