import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.config.durations import PATTERN, parse, render

LONGEST_MS = 292 * 365 * 86_400_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("1m30s", 90),
        ("90s", 90),
        ("1h", 3_600),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1y", 31_536_000),
        ("0s", 0),
        ("1y2w3d4h5m6s7ms", 33_019_506.007),
    ],
)
def test_a_duration_is_read_as_prometheus_reads_it(text: str, seconds: float) -> None:
    assert parse(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.05, "50ms"),
        (60, "1m"),
        (90, "1m30s"),
        (129_600, "36h"),
        (604_800, "1w"),
        (691_200, "8d"),
    ],
)
def test_a_duration_is_written_as_prometheus_writes_it(seconds: float, text: str) -> None:
    assert render(seconds) == text


@given(st.integers(min_value=0, max_value=LONGEST_MS))
def test_what_is_written_is_read_back_to_the_millisecond(milliseconds: int) -> None:
    assert parse(render(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "5",
        "5 s",
        " 5s",
        "5s\n",
        "5S",
        "5sec",
        "1.5s",
        "-5s",
        "+5s",
        "1s1m",
        "5s5s",
        "\u0665s",
    ],
)
def test_what_prometheus_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="; write "):
        parse(text)


def test_a_bare_number_is_refused_with_both_things_it_may_mean() -> None:
    with pytest.raises(ValueError, match=r"without a unit; write 60s if .*, 60ms if"):
        parse("60")


@pytest.mark.parametrize("text", ["293y", "999999999999999y", "9999999999999999s"])
def test_a_duration_beyond_any_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse(text)


@given(st.text(alphabet="0123456789ywdhms ", max_size=12) | st.text(max_size=8))
def test_the_pattern_for_editors_accepts_what_the_parser_accepts(text: str) -> None:
    try:
        parse(text)
        accepted = True
    except ValueError as error:
        accepted = "is longer than" in str(error)  # a pattern cannot count
    # `$` of an editor's dialect is the end of the text; Python's would let a line feed follow.
    assert (re.search(PATTERN.replace("$", r"\Z"), text) is not None) == accepted
