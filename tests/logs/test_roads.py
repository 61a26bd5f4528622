from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING, NoReturn

import pytest
import structlog

from tests.logs.recorder import SECRET_KEY, Recorder, read
from upbit_monitor.logs import Event, LogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "[redacted:configured_key]"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder(level="info")
    with recorder.logging.installed():
        yield recorder


def test_structlog_anywhere_speaks_into_this_log(recorder: Recorder) -> None:
    structlog.get_logger().bind(poll="tickers").warning(Event.POLL_FAILED, key=SECRET_KEY)
    assert recorder.line["event"] == "poll_failed"
    assert (recorder.line["poll"], recorder.line["key"]) == ("tickers", KEY)


def test_a_library_speaks_under_one_event_with_its_arguments_redacted(recorder: Recorder) -> None:
    logging.getLogger("aiohttp.client").warning("%s failed: %s", "GET", SECRET_KEY)
    line = recorder.line
    assert (line["event"], line["level"]) == ("library_message", "warning")
    assert (line["logger"], line["message"]) == ("aiohttp.client", f"GET failed: {KEY}")


def test_a_library_is_heard_from_warning_up(recorder: Recorder) -> None:
    logger = logging.getLogger("apscheduler.executors")
    logger.debug("quiet")
    logger.info("quiet")
    logger.warning("heard")
    logger.critical("heard")
    assert [line["level"] for line in recorder.lines] == ["warning", "error"]


def test_at_debug_a_library_is_heard_in_full(recorder: Recorder) -> None:
    recorder.logging.reconfigure(LogSettings(level="debug"))
    logging.getLogger("asyncio").debug("Using selector: %s", "epoll")
    assert recorder.line["message"] == "Using selector: epoll"


def test_a_librarys_arguments_that_do_not_fit_are_neither_raised_nor_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorder = Recorder()
    with recorder.logging.installed():  # here, so that pytest's own handler is put away too
        logging.getLogger("library").error("%d of one", SECRET_KEY)
    assert recorder.line["message"] == "%d of one"
    assert "TypeError" in recorder.line["error"]
    assert capsys.readouterr() == ("", "")


def test_a_librarys_exception_is_told_without_secrets(recorder: Recorder) -> None:
    logging.getLogger("library").error("oh", exc_info=ValueError(SECRET_KEY))
    assert recorder.line["exception"][0]["exc_value"] == KEY


def test_fields_of_the_running_task_reach_libraries_lines_too(recorder: Recorder) -> None:
    with structlog.contextvars.bound_contextvars(target="korea"):
        logging.getLogger("library").warning("oh")
        recorder.logging.logger().info(Event.DAEMON_READY)
    assert [line["target"] for line in recorder.lines] == ["korea", "korea"]


def test_a_warning_is_told_without_the_line_of_source(recorder: Recorder) -> None:
    warnings.simplefilter("always")  # pytest restores the filters after each test
    warnings.warn(f"old {SECRET_KEY}", DeprecationWarning, stacklevel=1)
    line = recorder.line
    assert (line["event"], line["level"]) == ("python_warning", "warning")
    assert (line["category"], line["message"]) == ("DeprecationWarning", f"old {KEY}")
    assert __file__ in line["at"]
    assert "stacklevel" not in recorder.text


def test_an_exception_of_the_main_thread_is_told(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ValueError(SECRET_KEY)
    sys.excepthook(ValueError, error, None)
    assert recorder.line["event"] == "uncaught_exception"
    assert recorder.line["exception"][0]["exc_value"] == KEY
    assert capsys.readouterr() == ("", "")


def test_the_exception_that_ends_the_process_is_told_and_not_printed() -> None:
    program = f"""
from upbit_monitor.logs import Logging, LogSettings
settings = LogSettings(secrets=frozenset(["{SECRET_KEY}"]))
with Logging(settings, on_message=print, on_redaction=print).installed():
    raise ValueError("{SECRET_KEY}")
"""
    process = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    line, level, kind = process.stdout.splitlines()
    assert read(line)["event"] == "uncaught_exception"
    assert read(line)["exception"][0]["exc_value"] == KEY
    assert (level, kind, process.stderr, process.returncode) == ("error", "configured_key", "", 1)


def test_an_exception_of_another_thread_is_told_with_its_name(recorder: Recorder) -> None:
    def fail() -> NoReturn:
        raise ValueError(SECRET_KEY)

    thread = threading.Thread(target=fail, name="resolver")
    thread.start()
    thread.join()
    assert (recorder.line["event"], recorder.line["thread"]) == ("uncaught_exception", "resolver")
    assert recorder.line["exception"][0]["exc_value"] == KEY


def test_a_thread_may_end_itself_without_a_word(recorder: Recorder) -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert recorder.lines == []


def test_an_exception_in_a_finaliser_is_told(recorder: Recorder) -> None:
    class Fragile:
        def __del__(self) -> None:
            raise ValueError(SECRET_KEY)

    Fragile()
    gc.collect()
    assert recorder.line["event"] == "uncaught_exception"
    assert "__del__" in recorder.line["object"]
    assert recorder.line["exception"][0]["exc_value"] == KEY


async def test_an_exception_that_a_loop_finds_is_told_by_message_and_task(
    recorder: Recorder,
) -> None:
    async def fail() -> NoReturn:
        raise ValueError(SECRET_KEY)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(recorder.logging.loop_exception)
    task = asyncio.create_task(fail(), name="tickers")
    await asyncio.wait([task])
    del task
    gc.collect()
    assert (recorder.line["event"], recorder.line["task"]) == ("uncaught_exception", "tickers")
    assert recorder.line["message"] == "Task exception was never retrieved"
    assert recorder.line["exception"][0]["exc_value"] == KEY


async def test_a_callback_that_fails_in_a_loop_is_told_without_its_arguments(
    recorder: Recorder,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(recorder.logging.loop_exception)
    loop.call_soon(int, "an argument")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert recorder.line["exception"][0]["exc_type"] == "ValueError"
    assert "handle" not in recorder.line


def test_on_leaving_everything_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)  # not what an installed log sets

    def globals_() -> list[object]:
        root = logging.getLogger()
        config = structlog.get_config()
        return [
            root.handlers, list(root.handlers), root.level, warnings.showwarning, sys.excepthook,
            sys.unraisablehook, threading.excepthook, config["processors"],
            config["wrapper_class"], config["logger_factory"],
        ]  # fmt: skip

    before = globals_()
    with Recorder().logging.installed():
        assert globals_() != before
    assert globals_() == before


def test_without_being_installed_a_log_touches_nothing_global() -> None:
    before = structlog.get_config(), list(logging.getLogger().handlers), sys.excepthook
    Recorder().logging.logger().info(Event.DAEMON_READY)
    assert (structlog.get_config(), list(logging.getLogger().handlers), sys.excepthook) == before
