from __future__ import annotations

import io

import pytest

from tests.logs.recorder import ACCESS_KEY, SECRET_KEY, Recorder
from upbit_monitor.logs import Event, Logging, LogSettings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_reload_changes_level_and_format_for_loggers_given_out_before() -> None:
    recorder = Recorder(level="info")
    log = recorder.logging.logger(target="korea")
    log.debug(Event.DAEMON_READY)
    recorder.logging.reconfigure(LogSettings(level="debug", format="console"))
    log.debug(Event.DAEMON_READY)
    assert recorder.text == "03:04:05.678 debug   daemon_ready      target=korea\n"


def test_a_reload_adds_secrets_and_forgets_none() -> None:
    recorder = Recorder(secrets=frozenset([ACCESS_KEY]))
    recorder.logging.reconfigure(LogSettings(secrets=frozenset([SECRET_KEY])))
    recorder.logging.logger().info(Event.CONFIG_RELOADED, old=ACCESS_KEY, new=SECRET_KEY)
    assert recorder.line["old"] == recorder.line["new"] == "[redacted:configured_key]"


def test_settings_do_not_show_their_secrets() -> None:
    assert SECRET_KEY not in repr(LogSettings(secrets=frozenset([SECRET_KEY])))


@pytest.mark.parametrize(("stream", "coloured"), [(io.StringIO(), False), (Terminal(), True)])
def test_only_a_terminal_gets_colours(stream: io.StringIO, *, coloured: bool) -> None:
    recorder = Recorder(format="console", stream=stream)
    recorder.logging.logger().info(Event.DAEMON_READY)
    assert ("\x1b[" in recorder.text) is coloured


def test_a_terminal_that_asks_for_json_gets_plain_json() -> None:
    recorder = Recorder(stream=Terminal())
    recorder.logging.logger().info(Event.DAEMON_READY)
    assert recorder.line["event"] == "daemon_ready"


def test_the_console_form_is_redacted_and_counted_alike() -> None:
    recorder = Recorder(format="console")
    recorder.logging.logger().info(Event.DAEMON_READY, token="x", text=f"a {SECRET_KEY}")
    assert recorder.redactions == {"key_name": 1, "configured_key": 1}
    assert 'token=[redacted:key_name] text="a [redacted:configured_key]"' in recorder.text


def test_the_stream_is_the_standard_output_unless_another_is_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    messages: list[str] = []
    logging = Logging(LogSettings(), on_message=messages.append, on_redaction=messages.append)
    logging.logger().info(Event.DAEMON_READY)
    assert messages == ["info"]
    assert '"event":"daemon_ready"' in capsys.readouterr().out
