"""What the limiters knew before this process: blocks are restored, saved, and it is told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeAlias

from upbit_monitor.app.blocks import BlockFile, StateError
from upbit_monitor.errors import Problem
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from upbit_monitor.app.blocks import Records, Scope
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board
    from upbit_monitor.quota import BlockState


_SAME: Final = 1.0
"""Seconds. Ends that are no further apart are one end, told by two clocks."""

_Version: TypeAlias = tuple[int, int, int]


class Memory:
    """The file of blocks as the daemon uses it: what goes wrong is told, and nothing is raised.

    Its state: whether the file's fault was told, and which file was looked at last. Blocks are kept
    in the file alone.
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
        self._seen: _Version | None = None
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
            self._tell(Event.BLOCK_RESTORED, scope, state)
        return state

    def news(self, known: Mapping[Scope, float]) -> Mapping[Scope, BlockState]:
        """Give, and tell, the blocks that a process beside this one got since the last look.

        ``known``: for how many seconds each scope stays blocked, as far as the caller knows. The
        file is read only if it is another than at the last look.
        """
        if self._file is None or (version := _version(self._file.path)) == self._seen:
            return {}
        # Looked at before it is read: what is written meanwhile is read at the next look.
        self._seen = version
        now, records = self._wall(), self._read()
        states = {scope: records[scope].state(now) for scope in known if scope in records}
        # What we saved ourselves is in there too, and is no news.
        longer = {
            scope: state for scope, state in states.items() if state.left > _SAME + known[scope]
        }
        for scope, state in longer.items():
            self._tell(Event.BLOCK_LEARNED, scope, state)
        return longer

    def save(self, scope: Scope, state: BlockState) -> None:
        """Write a block down, as it stands now."""
        if self._file is None:
            return
        try:
            self._file.add(scope, state, self._wall())
        except StateError as error:
            self._board.count(c.STATE_FAILURES, None)
            self._log.error(Event.BLOCK_NOT_SAVED, error=str(error))

    def _tell(self, event: Event, scope: Scope, state: BlockState) -> None:
        base_url, account = scope
        key = {"account": account} if account else {}
        self._log.warning(event, base_url=base_url, **key, seconds=round(state.left, 1))

    def _read(self) -> Records:
        try:
            return {} if self._file is None else self._file.read()
        except StateError as error:
            if not self._told:
                self._told = True
                self._board.count(c.STATE_FAILURES, None)
                self._log.warning(Event.STATE_UNREADABLE, error=str(error))
            return {}


def _version(path: Path) -> _Version | None:
    """Tell one content of a file from another without reading it; ``None`` if there is no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
