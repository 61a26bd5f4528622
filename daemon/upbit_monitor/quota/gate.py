"""One group's queue: a request waits here for its turn and its slot.

Turns go by the moment of asking, and a request of the next priority is treated as if it had asked
a little later: a lower number goes first, within one first come is first served, and nobody waits
for ever while slots come free.

Nothing polls: a gate with waiters has one timer, armed for the moment that its window names; an
idle gate has none. No lock is held while waiting. A waiter that is cancelled leaves no trace, and
one that is cancelled in the instant of its grant gives the slot back. A grant that is overtaken
by a refusal before its waiter has woken is no grant: the waiter keeps its place and waits on.
"""

from __future__ import annotations

import heapq
import math
from asyncio import get_running_loop
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

from upbit_monitor.errors import Withheld
from upbit_monitor.quota.decision import GroupState
from upbit_monitor.quota.naming import Naming

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from upbit_monitor.quota.decision import Tell
    from upbit_monitor.quota.remaining import Remaining
    from upbit_monitor.quota.window import Window

_HEAD_START: Final = 2.0
"""Seconds by which each priority goes before the next. In two windows those ahead of it are mostly
gone; and a request has more patience than that, so it gets its turn before it is given up."""


class Scope(Protocol):
    """What a gate must know of the whole that it is part of."""

    shut_until: float
    """The moment until which the whole scope is shut; ``-inf`` if never."""

    stopped: bool
    """Whether a block, or the probe that is owed after it, holds requests back."""

    def clock(self) -> float:
        """Read the loop's clock, in seconds."""

    def delay(self, now: float) -> float:
        """Seconds until the scope lets a request go; ``inf`` while its probe is under way."""

    def moved(self, gate: Gate) -> None:
        """Look again at every queue that what happened at this gate may move."""


@dataclass(order=True, slots=True)
class _Waiter:
    place: float
    turn: int
    deadline: float = field(compare=False)
    granted: asyncio.Future[float] = field(compare=False, init=False)
    """The moment of departure; or ``Withheld``."""


class Gate:
    """Its state: the window's ledger, the group's name, those who wait, and their timer."""

    def __init__(self, group: str, window: Window, scope: Scope) -> None:
        self.group = group
        self.window = window
        self.tell: Tell | None = None
        """Who is told each decision at this gate. While nobody is, nothing of it is computed."""
        self._scope = scope
        self._naming = Naming(group)
        self._queue: list[_Waiter] = []
        self._turns = count()
        self._timer: asyncio.TimerHandle | None = None

    # Questions

    def look(self, now: float) -> GroupState:
        """Tell what is believed now."""
        window = self.window
        return GroupState(
            group=self.group,
            called=self._naming.newest,
            limit=window.limit,
            budget=window.budget,
            period=window.period,
            remaining=window.remaining,
            left=0 if self._scope.delay(now) else window.left(now),
            held=window.held(now),
            under_way=window.under_way,
            waiting=len(self._queue),
            foreign=window.foreign,
            expected=window.company.expected,
            pace=window.company.pace,
            shut_for=max(self.shut_until - now, 0.0),
        )

    @property
    def shut_until(self) -> float:
        """The moment until which the group, or the whole scope, is shut; ``-inf`` if never."""
        return max(self.window.shut_until, self._scope.shut_until)

    def is_free(self, now: float) -> bool:
        """Whether a request that comes now may go at once."""
        if self._queue or (self._scope.stopped and self._scope.delay(now)):
            return False
        return self.window.left(now) > 0

    def why(self, now: float) -> str:
        """Why a request that comes now must wait; empty if it need not."""
        if now < self._scope.shut_until:
            return "the exchange has blocked us (418)"
        if self._scope.delay(now):
            return "a probe after a block is under way"
        return self.window.reason(now) or ("others came before" if self._queue else "")

    def was_shut_since(self, moment: float) -> bool:
        """Whether the group, or the whole scope, was shut by an answer later than a moment."""
        return moment < self.window.shut_until or moment < self._scope.shut_until

    def ahead(self, asked_at: float, priority: int) -> int:
        """How many are to go before one who asks now."""
        place = _place(asked_at, priority)
        return sum(waiter.place <= place for waiter in self._queue)

    def is_probing(self, now: float) -> bool:
        """Whether a probe is under way, for whose answer all others wait."""
        return self._scope.stopped or self.window.is_probing(now)

    def means_us(self, name: str) -> bool:
        """Whether a header of this name is taken to speak of the group."""
        return self._naming.means_us(name)

    def withheld(self, reason: str) -> Withheld:
        """Give the error for a request that is not let go now."""
        now = self._scope.clock()
        delay = self._delay(now)
        wait = delay if math.isfinite(delay) else 0.0
        return Withheld(reason, self.group, wait, self.why(now))

    # Commands

    async def enter(self, asked_at: float, patience: float, priority: int) -> float:
        """Wait for a slot and take it; give the moment of departure.

        Raises ``Withheld`` if it cannot be had within ``patience`` seconds: as soon as that is
        certain.
        """
        loop = get_running_loop()
        waiter = _Waiter(_place(asked_at, priority), next(self._turns), asked_at + patience)
        while True:
            waiter.granted = loop.create_future()
            heapq.heappush(self._queue, waiter)
            self.pump()
            alarm = None
            if math.isfinite(patience):
                alarm = loop.call_at(waiter.deadline, self._turn_away, (waiter,), "deadline")
            try:
                departed_at = await waiter.granted
            except BaseException:
                self._leave(waiter)
                raise
            finally:
                if alarm is not None:
                    alarm.cancel()
            if not self.was_shut_since(departed_at):
                return departed_at
            self.window.refund(departed_at, self._scope.clock())

    def hear(self, remaining: Remaining, departed_at: float, now: float) -> None:
        """Learn from the header of an answer to a request that departed at ``departed_at``.

        A header of another group is only remembered by its name. Its limit must raise nothing
        here; and to be held to what is left there, though harmless, would be to count its use as
        that of strangers here, of whom more would then be told than there are.
        """
        self._naming.hear(remaining.group)
        if not self._naming.means_us(remaining.group):
            return
        if remaining.limit is not None:
            self.window.learn(remaining.limit)
        self.window.correct(remaining.requests, departed_at, now)

    def pump(self) -> None:
        """Grant what may be granted; turn away those who cannot get it in time; arm the timer."""
        if not self._queue and self._timer is None:
            return
        now = self._scope.clock()
        delay = self._delay(now)
        while self._queue and delay == 0:
            waiter = heapq.heappop(self._queue)
            if not waiter.granted.done():
                self.window.depart(now)
                waiter.granted.set_result(now)
                delay = self._delay(now)
        # A gate that is shut never opens earlier.
        if now < self.shut_until:
            opens = self.shut_until
            self._turn_away([each for each in self._queue if each.deadline < opens], "blocked")
        self._arm(now + delay if self._queue else math.inf)

    # Inside

    def _delay(self, now: float) -> float:
        return max(self._scope.delay(now), self.window.delay(now))

    def _arm(self, moment: float) -> None:
        """See to it that the queue is looked at by then.

        A timer that is due before is let ring: the needless look is cheaper than another timer.
        """
        if self._timer is not None:
            if self._queue and self._timer.when() <= moment:
                return
            self._timer.cancel()
            self._timer = None
        if math.isfinite(moment):
            self._timer = get_running_loop().call_at(moment, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.pump()

    def _leave(self, waiter: _Waiter) -> None:
        """Leave no trace of a waiter that goes: no place in the queue, no slot."""
        granted = waiter.granted
        if not granted.done() or granted.cancelled():
            self._queue = [other for other in self._queue if other is not waiter]
            heapq.heapify(self._queue)
        elif granted.exception() is None:
            self.window.refund(granted.result(), self._scope.clock())
        self._scope.moved(self)

    def _turn_away(self, waiters: Iterable[_Waiter], reason: str) -> None:
        """Tell those who wait in vain."""
        hopeless = {each.turn: each for each in waiters if not each.granted.done()}
        if hopeless:
            self._queue = [each for each in self._queue if each.turn not in hopeless]
            heapq.heapify(self._queue)
        for waiter in hopeless.values():
            waiter.granted.set_exception(self.withheld(reason))


def _place(asked_at: float, priority: int) -> float:
    """Give the place in the queue: the lowest goes first."""
    return asked_at + priority * _HEAD_START
