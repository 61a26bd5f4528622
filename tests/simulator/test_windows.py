"""Each window model admits exactly what its law allows: no more, and no less."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.simulator import Law, Window, window

MODELS = ("anchored", "calendar", "sliding", "bucket")

# Times in 64ths of a second are exact in a float, so that no test hangs on a rounding.
TIMES = st.lists(st.integers(0, 64 * 5), max_size=80).map(
    lambda steps: [step / 64 for step in sorted(steps)]
)
LAWS = st.builds(Law, st.integers(1, 12), st.sampled_from([0.5, 1.0, 2.0]))
OFFSETS = st.sampled_from([-0.75, 0.0, 0.25, 3.5])


def admitted(judge: Window, times: list[float]) -> tuple[list[float], list[float]]:
    """What a window lets through of requests at these times, and what it refuses."""
    passed: list[float] = []
    refused: list[float] = []
    for time in times:
        if judge.remaining(time):
            judge.count(time)
            passed.append(time)
        else:
            refused.append(time)
    return passed, refused


@given(LAWS, TIMES)
def test_sliding_refuses_exactly_when_the_last_period_is_full(law: Law, times: list[float]) -> None:
    passed, refused = admitted(window("sliding", law), times)

    def used(now: float) -> int:
        return sum(now - law.period < time <= now for time in passed)

    assert all(used(time) <= law.limit for time in passed)
    assert all(used(time) == law.limit for time in refused)


@given(LAWS, TIMES, OFFSETS)
def test_calendar_refuses_exactly_when_the_clocks_period_is_full(
    law: Law, times: list[float], offset: float
) -> None:
    passed, refused = admitted(window("calendar", law, offset), times)

    def used(now: float) -> int:
        period = math.floor((now + offset) / law.period)
        return sum(math.floor((time + offset) / law.period) == period for time in passed)

    assert all(used(time) <= law.limit for time in passed)
    assert all(used(time) == law.limit for time in refused)


@given(LAWS, TIMES)
def test_anchored_refuses_exactly_when_the_period_since_its_first_request_is_full(
    law: Law, times: list[float]
) -> None:
    passed, refused = admitted(window("anchored", law), times)
    anchors: list[float] = []
    for time in passed:
        if not anchors or time >= anchors[-1] + law.period:
            anchors.append(time)

    def used(now: float) -> int:
        anchor = max(anchor for anchor in anchors if anchor <= now)
        within = anchor <= now < anchor + law.period
        return sum(anchor <= time < anchor + law.period for time in passed) if within else 0

    assert all(used(time) <= law.limit for time in passed)
    assert all(used(time) == law.limit for time in refused)


@given(LAWS, TIMES)
def test_bucket_refuses_exactly_when_it_holds_less_than_a_token(
    law: Law, times: list[float]
) -> None:
    passed, refused = admitted(window("bucket", law), times)
    tokens, since = Fraction(law.limit), Fraction(0)
    for time in times:
        refill = (Fraction(time) - since) * law.limit / Fraction(law.period)
        tokens, since = min(Fraction(law.limit), tokens + refill), Fraction(time)
        if tokens >= 1:
            assert time in passed
            tokens -= 1
        else:
            assert time in refused


@given(st.sampled_from(MODELS), LAWS, TIMES)
def test_a_count_takes_one_and_a_question_takes_nothing(
    model: str, law: Law, times: list[float]
) -> None:
    judge = window(model, law)
    for time in times:
        before = judge.remaining(time)
        assert judge.remaining(time) == before
        assert 0 <= before <= law.limit
        if before:
            judge.count(time)
            assert judge.remaining(time) == before - 1


@given(st.sampled_from(MODELS), LAWS, TIMES, TIMES)
def test_time_alone_only_gives_requests_back(
    model: str, law: Law, times: list[float], later: list[float]
) -> None:
    judge = window(model, law)
    admitted(judge, times)
    end = times[-1] if times else 0.0
    left = [judge.remaining(end + time) for time in later]
    assert all(earlier <= late for earlier, late in pairwise(left))
    assert judge.remaining(end + 2 * law.period) == law.limit


@given(LAWS, TIMES, OFFSETS)
def test_who_obeys_the_sliding_law_obeys_all(law: Law, times: list[float], offset: float) -> None:
    passed, _ = admitted(window("sliding", law), times)
    for model in MODELS:
        assert admitted(window(model, law, offset), passed) == (passed, [])


@pytest.mark.parametrize("model", ["anchored", "sliding"])
def test_a_request_counts_no_more_exactly_one_period_later(model: str) -> None:
    judge = window(model, Law(1))
    judge.count(5.0)
    assert judge.remaining(math.nextafter(6.0, 0)) == 0
    assert judge.remaining(6.0) == 1


def test_a_bucket_ignores_the_grain_of_epoch_seconds() -> None:
    judge = window("bucket", Law(10))
    start = 1_785_397_260.123
    passed, refused = admitted(judge, [start + number / 10 for number in range(-20, 3000)])
    assert len(passed) == 3020
    assert refused == []


@given(st.sampled_from(MODELS), st.integers(1, 12), st.integers(1, 12), st.integers(0, 12))
def test_a_new_law_holds_at_once_for_what_was_admitted_before(
    model: str, old: int, new: int, sent: int
) -> None:
    judge = window(model, Law(old))
    passed, _ = admitted(judge, [0.0] * sent)
    judge.enact(Law(new), 0.0)
    free = min(old - len(passed), new) if model == "bucket" else max(0, new - len(passed))
    assert judge.remaining(0.0) == free
    assert judge.remaining(20.0) == new


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ValueError, match="leaky"):
        window("leaky", Law(1))
