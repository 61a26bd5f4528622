"""The sums of one quota: who may leave now, and when the next may.

Four things decide together, each in a module of its own: ``slots`` bound our own requests so that
no window can be overfull of them; ``limit`` is what the group is believed to allow; ``readings``
say what headers prove of strangers; ``company`` is how we behave beside them, and only ever holds
back what the slots would let go. Here they meet refusals and doubt: after a 429 the group is shut.
With nothing known of it (at the start, after a refusal) one request goes ahead as a probe, and only
the answer to a request of that kind ends the doubt; one that does not come back is followed by
another after two periods.

Time is the caller's: every ``now`` comes from one monotonic clock, in seconds, and never goes
back. A request is known by the moment of its departure. Questions change nothing; commands answer
nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from upbit_monitor.quota.company import Company
from upbit_monitor.quota.limit import Limit, budget_of
from upbit_monitor.quota.readings import Readings
from upbit_monitor.quota.slots import Slots

if TYPE_CHECKING:
    from upbit_monitor.quota.groups import Quota

_RESERVE: Final = 2
"""Requests left to others in company, where the share leaves them any at all."""

_PATIENCE: Final = 2
"""Periods after which a probe that has not come back is followed by another."""

_BLIND: Final = 10
"""Periods without a header after which a refusal says more of the limit than the last header."""

_LONGEST_SHUT: Final = 60.0
"""Repeated refusals shut a group for at most this many seconds at a time."""


class Window:
    """The ledger of one group.

    Its state, beside that of its four parts: until when the group is shut; whether it is known, and
    if not, whose answer will tell; the refusals in a row, the requests refused together in the last
    of them, and half the limit before it; the newest header, and when it was heard.

    Raises ``ValueError`` if ``share`` is not above 0 and at most 1.
    """

    def __init__(self, quota: Quota, *, share: float = 1.0) -> None:
        self.period = quota.period
        """Length of the window, in seconds."""
        self.budget = 1
        """The part of the limit that is ours; at least one."""
        self._limit = Limit(quota)
        self._slots = Slots(quota.period)
        self._readings = Readings(quota.limit, quota.period)
        self._company = Company(quota.period, self._slots.next_release)
        self._shut_until = -math.inf
        self._remaining: int | None = None
        self._known = False
        self._probe_from = -math.inf
        self._refusals = 0
        self._refused_at = -math.inf
        self._refused = 0
        self._half = 1
        self._heard_at = -math.inf
        self.allot(share)

    # Questions

    @property
    def limit(self) -> int:
        """Requests a period, as now believed."""
        return self._limit.requests

    @property
    def under_way(self) -> int:
        """Requests that departed and have not landed."""
        return self._slots.under_way

    @property
    def shut_until(self) -> float:
        """The moment until which nothing departs; ``-inf`` if never shut."""
        return self._shut_until

    @property
    def foreign(self) -> int:
        """Requests of strangers seen so far; a lower bound."""
        return self._readings.foreign

    @property
    def company(self) -> Company:
        """Those beside us. Ask, and leave the commands to the window."""
        return self._company

    @property
    def remaining(self) -> int | None:
        """What the newest header said is left; ``None`` before the first."""
        return self._remaining

    def held(self, now: float) -> int:
        """How many slots are held."""
        return self._slots.held(now)

    def left(self, now: float) -> int:
        """How many requests may depart at this moment: one or none, for they are spaced."""
        if now < self._shut_until or now < self._company.opens_at:
            return 0
        if self.is_probing(now) and now < self._next_probe_at():
            return 0
        return 1 if self._slots.fewer_held(self.budget, now) else 0

    def delay(self, now: float) -> float:
        """Seconds until a request may depart if nothing else happens.

        0 exactly if ``left(now) > 0``; ``inf`` if only a landing can help.
        """
        if self.left(now) > 0:
            return 0.0
        moment = max(
            self._shut_until, self._company.opens_at, self._slots.free_at(self.budget, now)
        )
        if self.is_probing(max(moment, now)):
            moment = max(moment, self._next_probe_at())
        delay = moment - now
        # The sum of floats may fall short of the moment; the caller relies on reaching it.
        return delay if now + delay >= moment else math.nextafter(delay, math.inf)

    def is_probing(self, now: float) -> bool:
        """Whether what is under way is a probe, which is to tell how much is left."""
        if self._known and not self._company.present:
            return False
        doubt = not self._known or self._company.asks_for_a_probe(now)
        return doubt and self._slots.under_way > 0

    def reason(self, now: float) -> str:
        """Why a request may not depart at this moment; empty if it may."""
        if self.left(now):
            return ""
        if now < self._shut_until:
            return "the exchange has refused us (429)"
        if self.is_probing(now):
            return "a probe is under way"
        if self._slots.held(now) >= self.budget:
            return "all of our slots are held"
        if not self._company.present:
            return "spaced from the last request"
        return "others use this quota too, and room is left for them"

    # Commands

    def depart(self, now: float) -> None:
        """Take a slot. The caller has asked ``left`` at this very moment."""
        self._slots.take(now)
        self._company.depart(self._slots.departures, now)

    def refund(self, departed_at: float, now: float) -> None:
        """Give a slot back at once: the request never reached the wire."""
        self._slots.give_back(departed_at)
        self._company.refund(self._slots.departures, now)

    def land(self, departed_at: float, now: float) -> None:
        """Note that the answer came: the slot is free one period from now."""
        self._slots.land(departed_at, now)

    def lose(self, departed_at: float, now: float) -> None:
        """Note that the answer is given up: the request may yet be counted within a period."""
        self._slots.land(departed_at, now + self.period)

    def correct(self, left: int, departed_at: float, now: float) -> None:
        """Learn from the answer of a request still under way that ``left`` requests remain.

        It may hold back what the slots would let go, and never lets go what they hold back: time
        gives slots back, not an answer.
        """
        slots = self._slots
        self._remaining = left
        self._heard_at = now
        self._readings.forget(slots.horizon)
        self._readings.read(
            self.limit - left,
            self.limit,
            departed_at,
            now,
            ours_in_window=slots.held(departed_at),
            ours_before=slots.landed_before(departed_at) + 1,
            ours=slots.departures,
        )
        self._company.hear(
            self._readings,
            left - self._reserve,
            departed_at,
            now,
            under_way=slots.under_way - 1,
            departures=slots.departures,
        )

    def learn(self, limit: int) -> None:
        """Believe a limit a second that the exchange announces, within reason."""
        self._limit.announce(limit)
        self._follow()

    def allot(self, share: float) -> None:
        """Change the part of the limit that is ours."""
        if not 0 < share <= 1:
            raise ValueError(f"a share is above 0 and at most 1, not {share}")
        self._share = share
        self._divide()

    def accept(self, departed_at: float, now: float) -> None:
        """Note an answer that was no refusal, to a request that departed at ``departed_at``.

        If it departed before the group was shut, it says nothing of what comes after, however
        late it lands: the probe is still owed.
        """
        if departed_at >= self._probe_from:
            self._known = True
            self._refusals = 0
            self._limit.recover(now)
            self._follow()

    def refuse(self, departed_at: float, now: float, seconds: float | None, dice: float) -> None:
        """Shut after a refusal (429) of a request that departed at ``departed_at``.

        For ``seconds`` if the exchange states them; else for one period, and while refusals
        repeat for a random part (``dice`` in [0, 1)) of an ever longer time beside it. Requests
        that were under way together are refused together: that is one refusal, not many.
        """
        if departed_at > self._refused_at:
            self._company.refused(now)
            self._refusals += 1
            self._refused_at = now
            self._refused = 0
            self._half = self.limit // 2
        self._refused += 1
        if now - self._heard_at > _BLIND * self.period:
            # Not below half at once: it may have been strangers, whom nobody has shown us.
            self._limit.infer(max(self._slots.held(now) - self._refused, self._half), now)
            self._follow()
        repeats = min(self._refusals - 1, 16)
        longer = dice * self.period * (2**repeats - 1)
        wait = self.period + min(longer, _LONGEST_SHUT) if seconds is None else seconds
        self.shut(now + max(wait, self.period))

    def shut(self, until: float) -> None:
        """Let nothing depart before ``until``, then one probe. Never shortens."""
        self._shut_until = max(self._shut_until, until)
        self._known = False
        self._probe_from = max(self._probe_from, self._shut_until)

    # Inside

    def _next_probe_at(self) -> float:
        return self._slots.newest + _PATIENCE * self.period

    def _follow(self) -> None:
        """Divide the limit anew, if it is another."""
        if self._limit.requests != self._divided:
            self._divide()

    def _divide(self) -> None:
        limit = self._divided = self._limit.requests
        self.budget = budget_of(limit, self._share)
        self._reserve = min(_RESERVE, limit - self.budget)
        self._company.allot(self.budget, limit, self._reserve)
