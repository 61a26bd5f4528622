from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.polls import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0.0 s"), (0, "0.0 s"), (0.26, "0.3 s"), (9.94, "9.9 s"), (10, "10 s"),
        (59.9, "59 s"), (60, "1 min"), (100, "1 min 40 s"), (3599, "59 min 59 s"), (3600, "1 h"),
        (86_399, "23 h 59 min"), (86_400, "1 d"), (259_199, "2 d 23 h"), (1e7, "115 d 17 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert words.about(seconds) == text


@given(st.floats(-1e12, 1e12))
def test_any_length_of_time_is_short_to_tell(seconds: float) -> None:
    assert len(words.about(seconds)) < 18


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("ba", "a, b"),
        ("cab", "a, b, c"),
        ("edcbaa", "a, b, c and 2 more"),
    ],
)
def test_of_many_names_the_first_three_are_named_once(names: str, text: str) -> None:
    assert words.few(names) == text


def test_things_are_counted() -> None:
    assert [words.counted(number, "key") for number in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]
    assert words.counted(2, "currency", "currencies") == "2 currencies"
