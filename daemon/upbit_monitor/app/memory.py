"""What the limiters knew before this process: blocks are restored, saved, and it is told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from upbit_monitor.app.blocks import BlockFile, StateError
from upbit_monitor.errors import Problem
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from upbit_monitor.app.blocks import Records, Scope
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board
    from upbit_monitor.quota import BlockState


class Memory:
    """The file of blocks as the daemon uses it: what goes wrong is told, and nothing is raised.

    Its state: whether the file's fault was told. Nothing is kept but in the file.
    """

    def __init__(
        self,
        directory: Path | None,
        *,
        board: Board,
        log: Logger,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Keep the file in ``directory``; without one nothing is remembered."""
        self._file = None if directory is None else BlockFile(directory)
        self._board = board
        self._log = log
        self._wall = wall
        self._told = False
        board.count(c.STATE_FAILURES, None, by=0)

    def rehearse(self) -> None:
        """Try whether a block could be saved, so that one learns it before there is one."""
        if self._file is None:
            remedy = "name a place with --state.directory"
            self._log.warning(
                Event.STATE_UNUSABLE, error=str(Problem("state", "this user has no home", remedy))
            )
            return
        try:
            self._file.rehearse()
        except StateError as error:
            self._board.count(c.STATE_FAILURES, None)
            self._log.warning(Event.STATE_UNUSABLE, error=str(error))

    def restore(self, scope: Scope) -> BlockState | None:
        """Give the block that a scope had before, and tell it if it still holds."""
        record = self._read().get(scope)
        if record is None:
            return None
        now = self._wall()
        state = record.state(now)
        if state.forgotten:
            return None
        if record.told > now:
            # The clock was set back. Written down, this start's end is also the next one's.
            self.save(scope, state)
        if state.left > 0:
            base_url, account = scope
            key = {"account": account} if account else {}
            self._log.warning(
                Event.BLOCK_RESTORED, base_url=base_url, **key, seconds=round(state.left, 1)
            )
        return state

    def save(self, scope: Scope, state: BlockState) -> None:
        """Write a block down, as it stands now."""
        if self._file is None:
            return
        try:
            self._file.add(scope, state, self._wall())
        except StateError as error:
            self._board.count(c.STATE_FAILURES, None)
            self._log.error(Event.BLOCK_NOT_SAVED, error=str(error))

    def _read(self) -> Records:
        try:
            return {} if self._file is None else self._file.read()
        except StateError as error:
            if not self._told:
                self._told = True
                self._board.count(c.STATE_FAILURES, None)
                self._log.warning(Event.STATE_UNREADABLE, error=str(error))
            return {}
