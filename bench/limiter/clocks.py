"""The running loop's clock, as other people's libraries need it.

The judge's loop is virtual: its clock stands still while there is something to do, and jumps when
there is not. A real clock goes on meanwhile. Two libraries count on that without saying so, and
would look at a clock that stands for ever; each gets a stand-in under which looking takes time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.virtual import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

TICK_SECONDS = 1e-6
"""What a timer takes at least."""

LOOKS = 1000
"""So many looks in one instant are a library that waits without awaiting."""

LOOK_SECONDS = 1e-3
"""What each further look takes: no more than a coarse clock, and the end comes soon."""


def loop_time() -> float:
    """Read the running loop's clock, in seconds."""
    return asyncio.get_running_loop().time()


def give_clock(module: ModuleType, clock: object) -> None:
    """Let a library's module find our clock where it finds ``time``, for good.

    Who uses that module on a loop in real time loses nothing: its clock goes on too.
    """
    name = "time"
    setattr(module, name, clock)


class TickingLoop:
    """The running loop, on which each timer takes a tick.

    aiolimiter sets a timer for the moment that it computed, and rounding can make that now. In real
    time it looks again a moment later, and all is well.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the loop has
        return getattr(self._loop, name)

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back then, but not before a tick has passed."""
        return self._loop.call_at(max(when, self._loop.time() + TICK_SECONDS), callback)


class BusyClock:
    """The virtual clock, which goes on while somebody does nothing but look at it.

    hikari's bucket, when it lost touch with the exchange, looks until a window is over, without an
    await: really it blocks the loop, and here the loop stalls as long. State: the looks so far.
    """

    def __init__(self) -> None:
        self._instant = -1.0
        self._looks = 0

    def time(self) -> float:
        """Read the clock, in seconds."""
        loop = VirtualLoop.running()
        if loop.time() != self._instant:
            self._instant, self._looks = loop.time(), 0
        self._looks += 1
        if self._looks > LOOKS:
            loop.stall(LOOK_SECONDS)
            self._instant = loop.time()
        return loop.time()
