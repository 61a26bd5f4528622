from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.polls.moments import length, utc


@pytest.mark.parametrize(
    "text",
    ["2026-07-30T07:41:00", "2026-07-30T16:41:00+09:00", "2026-07-30T07:41:00Z",
     "2026-07-30 07:41:00"],
)  # fmt: skip
def test_a_time_without_an_offset_is_utc(text: str) -> None:
    assert utc(text) == 1_785_397_260


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_time_is_an_error_or_a_number(text: str) -> None:
    try:
        assert utc(text) < 0
    except ValueError:
        return


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"), (0.26, "0.3 s"), (9.94, "9.9 s"), (10, "10 s"), (59.9, "59 s"), (60, "1 min"),
        (3599, "59 min"), (3600, "1 h"), (86_399, "23 h"), (86_400, "1 d"), (1e7, "115 d"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_in_a_word_or_two(seconds: float, text: str) -> None:
    assert length(seconds) == text


@given(st.floats(0, 1e12))
def test_any_length_of_time_is_short_to_tell(seconds: float) -> None:
    assert len(length(seconds)) < 12
