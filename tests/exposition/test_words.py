import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.exposition.words import ago, certificate, clock, counted, listed, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (0.001, "0 s"),
        (0.5, "0.5 s"),
        (1, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (7_500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (86_400 * 400, "400 d"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds).replace("\N{NO-BREAK SPACE}", " ") == words


@given(st.floats(-1e9, 1e9))
def test_no_line_can_break_within_a_span(seconds: float) -> None:
    assert " " not in span(seconds)


def test_what_was_less_than_a_second_ago_was_just_now() -> None:
    assert ago(0.9) == "just now"
    assert ago(-3) == "just now"
    assert ago(12) == f"{span(12)} ago"


def test_one_is_singular_and_all_else_plural() -> None:
    assert [counted(count, "poll") for count in (0, 1, 1_200)] == [
        "0 polls",
        "1 poll",
        "1,200 polls",
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
    ],
)
def test_many_names_are_counted(names: list[str], words: str) -> None:
    assert listed(names) == words


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        ((0.2, 0.1), "0.2 s ahead of the exchange (±0.1 s)"),
        ((-3.42, 0.04), "3.4 s behind the exchange (±0.04 s)"),
        ((0.02, 0.1), "as the exchange's (±0.1 s)"),
        ((0.0, 0.0), "as the exchange's (±0 s)"),
    ],
)
def test_a_clock_has_a_side_only_if_that_is_certain(skew: tuple[float, float], words: str) -> None:
    assert clock(skew).replace("\N{NO-BREAK SPACE}", " ") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (63.9 * 86_400, "ends in 63 d"),
        (90_000, "ends in 1 d 1 h"),
        (-7_500, "ended 2 h 5 min ago"),
    ],
)
def test_a_certificate_ends_in_days_until_hours_count(seconds: float, words: str) -> None:
    assert certificate(seconds).replace("\N{NO-BREAK SPACE}", " ") == words
