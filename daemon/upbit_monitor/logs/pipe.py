"""The one road from an event to the stream: judge the level, redact, render, write, count.

Everything that speaks goes this way: our own events, the libraries', warnings, and exceptions
that nobody caught. Nothing on it can raise into the one who speaks. What fails (a pipe without a
reader, a full disk, a closed stream, a callback) is counted, and the first line that gets through
again is preceded by a ``logging_failed`` with that count.

A line is written whole, at once, in the thread that speaks. A thread of its own would keep a
reader that has *stopped* (not gone) from stalling the daemon, but it loses the last lines of a
crash, which are the ones that matter; the watchdog is the answer to a stall.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import UnsupportedOperation
from typing import TYPE_CHECKING, Final

from structlog.tracebacks import ExceptionDictTransformer

from upbit_monitor.logs.redaction import Redactor, unprintable
from upbit_monitor.logs.rendering import EXCEPTION, ascii_only
from upbit_monitor.logs.vocabulary import Event, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

    from upbit_monitor.logs.rendering import Renderer

_VOCABULARY: Final = frozenset(Event)
# Locals hold the keys and the tokens of whatever frame fails: never shown.
_TRACEBACK: Final = ExceptionDictTransformer(show_locals=False, max_frames=20)


@dataclass(frozen=True, slots=True)
class Course:
    """What an event meets on its way. Replaced as a whole when the configuration changes."""

    level: Level
    redactor: Redactor
    renderer: Renderer


class Pipe:
    """Writes events to a stream.

    Its state: the course in force, the failures so far, and how many of them a line has told.
    """

    def __init__(
        self,
        course: Course,
        stream: TextIO,
        *,
        on_message: Callable[[str], None],
        on_redaction: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self.course = course
        self.failures = 0
        self._told = 0
        self._latest = ""
        self._stream = stream
        self._on_message = on_message
        self._on_redaction = on_redaction
        self._now = now
        # Re-entrant: the garbage collector may run a finaliser in here, whose ResourceWarning
        # comes this way too, in the same thread.
        self._lock = threading.RLock()

    def tell(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        """Write an event if it is loud enough. Never raises an ``Exception``.

        ``exc_info`` among the fields, as the standard library has it, becomes ``exception``.
        """
        course = self.course
        if level < course.level:
            return
        with self._lock:
            try:
                self._confess(course)
                self._write(course, level, event, fields)
            except Exception as error:  # noqa: BLE001 -- the log must not break what it tells of
                self.failures += 1
                self._latest = type(error).__name__

    def finish(self) -> None:
        """Leave a broken stream so that the process can still end with its own exit status.

        The interpreter flushes stdout once more at its end, and turns a failure into status 120.
        """
        if self._stream.closed:
            return
        try:
            self._stream.flush()
        except OSError:
            with suppress(UnsupportedOperation):  # without a descriptor it is not stdout
                _point_at_nothing(self._stream.fileno())

    def _confess(self, course: Course) -> None:
        failures, latest = self.failures - self._told, self._latest
        if failures:
            fields = {"failures": failures, "latest": latest}
            self._write(course, Level.ERROR, Event.LOGGING_FAILED, fields)
            self._told += failures

    def _write(
        self, course: Course, level: Level, event: str, fields: Mapping[str, object]
    ) -> None:
        if event not in _VOCABULARY:
            event, fields = Event.UNLISTED_EVENT, {**fields, "word": event}
        if "exc_info" in fields:
            fields = _with_exception(fields)
        redacted = course.redactor.redact(fields)
        self._put(course.renderer(_timestamp(self._now()), level, event, redacted.fields) + "\n")
        self._on_message(level.word)
        for mask in redacted.masks:
            self._on_redaction(mask.value)

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:  # the terminal of a C locale
            self._stream.write(ascii_only(text))
        self._stream.flush()


def _point_at_nothing(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def _timestamp(now: float) -> str:
    utc = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return utc.replace("+00:00", "Z")


def _with_exception(fields: Mapping[str, object]) -> dict[str, object]:
    rest = dict(fields)
    error = _raised(rest.pop("exc_info"))
    return rest if error is None else {**rest, EXCEPTION: _stacks(error)}


def _raised(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case _:
            return sys.exception() if exc_info else None


def _stacks(error: BaseException) -> list[dict[str, object]]:
    try:
        return _TRACEBACK((type(error), error, error.__traceback__))
    except Exception as defect:  # noqa: BLE001 -- an exception may break when it is looked into
        return [
            {
                "exc_type": type(error).__name__,
                "exc_value": unprintable(error, defect),
                "frames": [],
            }
        ]
