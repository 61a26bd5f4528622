"""One group's queue: a request waits here for its turn and its slot.

Nothing polls: a gate with waiters has one timer, armed for the moment that its window names; an
idle gate has none. No lock is held while waiting. A waiter that is cancelled leaves no trace, and
one that is cancelled in the instant of its grant gives the slot back. A grant that is overtaken
by a refusal before its waiter has woken is no grant: the waiter keeps its place and waits on.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Protocol

from upbit_monitor.errors import Withheld

if TYPE_CHECKING:
    from upbit_monitor.quota.window import Window


@dataclass(frozen=True, slots=True)
class GroupState:
    """What is believed of one group at one moment; for the metrics and the page."""

    group: str
    limit: int
    budget: int
    period: float
    remaining: int | None
    """What the newest header said is left; ``None`` before the first."""
    left: int
    """What may leave now."""
    under_way: int
    waiting: int
    foreign: int
    shut_for: float
    """Seconds until the group, or the whole scope, opens again; 0 if it is open."""


class Scope(Protocol):
    """What a gate must know of the whole that it is part of."""

    @property
    def shut_until(self) -> float:
        """The moment until which the whole scope is shut; ``-inf`` if never."""

    def delay(self, now: float) -> float:
        """Seconds until the scope lets a request go; ``inf`` while its probe is under way."""

    def wake(self) -> None:
        """Look at every queue again: what happened at one gate may move another."""


@dataclass(order=True, slots=True)
class _Waiter:
    priority: int
    turn: int
    deadline: float = field(compare=False)
    granted: asyncio.Future[float] = field(compare=False, init=False)
    """The moment of departure; or ``_HopelessError``."""


class Gate:
    """Its state: the window's ledger, those who wait, and the timer of the first of them."""

    def __init__(self, group: str, window: Window, scope: Scope) -> None:
        self.group = group
        self.window = window
        self._scope = scope
        self._queue: list[_Waiter] = []
        self._turns = count()
        self._timer: asyncio.TimerHandle | None = None

    def look(self, now: float) -> GroupState:
        """Tell what is believed now."""
        window = self.window
        return GroupState(
            group=self.group,
            limit=window.limit,
            budget=window.budget,
            period=window.period,
            remaining=window.remaining,
            left=0 if self._scope.delay(now) else window.left(now),
            under_way=window.under_way,
            waiting=len(self._queue),
            foreign=window.foreign,
            shut_for=max(self.shut_until - now, 0.0),
        )

    @property
    def shut_until(self) -> float:
        """The moment until which the group, or the whole scope, is shut; ``-inf`` if never."""
        return max(self.window.shut_until, self._scope.shut_until)

    async def enter(self, patience: float, priority: int) -> float:
        """Wait for a slot and take it; give the moment of departure.

        Raises ``Withheld`` if it cannot be had within ``patience`` seconds: as soon as that is
        certain.
        """
        now = _now()
        if not self._queue and self._delay(now) == 0:
            self.window.depart(now)
            return now
        waiter = _Waiter(priority, next(self._turns), now + patience)
        try:
            async with asyncio.timeout(patience if math.isfinite(patience) else None):
                return await self._turn_of(waiter)
        except TimeoutError:
            raise self.withheld("deadline") from None
        except _HopelessError:
            raise self.withheld("blocked") from None

    def pump(self) -> None:
        """Grant what may be granted; turn away those who cannot get it in time; arm the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._queue:
            return
        now = _now()
        delay = self._delay(now)
        while self._queue and delay == 0:
            waiter = heapq.heappop(self._queue)
            if not waiter.granted.done():
                self.window.depart(now)
                waiter.granted.set_result(now)
                delay = self._delay(now)
        self._turn_away(now)
        if self._queue and math.isfinite(delay):
            self._timer = asyncio.get_running_loop().call_later(delay, self.pump)

    def withheld(self, reason: str) -> Withheld:
        """Give the error for a request that is not let go now."""
        delay = self._delay(_now())
        return Withheld(reason, self.group, delay if math.isfinite(delay) else 0.0)

    def _delay(self, now: float) -> float:
        return max(self._scope.delay(now), self.window.delay(now))

    async def _turn_of(self, waiter: _Waiter) -> float:
        while True:
            waiter.granted = asyncio.get_running_loop().create_future()
            heapq.heappush(self._queue, waiter)
            self.pump()
            try:
                departed_at = await waiter.granted
            except BaseException:
                self._leave(waiter)
                raise
            if departed_at >= self.shut_until:
                return departed_at
            self.window.refund(departed_at)

    def _leave(self, waiter: _Waiter) -> None:
        """Leave no trace of a waiter that goes: no place in the queue, no slot."""
        granted = waiter.granted
        if not granted.done() or granted.cancelled():
            self._queue = [other for other in self._queue if other is not waiter]
            heapq.heapify(self._queue)
        elif granted.exception() is None:
            self.window.refund(granted.result())
        self._scope.wake()

    def _turn_away(self, now: float) -> None:
        """Tell those whose patience ends before a shut gate opens. A gate never opens earlier."""
        opens = self.shut_until
        if now >= opens:
            return
        hopeless = [waiter for waiter in self._queue if waiter.deadline < opens]
        if hopeless:
            self._queue = [waiter for waiter in self._queue if waiter.deadline >= opens]
            heapq.heapify(self._queue)
        for waiter in hopeless:
            if not waiter.granted.done():
                waiter.granted.set_exception(_HopelessError())


class _HopelessError(Exception):
    """The gate opens only after the waiter's deadline."""


def _now() -> float:
    return asyncio.get_running_loop().time()
