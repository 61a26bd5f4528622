from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.recorder import read
from upbit_monitor.logs import Level
from upbit_monitor.logs.rendering import ascii_only, coloured_line, console_line, json_line

if TYPE_CHECKING:
    from upbit_monitor.logs.redaction import Plain
    from upbit_monitor.logs.rendering import Renderer

TS = "2026-01-02T03:04:05.678Z"
TREACHEROUS = "\x00\n\r\x1b\x7f\x85\x9b\u2028\u2029\u202e\u2066\ud800\udfff"
TEXTS = st.text(st.characters() | st.sampled_from(TREACHEROUS), max_size=20)
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # of writing direction
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(TEXTS, VALUES, max_size=4)


@given(FIELDS)
def test_a_line_is_always_valid_json_of_one_line_in_utf8(fields: dict[str, Plain]) -> None:
    line = json_line(TS, Level.INFO, "daemon_ready", fields)
    assert line.splitlines() == [line]
    line.encode("utf-8")
    head = {"ts": TS, "level": "info", "event": "daemon_ready", "schema": 1}
    assert read(line) == fields | head
    assert list(read(line))[:4] == list(head)


@given(FIELDS)
def test_the_ascii_form_says_the_same(fields: dict[str, Plain]) -> None:
    line = json_line(TS, Level.INFO, "daemon_ready", fields)
    assert ascii_only(line).isascii()
    assert read(ascii_only(line)) == read(line)


def test_korean_is_legible() -> None:
    line = json_line(TS, Level.INFO, "request_failed", {"message": "잘못된 엑세스 키입니다."})
    assert "잘못된 엑세스 키입니다." in line


@given(FIELDS, st.sampled_from([console_line, coloured_line]))
def test_a_person_sees_one_line_whatever_the_fields_hold(
    fields: dict[str, Plain], render: Renderer
) -> None:
    line = render(TS, Level.WARNING, "poll_failed", fields)
    assert line.splitlines() == [line]
    line.encode("utf-8")


@given(FIELDS)
def test_no_field_can_command_the_terminal(fields: dict[str, Plain]) -> None:
    line = console_line(TS, Level.INFO, "poll_failed", fields)
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Zl", "Zp", "Cs"}
    assert not {unicodedata.bidirectional(char) for char in line} & set(TURNING)


def test_the_console_form_is_short_and_aligned() -> None:
    lines = [
        console_line(TS, Level.INFO, "daemon_ready", {"target": "korea", "n": 1.5, "ok": True}),
        console_line(TS, Level.WARNING, "request_failed", {"message": 'a "b"\n', "none": None}),
        console_line(TS, Level.ERROR, "daemon_stopped", {}),
    ]
    assert lines == [
        "03:04:05.678 info    daemon_ready      target=korea n=1.5 ok=true",
        '03:04:05.678 warning request_failed    message="a \\"b\\"\\n" none=null',
        "03:04:05.678 error   daemon_stopped",
    ]


def test_colours_are_all_that_the_coloured_form_adds() -> None:
    fields = {"target": "korea"}
    coloured = coloured_line(TS, Level.ERROR, "poll_failed", fields)
    assert coloured == (
        "\x1b[2m03:04:05.678\x1b[0m \x1b[31merror  \x1b[0m \x1b[1mpoll_failed      \x1b[0m "
        "\x1b[2mtarget=\x1b[0mkorea"
    )


def test_a_traceback_stands_under_the_line_a_person_sees() -> None:
    frame: Plain = {"filename": "/a.py", "lineno": 7, "name": "run"}
    stack: Plain = {"exc_type": "ValueError", "exc_value": "no good\n", "frames": [frame]}
    group: Plain = {"exc_type": "G", "exc_value": "two", "frames": [], "exceptions": [[stack]]}
    line = console_line(TS, Level.ERROR, "poll_failed", {"a": 1, "exception": [stack, group]})
    assert line.split("\n")[1:] == [
        '    ValueError: "no good\\n"',
        "      /a.py 7 run",
        "    G: two",
        '      ValueError: "no good\\n"',
        "        /a.py 7 run",
    ]


@pytest.mark.parametrize("name", ["ts", "level", "event", "schema"])
def test_a_field_cannot_take_the_place_of_the_head(name: str) -> None:
    forged = read(json_line(TS, Level.INFO, "daemon_ready", {name: "forged"}))
    assert "forged" not in forged.values()
