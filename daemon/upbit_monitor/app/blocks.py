"""The file of blocks: what is left of each 418, for the next process and for the one beside.

A process may end at any moment, so the file is never half written: a new one takes its place. Two
may write at once, so each reads, adds its own and writes under a lock. Ends are told by the wall
clock, the only one that a restart does not begin anew. It may have been set meanwhile: a block told
in the future is taken as told now, so that its whole length is waited for, and never more.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import msgspec

from upbit_monitor.errors import MonitorError, Problem
from upbit_monitor.quota import BlockState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VERSION: Final = 1

_LONGEST: Final = 8 * 24 * 3600.0
"""Seconds. The longest that is ever written is a week, as stated, and its margin of 5%."""

_UNFINISHED: Final = "unfinished-blocks-"
"""Begins the name of what is not yet the file."""

_ABANDONED: Final = 60.0
"""Seconds after which an unfinished file is nobody's any more."""

_MAX_BYTES: Final = 1 << 20

_LOCK_TRIES: Final = 20
_LOCK_PAUSE: Final = 0.05
"""Seconds. Who holds the lock for a second in all is stuck, and must not take us along."""


class StateError(MonitorError):
    """The state cannot be read or written. Its text is a ``Problem``."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last block of one scope. Times are Unix seconds."""

    base_url: str
    account: str = ""
    """Fingerprint of the account's key; empty for the scope of the IP address."""
    told: float
    until: float
    in_a_row: Annotated[int, msgspec.Meta(ge=1)]

    def state(self, now: float) -> BlockState:
        """Describe the block as it stands now."""
        return BlockState(self.until - max(now, self.told), self.in_a_row)


class _Version(msgspec.Struct, frozen=True):
    version: int


class _File(_Version, frozen=True, forbid_unknown_fields=True):
    blocks: list[Record]


Scope = tuple[str, str]
"""``base_url`` and ``account`` of a record."""
Records = dict[Scope, Record]


def decoded(content: bytes) -> Records:
    """Read a file's content. Raises ``ValueError`` that says what is wrong."""
    version = msgspec.json.decode(content, type=_Version).version
    if version != _VERSION:
        raise ValueError(f"is of version {version}, and this program knows {_VERSION}")
    blocks = msgspec.json.decode(content, type=_File).blocks
    for block in blocks:
        if not 0 <= block.until - block.told <= _LONGEST:
            raise ValueError(f"has a block of {block.until - block.told:.0f} s: no block is so")
    return {(block.base_url, block.account): block for block in blocks}


def encoded(records: Records) -> bytes:
    """Write a file's content."""
    file = _File(version=_VERSION, blocks=list(records.values()))
    return msgspec.json.format(msgspec.json.encode(file)) + b"\n"


def merged(records: Records, scope: Scope, state: BlockState, now: float) -> Records:
    """Add a block, as it stands now, to what is known. Never shortens; drops what is forgotten.

    Times of a clock that has been set back since are brought to the clock of today.
    """
    states = {name: record.state(now) for name, record in records.items()}
    known = states.get(scope, state)
    states[scope] = BlockState(
        max(state.left, known.left),
        state.in_a_row if known.forgotten else max(state.in_a_row, known.in_a_row),
    )
    return {
        name: records[name]
        if name != scope and records[name].told <= now
        else _record(name, state, now)
        for name, state in states.items()
        if not state.forgotten
    }


def _record(scope: Scope, state: BlockState, now: float) -> Record:
    base_url, account = scope
    return Record(
        base_url=base_url,
        account=account,
        told=now,
        until=now + max(state.left, 0.0),
        in_a_row=state.in_a_row,
    )


class BlockFile:
    """The file in a directory. It keeps no state of its own: every question reads the file."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "blocks.json"
        self._directory = directory

    def read(self) -> Records:
        """Give what is known; nothing if there is no file. Raises ``StateError``."""
        try:
            with open(self.path, "rb", opener=_unblocked) as stream:
                return decoded(stream.read(_MAX_BYTES) or b"")
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._unreadable(f"cannot be read ({error.strerror})")
        except (ValueError, RecursionError) as error:  # msgspec's are of the first kind
            self._unreadable(f"cannot be used: {error}")

    def add(self, scope: Scope, state: BlockState, now: float) -> None:
        """Add a block, as it stands at ``now`` (Unix seconds). Raises ``StateError``.

        A file that cannot be used is kept beside, as ``blocks.json.bad``.
        """
        with self._told_as_ours(), self._locked() as directory:
            try:
                records = self.read()
            except StateError:
                self.path.replace(self._directory / "blocks.json.bad")
                records = {}
            self._write(encoded(merged(records, scope, state, now)), directory)

    def rehearse(self) -> None:
        """Do all that ``add`` does, but for the block. Raises ``StateError``."""
        with self._told_as_ours(), self._locked():
            self._new(b"").unlink()

    def _write(self, content: bytes, directory: int) -> None:
        new = self._new(content)
        try:
            new.replace(self.path)
        except OSError:
            new.unlink()
            raise
        # The name is as lasting as the content only when the directory is written too.
        os.fsync(directory)

    def _new(self, content: bytes) -> Path:
        """Give a file of this content, safe on the disk, that nobody else may read."""
        number, name = tempfile.mkstemp(dir=self._directory, prefix=_UNFINISHED)
        try:
            with open(number, "wb") as stream:  # noqa: PTH123 -- it is open already
                self._hand_over(number)
                stream.write(content)
                stream.flush()
                os.fsync(number)
        except OSError:
            Path(name).unlink()
            raise
        return Path(name)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the directory, which is there from now on; give its descriptor.

        After a second it goes on without the lock, and may lose what another writes meanwhile: a
        block of ours that is not written at all would be worse.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for _ in range(_LOCK_TRIES):
                with suppress(BlockingIOError):
                    fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    # What a process left that was killed while it wrote.
                    for left in self._directory.glob(f"{_UNFINISHED}*"):
                        if time.time() - left.stat().st_mtime > _ABANDONED:
                            left.unlink(missing_ok=True)
                    break
                time.sleep(_LOCK_PAUSE)
            yield directory
        finally:
            os.close(directory)

    def _hand_over(self, number: int) -> None:
        """Let what root makes in another user's directory be that user's, or he is locked out."""
        if os.geteuid() == 0:
            owner = self._directory.stat()
            os.fchown(number, owner.st_uid, owner.st_gid)

    @contextmanager
    def _told_as_ours(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"cannot be written ({error.strerror})"
            remedy = "let this user write there, or name another place with --state.directory"
            raise StateError(str(Problem(str(self._directory), what, remedy))) from error

    def _unreadable(self, what: str) -> NoReturn:
        remedy = f"delete it, or leave it: the next block keeps it as {self.path.name}.bad"
        raise StateError(str(Problem(str(self.path), what, remedy))) from None


def _unblocked(path: str, flags: int) -> int:
    """Open without waiting: what stands there may be no file, and must not hold the daemon up."""
    return os.open(path, flags | os.O_NONBLOCK)


def state_directory(flag: str | None, environ: Mapping[str, str]) -> Path | None:
    """Give where the state lives: as told, as systemd tells, or in the user's home, if any."""
    if flag:
        return Path(flag)
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    # A relative path is to be ignored, says the XDG Base Directory Specification.
    state, home = Path(environ.get("XDG_STATE_HOME", "")), Path(environ.get("HOME", ""))
    if state.is_absolute():
        return state / "upbit-monitor"
    return home / ".local" / "state" / "upbit-monitor" if home.is_absolute() else None
