"""Every way that words leave a Python process, laid onto one pipe.

structlog (ours), the standard ``logging`` (the libraries'), ``warnings``, and the hooks for
exceptions that nobody caught: in the main thread, in another, in a finaliser, in a loop.

Libraries are heard from ``warning`` up, since APScheduler tells every run at ``info``; with the
level ``debug`` they are heard in full.

structlog's ``ProcessorFormatter`` and ``logging.captureWarnings`` would serve, and were rejected:
when a library's arguments do not fit its message, the handler around the first prints them raw to
stderr; the second puts the line of source into the message, where a key may stand.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import structlog
from structlog.contextvars import get_contextvars, merge_contextvars

from upbit_monitor.logs.redaction import text_of
from upbit_monitor.logs.vocabulary import Event, Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from upbit_monitor.logs.pipe import Pipe
    from upbit_monitor.logs.vocabulary import Logger

# The pipe judges the level itself: these classes cannot change theirs at a reload.
_SPEAKER: Final = structlog.make_filtering_bound_logger(logging.NOTSET)
_LEVELS: Final = {level.word: level for level in Level} | {"critical": Level.ERROR}


def logger(pipe: Pipe, **fields: object) -> Logger:
    """Give a structlog logger that speaks into ``pipe``, whatever structlog's own settings are."""
    lazy = structlog.wrap_logger(
        pipe, processors=[merge_contextvars, _tell], wrapper_class=_SPEAKER
    )
    return cast("Logger", lazy.bind(**fields))


@contextmanager
def laid(pipe: Pipe) -> Iterator[None]:
    """Lay every road; on leaving, restore what was there.

    Who leaves by an exception keeps ``sys.excepthook``: Python calls it once everything is
    unwound, and the exception that ends the process must not be printed raw.
    """
    hooks = _Hooks(pipe)
    previous, sys.excepthook = sys.excepthook, hooks.main
    with ExitStack() as stack:
        stack.callback(structlog.configure, **structlog.get_config())
        structlog.configure(
            processors=[merge_contextvars, _tell],
            wrapper_class=_SPEAKER,
            logger_factory=lambda *_: pipe,
            cache_logger_on_first_use=False,
        )
        _lay_standard_logging(pipe, stack)
        for module, name, hook in (
            (warnings, "showwarning", hooks.warning),
            (sys, "unraisablehook", hooks.finaliser),
            (threading, "excepthook", hooks.thread),
        ):
            stack.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, hook)
        stack.callback(pipe.finish)
        yield
    sys.excepthook = previous


def loop_exception(pipe: Pipe, context: Mapping[str, object]) -> None:
    """Tell what nobody caught in a loop.

    Of the context only the message, the exception and the task's name: the reprs of handles and
    transports show arguments and addresses.
    """
    fields = {"message": context.get("message"), "exc_info": context.get("exception")}
    task = context.get("task") or context.get("future")
    if isinstance(task, asyncio.Task):
        fields["task"] = task.get_name()
    pipe.tell(Level.ERROR, Event.UNCAUGHT_EXCEPTION, fields)


def _tell(pipe: Pipe, method: str, event: MutableMapping[str, Any]) -> NoReturn:
    """Hand an event over to the pipe: the last step of structlog's own."""
    pipe.tell(_LEVELS[method], event.pop("event"), event)
    raise structlog.DropEvent  # told: nothing is left for structlog to print


def _lay_standard_logging(pipe: Pipe, stack: ExitStack) -> None:
    """Take the root logger's handlers away and put ours in: theirs would print what ours masks."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stack.callback(root.setLevel, level)
    stack.callback(setattr, root, "handlers", handlers)
    root.handlers = [_Handler(pipe)]
    root.setLevel(logging.DEBUG)


class _Handler(logging.Handler):
    """Puts what libraries say on the pipe, under one event: their words are their own."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        level = Level.of(record.levelno)
        if level < Level.WARNING and self._pipe.course.level > Level.DEBUG:
            return
        fields: dict[str, object] = {"logger": record.name}
        try:
            fields["message"] = record.getMessage()
        except Exception as error:  # noqa: BLE001 -- whatever formatting a stranger's words raises
            fields |= {
                "message": record.msg,
                "error": f"message not filled in: {type(error).__name__}",
            }
        fields["exc_info"] = record.exc_info
        self._pipe.tell(level, Event.LIBRARY_MESSAGE, get_contextvars() | fields)


class _Hooks:
    """Python's last resorts, one method each."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        *_: object,
    ) -> None:
        fields = {
            "category": category.__name__,
            "message": text_of(message),
            "at": f"{filename}:{lineno}",
        }
        self._pipe.tell(Level.WARNING, Event.PYTHON_WARNING, fields)

    def main(self, _kind: type[BaseException], error: BaseException, _traceback: object) -> None:
        self._uncaught(error)

    def thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:  # how a thread may end itself
            self._uncaught(args.exc_value, thread=args.thread and args.thread.name)

    def finaliser(self, args: sys.UnraisableHookArgs) -> None:
        self._uncaught(args.exc_value, message=args.err_msg, object=args.object)

    def _uncaught(self, error: BaseException | None, **fields: object) -> None:
        self._pipe.tell(Level.ERROR, Event.UNCAUGHT_EXCEPTION, {**fields, "exc_info": error})
