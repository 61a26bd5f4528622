"""A loop whose clock jumps: what waits an hour takes no time, and always the same way.

Nothing here waits for the world: a loop on which nothing is left to happen is a dead test, and
says so instead of hanging.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
P = ParamSpec("P")


class Deadlock(RuntimeError):
    """Everybody waits, and nothing is due."""


class _Jump(selectors.DefaultSelector):
    """Instead of waiting for a timer, moves the clock to it. Its state is that clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock
        self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which starts at 0."""

    @classmethod
    def running(cls) -> Self:
        """Give the running loop. Raises ``TypeError`` if it keeps real time."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop, cls):
            raise TypeError(loop)
        return loop

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._jump.now

    def stall(self, seconds: float) -> None:
        """Let time pass in which the loop does not turn, as when a step takes too long."""
        self._jump.now += seconds


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time. Raises ``Deadlock`` if it would never end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Let a test be a coroutine that runs in virtual time."""

    @functools.wraps(test)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(test(*args, **kwargs))

    return wrapped
