"""The sums of one quota: who may leave now, and when the next may.

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

The proof is about our own requests. Others who use the same address or account are seen only
in the header: ``company`` keeps what it shows. In company, nothing departs beyond what the lowest
recent header left, less what is under way, less a small ``reserve``. And with nothing known of
a group (at the start, after a refusal, after a header that left us nothing) one request goes
ahead as a probe, and only the answer to a request of that kind ends the doubt.

Time is the caller's: every ``now`` comes from one monotonic clock, in seconds, and never goes
back. A request is known by the moment of its departure. Questions change nothing; commands answer
nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from typing import TYPE_CHECKING, Final

from upbit_monitor.quota.company import Company

if TYPE_CHECKING:
    from upbit_monitor.quota.groups import Quota

_RESERVE: Final = 2
"""Requests left to others in company, where the share leaves them any at all."""

_INCREDIBLE: Final = 4
"""A limit announced above this multiple of the documented one is not believed."""

_LONGEST_SHUT: Final = 60.0
"""Repeated refusals shut a group for at most this many seconds at a time."""


class Window:
    """The ledger of one group.

    Its state: the believed limit and our share of it; when each request under way departed, and
    how many departed ever; when each slot of a landed request comes free; until when the group is
    shut; whether it is known, and if not, whose answer will tell; the refusals in a row.

    Raises ``ValueError`` if ``share`` is not above 0 and at most 1.
    """

    def __init__(self, quota: Quota, *, share: float = 1.0) -> None:
        self._documented = quota
        self._limit = quota.limit
        self._under_way: list[float] = []
        self._departures = 0
        self._releases: list[float] = []
        self._company = Company(quota.period)
        self._shut_until = -math.inf
        self._remaining: int | None = None
        self._known = False
        self._probe_from = -math.inf
        self._refusals = 0
        self._refused_at = -math.inf
        self.allot(share)

    # Questions

    @property
    def limit(self) -> int:
        """Requests a period, as now believed."""
        return self._limit

    @property
    def period(self) -> float:
        """Length of the window, in seconds."""
        return self._documented.period

    @property
    def budget(self) -> int:
        """The part of the limit that is ours; at least one."""
        return max(1, int(self._limit * self._share))

    @property
    def under_way(self) -> int:
        """Requests that departed and have not landed."""
        return len(self._under_way)

    @property
    def shut_until(self) -> float:
        """The moment until which nothing departs; ``-inf`` if never shut."""
        return self._shut_until

    @property
    def foreign(self) -> int:
        """Requests of strangers seen so far; a lower bound."""
        return self._company.seen

    @property
    def remaining(self) -> int | None:
        """What the newest header said is left; ``None`` before the first."""
        return self._remaining

    def left(self, now: float) -> int:
        """How many requests may depart now."""
        if now < self._shut_until:
            return 0
        room = min(self.budget - self._held(now), self._company.room(self._departures, now))
        if not self._known:
            room = min(room, 1 - self.under_way)
        return max(int(room), 0)

    def delay(self, now: float) -> float:
        """Seconds until a request may depart if nothing else happens.

        0 exactly if ``left(now) > 0``; ``inf`` if only a landing can help.
        """
        if self.left(now) > 0:
            return 0.0
        if not self._known and self._under_way:
            return math.inf
        company = self._company.leaves_room_at(self._departures)
        moment = max(self._shut_until, self._own_room_at(now), company)
        delay = moment - now
        # The sum of floats may fall short of the moment; the caller relies on reaching it.
        return delay if now + delay >= moment else math.nextafter(delay, math.inf)

    # Commands

    def depart(self, now: float) -> None:
        """Take a slot. The caller has asked ``left`` at this very moment."""
        self._prune(now)
        self._under_way.append(now)
        self._departures += 1

    def refund(self, departed_at: float) -> None:
        """Give a slot back at once: the request never reached the wire."""
        self._under_way.remove(departed_at)
        self._departures -= 1

    def land(self, departed_at: float, now: float) -> None:
        """Note that the answer came: the slot is free one period from now."""
        self._under_way.remove(departed_at)
        insort(self._releases, now + self.period)

    def lose(self, departed_at: float, now: float) -> None:
        """Note that the answer is given up: the request may yet be counted within a period."""
        self.land(departed_at, now + self.period)

    def correct(self, left: int, departed_at: float, now: float) -> None:
        """Learn from the answer of a request still under way that ``left`` requests remain.

        Lowers what we believe is left, never raises it: time gives slots back, not an answer.
        """
        self._remaining = left
        used = self._limit - left
        # Whatever held its slot at any time since the departure may be in the window answered for.
        self._company.see(used - self._held(departed_at), departed_at, now)
        if used > self._held(now):
            others = self.under_way - 1
            ceiling = self._departures + left - others - self._reserve
            self._company.bind(ceiling, now)
            if ceiling <= self._departures:
                self._doubt(now + self.period)

    def learn(self, limit: int) -> None:
        """Believe a limit a second that the exchange announces, within reason.

        What is announced where the period is not a second was never seen, and is not believed.
        """
        if self.period == 1.0 and 1 <= limit <= _INCREDIBLE * self._documented.limit:
            self._limit = limit

    def allot(self, share: float) -> None:
        """Change the part of the limit that is ours."""
        if not 0 < share <= 1:
            raise ValueError(f"a share is above 0 and at most 1, not {share}")
        self._share = share

    def accept(self, departed_at: float) -> None:
        """Note an answer that was no refusal, to a request that departed at ``departed_at``.

        If it departed before the group was shut, it says nothing of what comes after, however
        late it lands: the probe is still owed.
        """
        if departed_at >= self._probe_from:
            self._known = True
            self._refusals = 0

    def refuse(self, departed_at: float, now: float, seconds: float | None, dice: float) -> None:
        """Shut after a refusal (429) of a request that departed at ``departed_at``.

        For ``seconds`` if the exchange states them; else for one period, and while refusals
        repeat for a random part (``dice`` in [0, 1)) of an ever longer time beside it. Requests
        that were under way together are refused together: that is one refusal, not many.
        """
        if departed_at > self._refused_at:
            self._refusals += 1
            self._refused_at = now
        repeats = min(self._refusals - 1, 16)
        longer = dice * self.period * (2**repeats - 1)
        wait = self.period + min(longer, _LONGEST_SHUT) if seconds is None else seconds
        self.shut(now + max(wait, self.period))

    def shut(self, until: float) -> None:
        """Let nothing depart before ``until``, then one probe. Never shortens."""
        self._shut_until = max(self._shut_until, until)
        self._doubt(self._shut_until)

    # Inside

    @property
    def _reserve(self) -> int:
        return min(_RESERVE, self._limit - self.budget)

    def _doubt(self, until: float) -> None:
        """Know nothing until the answer to a request that departs at ``until`` or later."""
        self._known = False
        self._probe_from = max(self._probe_from, until)

    def _held(self, moment: float) -> int:
        """Count the slots held now, and those that came free since ``moment``."""
        return self.under_way + len(self._releases) - bisect_right(self._releases, moment)

    def _own_room_at(self, now: float) -> float:
        """Give the moment from which fewer than ``budget`` slots are held."""
        needed = self._held(now) - self.budget + 1
        if needed < 1:
            return -math.inf
        index = bisect_right(self._releases, now) + needed - 1
        return self._releases[index] if index < len(self._releases) else math.inf

    def _prune(self, now: float) -> None:
        """Forget slots that came free before any request under way departed."""
        horizon = self._under_way[0] if self._under_way else now
        del self._releases[: bisect_right(self._releases, horizon)]
        self._company.forget(horizon, now)
