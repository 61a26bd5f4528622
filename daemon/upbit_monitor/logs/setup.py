"""The log of one process: made from settings, changed by a reload, put in everyone's place."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from upbit_monitor.logs import roads
from upbit_monitor.logs.pipe import Course, Pipe
from upbit_monitor.logs.redaction import Redactor
from upbit_monitor.logs.rendering import coloured_line, console_line, json_line
from upbit_monitor.logs.vocabulary import Level

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TextIO

    from upbit_monitor.logs.rendering import Renderer
    from upbit_monitor.logs.vocabulary import Logger

LevelWord: TypeAlias = Literal["debug", "info", "warning", "error"]
Format: TypeAlias = Literal["json", "console"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How to log. ``secrets``: every key of the configuration, access keys included."""

    level: LevelWord = "info"
    format: Format = "json"
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


class Logging:
    """A log, used by nobody until it is given out (``logger``) or put in place (``installed``).

    Its state: every secret that it was ever told. A key that a reload has replaced may still be
    on its way in an error, and is valid at the exchange until somebody deletes it there.

    ``on_message`` is told the level of each line written, and ``on_redaction`` the kind of each
    mask in it.
    """

    def __init__(
        self,
        settings: LogSettings,
        *,
        on_message: Callable[[str], None],
        on_redaction: Callable[[str], None],
        stream: TextIO | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream or sys.stdout or _nowhere()
        self._secrets = settings.secrets
        self._pipe = Pipe(
            self._course(settings),
            self._stream,
            on_message=on_message,
            on_redaction=on_redaction,
            now=now,
        )

    @property
    def failures(self) -> int:
        """How many lines could not be written or counted so far."""
        return self._pipe.failures

    def reconfigure(self, settings: LogSettings) -> None:
        """Change course, for all who hold a logger too. Secrets are added, never forgotten."""
        self._secrets |= settings.secrets
        self._pipe.course = self._course(settings)

    def logger(self, **fields: object) -> Logger:
        """Give a logger that adds these fields to all that it tells."""
        return roads.logger(self._pipe, **fields)

    def installed(self) -> AbstractContextManager[None]:
        """Lay every road out of this process onto this log; on leaving, restore what was there."""
        return roads.laid(self._pipe)

    def loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Tell what nobody caught in a loop: for ``loop.set_exception_handler``."""
        roads.loop_exception(self._pipe, context)

    def _course(self, settings: LogSettings) -> Course:
        return Course(
            Level[settings.level.upper()], Redactor(self._secrets), self._renderer(settings.format)
        )

    def _renderer(self, wanted: Format) -> Renderer:
        if wanted == "json":
            return json_line
        return coloured_line if self._stream.isatty() else console_line


def _nowhere() -> TextIO:
    """Give the stream of a process that was started with its stdout closed."""
    return Path(os.devnull).open("w", encoding="utf-8")
