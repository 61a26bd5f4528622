"""The daemon's own heartbeat: sees a late loop, a clock that was set, a change of readiness."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.metrics import Board

_BEAT: Final = 0.5
"""Seconds between two looks."""

_STEP: Final = 1.0
"""Seconds that the wall clock may part from the monotonic one between two looks."""


class Pulse:
    """Looks at the daemon. Its state: how far the wall clock is from the loop's."""

    def __init__(
        self,
        board: Board,
        *,
        on_look: Callable[[], None],
        on_clock_step: Callable[[float], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self._on_look = on_look
        self._on_clock_step = on_clock_step
        self._wall = wall
        self._offset = 0.0

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        self._offset = self._wall() - loop.time()
        while True:
            due = loop.time() + _BEAT
            await asyncio.sleep(_BEAT)
            self._look(loop.time(), loop.time() - due)

    def _look(self, now: float, lag: float) -> None:
        self._board.observe(c.LOOP_LAG, None, values=(max(lag, 0.0),))
        self._board.put(c.TASKS, None, value=len(asyncio.all_tasks()))
        offset = self._wall() - now
        step, self._offset = offset - self._offset, offset
        if abs(step) > _STEP:
            self._on_clock_step(step)
        self._on_look()
