from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest

from tests.logs.recorder import NOW, SECRET_KEY, Recorder, read
from upbit_monitor.logs import Event, Level, Logging, LogSettings

FULL = Path("/dev/full")


class FaultyStream(io.StringIO):
    """A stream that breaks while ``fault`` is set."""

    fault: Exception | None = None

    def write(self, text: str, /) -> int:
        if self.fault:
            raise self.fault
        return super().write(text)


FAULTS = [BrokenPipeError(), OSError(errno.ENOSPC, "disk full"), ValueError("closed file")]


def test_a_line_begins_with_time_level_event_and_schema() -> None:
    recorder = Recorder()
    recorder.logging.logger(target="korea").info(Event.DAEMON_READY, polls=3)
    assert recorder.text == (
        '{"ts":"2026-01-02T03:04:05.678Z","level":"info","event":"daemon_ready","schema":1,'
        '"target":"korea","polls":3}\n'
    )


def test_each_written_line_is_counted_by_level_and_each_mask_by_kind() -> None:
    recorder = Recorder(level="info")
    log = recorder.logging.logger()
    log.debug(Event.DAEMON_READY, token="x")
    log.info(Event.DAEMON_READY)
    log.warning(Event.DAEMON_READY, token="x", text=SECRET_KEY)
    log.error(Event.DAEMON_READY)
    log.error(Event.DAEMON_READY)
    assert recorder.messages == {"info": 1, "warning": 1, "error": 2}
    assert recorder.redactions == {"key_name": 1, "configured_key": 1}
    assert [line["level"] for line in recorder.lines] == ["info", "warning", "error", "error"]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_only_what_is_loud_enough_is_written(level: str) -> None:
    recorder = Recorder(level=level)  # type: ignore[arg-type]  # a parameter is any str
    log = recorder.logging.logger()
    for speak in (log.debug, log.info, log.warning, log.error):
        speak(Event.DAEMON_READY)
    levels = ["debug", "info", "warning", "error"]
    assert [line["level"] for line in recorder.lines] == levels[levels.index(level) :]


def test_a_word_outside_the_vocabulary_is_told_as_a_defect() -> None:
    recorder = Recorder()
    recorder.logging.logger().info("made_up", a=1)
    assert recorder.line["event"] == "unlisted_event"
    assert recorder.line["word"] == "made_up"
    assert recorder.line["a"] == 1


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_broken_stream_is_survived_counted_and_told_when_it_is_whole_again(
    fault: Exception,
) -> None:
    recorder = Recorder(stream=(stream := FaultyStream()))
    log = recorder.logging.logger()
    stream.fault = fault
    for _ in range(3):
        log.error(Event.POLL_FAILED)
    assert recorder.logging.failures == 3
    assert recorder.messages == {}
    stream.fault = None
    log.info(Event.DAEMON_READY)
    log.info(Event.DAEMON_READY)
    told, *after = recorder.lines
    assert (told["event"], told["level"]) == ("logging_failed", "error")
    assert (told["failures"], told["latest"]) == (3, type(fault).__name__)
    assert [line["event"] for line in after] == ["daemon_ready", "daemon_ready"]


def test_a_stream_that_stays_broken_does_not_break_the_end() -> None:
    class Broken(io.StringIO):
        def flush(self) -> NoReturn:
            raise BrokenPipeError

    recorder = Recorder(stream=Broken())
    with recorder.logging.installed():
        recorder.logging.logger().info(Event.DAEMON_STOPPED)
    assert recorder.logging.failures == 1


def test_a_callback_that_raises_is_survived_and_told() -> None:
    def refuse(_: str) -> NoReturn:
        raise KeyError

    stream = io.StringIO()
    logging = Logging(LogSettings(), on_message=refuse, on_redaction=refuse, stream=stream)
    log = logging.logger()
    log.info(Event.DAEMON_READY)
    log.info(Event.DAEMON_STOPPED)
    events = [read(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["daemon_ready", "logging_failed"]
    assert logging.failures == 2


def test_a_stream_that_knows_only_ascii_gets_the_same_line_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    recorder = Recorder(stream=stream)  # type: ignore[arg-type]  # any text stream will do
    recorder.logging.logger().info(Event.DAEMON_READY, message="점검 중 😀")
    assert read(raw.getvalue().decode("ascii"))["message"] == "점검 중 😀"
    assert recorder.logging.failures == 0


class Thing:
    def __init__(self, secret_key: str) -> None:
        self.secret_key = secret_key

    def sign(self, token: str) -> NoReturn:
        local = token + self.secret_key
        raise ValueError(len(local))


def test_an_exception_is_told_with_its_causes_and_frames_but_no_locals() -> None:
    recorder = Recorder()
    key = "a key that is not configured"
    try:
        try:
            Thing(key).sign("tok" + "en")
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        recorder.logging.logger().error(Event.POLL_FAILED, exc_info=True)
    outer, inner = recorder.line["exception"]
    assert (outer["exc_type"], outer["exc_value"]) == ("RuntimeError", "outer")
    assert (inner["exc_type"], inner["is_cause"]) == ("ValueError", True)
    assert inner["frames"][-1]["name"] == "sign"
    assert all(frame.keys() == {"filename", "lineno", "name"} for frame in inner["frames"])
    assert key not in recorder.text
    assert "exc_info" not in recorder.line


@pytest.mark.parametrize("form", ["exception", "tuple"])
def test_an_exception_may_be_given_in_either_form(form: str) -> None:
    recorder = Recorder()
    error = ValueError("given")
    info = error if form == "exception" else (ValueError, error, None)
    recorder.logging.logger().error(Event.POLL_FAILED, exc_info=info)
    assert recorder.line["exception"][0]["exc_value"] == "given"


@pytest.mark.parametrize("nothing", [None, False, True, (None, None, None)])
def test_no_exception_is_no_field(nothing: object) -> None:
    recorder = Recorder()
    recorder.logging.logger().error(Event.POLL_FAILED, exc_info=nothing)
    assert "exception" not in recorder.line


def _fall(depth: int) -> NoReturn:
    if depth:
        _fall(depth - 1)
    raise ValueError("deep")


def test_the_frames_of_a_long_fall_are_capped() -> None:
    recorder = Recorder()
    try:
        _fall(500)
    except ValueError as error:
        recorder.logging.logger().error(Event.POLL_FAILED, exc_info=error)
    (stack,) = recorder.line["exception"]
    assert len(stack["frames"]) <= 21
    assert stack["frames"][-1]["name"] == "_fall"


def test_an_exception_that_breaks_when_looked_into_is_still_told() -> None:
    class Odd(ValueError):
        pass

    recorder = Recorder()
    error = Odd("x")
    error.__notes__ = 7  # type: ignore[assignment]  # whoever iterates over it fails
    recorder.logging.logger().error(Event.POLL_FAILED, exc_info=error)
    (stack,) = recorder.line["exception"]
    assert stack == {
        "exc_type": "Odd",
        "exc_value": "<unprintable Odd: TypeError>",
        "frames": [],
    }


def test_lines_of_several_threads_do_not_mix() -> None:
    class Interruptible(io.StringIO):
        def write(self, text: str, /) -> int:
            half = len(text) // 2
            written = super().write(text[:half])
            time.sleep(0)  # lets another thread in, here of all places
            return written + super().write(text[half:])

    recorder = Recorder(stream=Interruptible())
    log = recorder.logging.logger()

    def speak(number: int) -> None:
        for _ in range(50):
            log.info(Event.DAEMON_READY, number=number, text="x" * 500)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recorder.lines) == 400
    assert recorder.messages == {"info": 400}


def test_a_line_that_interrupts_another_in_the_same_thread_does_not_lock_up() -> None:
    class Interrupted(io.StringIO):
        def flush(self) -> None:  # as the garbage collector would, anywhere
            if interruptions:
                interruptions.pop()
                log.warning(Event.PYTHON_WARNING)

    interruptions = [1]
    recorder = Recorder(stream=Interrupted())
    log = recorder.logging.logger()
    log.info(Event.DAEMON_READY)
    assert [line["event"] for line in recorder.lines] == ["daemon_ready", "python_warning"]


SPEAK = """
from upbit_monitor.logs import Event, Logging, LogSettings
import sys
logging = Logging(LogSettings(), on_message=lambda _: None, on_redaction=lambda _: None)
with logging.installed():
    for number in range(100):
        logging.logger().info(Event.DAEMON_READY, number=number)
print(logging.failures, file=sys.stderr)
"""


def run(stdout: int, program: str = SPEAK) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", program],
        stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False, env=environ,
    )  # fmt: skip


def test_a_process_whose_reader_has_gone_lives_on_and_ends_with_its_own_status() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = run(writer)
    os.close(writer)
    assert (process.returncode, process.stderr) == (0, "100\n")


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
def test_a_process_on_a_full_disk_lives_on_and_ends_with_its_own_status() -> None:
    with FULL.open("wb") as full:
        process = run(full.fileno())
    assert (process.returncode, process.stderr) == (0, "100\n")


def test_a_process_without_a_stdout_lives_on() -> None:
    process = run(subprocess.PIPE, f"import sys\nsys.stdout = None\n{SPEAK}")
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "0\n")


def test_the_time_is_the_wall_clock_that_was_given() -> None:
    recorder = Recorder()
    recorder.logging.logger().info(Event.DAEMON_READY)
    assert NOW == 1767323045.6789
    assert recorder.line["ts"] == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize(
    ("number", "level"),
    [(0, Level.DEBUG), (10, Level.DEBUG), (25, Level.INFO), (30, Level.WARNING),
     (50, Level.ERROR)],
)  # fmt: skip
def test_the_four_levels_take_in_every_number(number: int, level: Level) -> None:
    assert Level.of(number) is level
