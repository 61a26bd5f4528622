"""The sums, rule by rule: slots, share, probe, limit, refusals. The header: ``test_company``."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quota.windows import answered, known
from upbit_monitor.quota import Quota, Window

dice = st.floats(0, 1, exclude_max=True)


def test_a_slot_is_held_until_a_period_after_the_landing() -> None:
    window = known(Quota(1))
    answered(window, 0.0, 0.25)
    assert window.left(1.2) == 0
    assert window.delay(1.0) == 0.25
    assert window.left(1.25) == 1


def test_while_all_slots_are_under_way_only_a_landing_can_help() -> None:
    window = known(Quota(2))
    window.depart(0.0)
    window.depart(0.0)
    assert window.delay(5.0) == math.inf


def test_a_request_given_up_is_charged_a_period_longer_for_it_may_be_counted_late() -> None:
    window = known(Quota(1))
    window.depart(0.0)
    window.lose(0.0, 0.25)
    assert window.delay(0.25) == 2.0


def test_a_refund_gives_the_slot_back_at_once() -> None:
    window = known(Quota(1))
    window.depart(0.0)
    window.refund(0.0, 0.0)
    assert window.held(0.0) == 0
    assert window.left(0.4) == 1, "though the next request is spaced from it"


@pytest.mark.parametrize(
    ("limit", "share", "budget"),
    [(10, 1.0, 10), (10, 0.5, 5), (30, 0.5, 15), (8, 0.3, 2), (1, 0.5, 1), (12, 0.01, 1)],
)
def test_the_share_bounds_the_part_that_is_ours_and_leaves_us_one(
    limit: int, share: float, budget: int
) -> None:
    window, now = known(Quota(limit), share=share), 0.0
    assert window.budget == budget
    while math.isfinite(window.delay(now)):
        now += window.delay(now)
        window.depart(now)
    assert window.under_way == budget
    assert now < 0.8, "spaced, but not over more than four fifths of a period"


@pytest.mark.parametrize("share", [0.0, -0.5, 1.01, math.inf, math.nan])
def test_a_share_of_nothing_or_of_more_than_all_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="a share is"):
        Window(Quota(10), share=share)


def test_with_nothing_known_one_request_goes_ahead() -> None:
    window = Window(Quota(10))
    assert window.left(0.0) == 1
    window.depart(0.0)
    assert window.delay(0.5) == 1.5, "one that does not come back is followed by another"
    window.accept(0.0, 0.1)
    assert window.left(0.1) == 1


def test_a_probe_without_an_answer_is_followed_by_another_and_not_by_all() -> None:
    window = Window(Quota(10))
    window.depart(0.0)
    window.lose(0.0, 5.0)
    assert window.left(5.0) == 1


# --- the limit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("announced", "believed"), [(12, 12), (5, 5), (1, 1), (40, 40)])
def test_an_announced_limit_is_believed_up_and_down(announced: int, believed: int) -> None:
    window = known(Quota(10))
    window.learn(announced)
    assert (window.limit, window.budget) == (believed, believed)


@pytest.mark.parametrize("announced", [0, -1, 41, 100_000])
def test_an_absurd_limit_is_not_believed(announced: int) -> None:
    window = known(Quota(10))
    window.learn(announced)
    assert window.limit == 10


def test_a_limit_a_second_says_nothing_of_a_group_with_another_period() -> None:
    window = known(Quota(2, 2.0))
    window.learn(1)
    assert window.limit == 2


def refused_burst(window: Window, admitted: int) -> None:
    """Let a budget go, and all but so many be refused; no answer has a header."""
    for number in range(window.budget):
        window.depart(number / 100)
    for number in range(window.budget):
        if number >= admitted:
            window.refuse(number / 100, 1.0, None, 0.0)
    for number in range(window.budget):
        window.land(number / 100, 1.0)


def test_without_headers_the_limit_is_what_was_admitted_before_a_refusal() -> None:
    window = known(Quota(10))
    refused_burst(window, admitted=5)
    assert (window.limit, window.budget) == (5, 5)


def test_with_headers_a_refusal_is_put_down_to_strangers_and_not_to_the_limit() -> None:
    window = known(Quota(10))
    window.depart(-2.0)
    window.correct(9, -2.0, -2.0)
    window.land(-2.0, -2.0)
    refused_burst(window, admitted=5)
    assert window.limit == 10


# --- refusals -------------------------------------------------------------------------------------


def refused(window: Window, now: float, seconds: float | None = None, thrown: float = 0.0) -> float:
    """Send the probe and have it refused; give how long the window shuts."""
    window.depart(now)
    window.refuse(now, now, seconds, thrown)
    window.land(now, now)
    return window.shut_until - now


def test_a_refusal_shuts_for_a_period_and_then_lets_one_probe_go() -> None:
    window = known(Quota(10, 2.0))
    assert refused(window, 0.0, thrown=0.75) == 2.0
    assert window.left(1.9) == 0
    assert window.left(2.0) == 1


@pytest.mark.parametrize(("stated", "shut"), [(5.0, 5.0), (0.25, 1.0), (0.0, 1.0), (3600.0, 3600)])
def test_a_refusal_shuts_as_long_as_it_states_and_a_period_at_least(
    stated: float, shut: float
) -> None:
    assert refused(known(Quota(10)), 0.0, seconds=stated) == shut


@given(thrown=dice)
def test_refusals_in_a_row_shut_ever_longer_by_chance_up_to_a_minute(thrown: float) -> None:
    window, now = known(Quota(10)), 0.0
    for repeats in range(40):
        shut = refused(window, now, thrown=thrown)
        longest = 1 + min(2.0 ** min(repeats, 16) - 1, 60)
        assert 1 - 1e-9 <= shut <= longest + 1e-9
        assert shut == pytest.approx(1 + min(thrown * (2 ** min(repeats, 16) - 1), 60))
        now = window.shut_until


def test_a_good_answer_to_the_probe_ends_the_row() -> None:
    window = known(Quota(10))
    for now in (0.0, 10.0, 20.0):
        refused(window, now)
    answered(window, 30.0, 30.0)
    assert refused(window, 40.0, thrown=0.75) == 1.0


def test_requests_refused_together_are_one_refusal() -> None:
    window = known(Quota(10))
    for _ in range(10):
        window.depart(0.0)
    for _ in range(9):
        window.refuse(0.0, 0.25, None, 0.75)
        window.land(0.0, 0.25)
    assert window.shut_until == 1.25
    # In the instant of the refusal, but before it.
    window.refuse(0.0, 0.25, None, 0.75)
    assert window.shut_until == 1.25


def test_a_request_that_departed_in_the_instant_of_a_refusal_was_under_way_with_it() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.depart(0.25)
    window.refuse(0.0, 0.25, None, 0.75)
    window.refuse(0.25, 0.5, None, 0.75)
    assert window.shut_until == 1.5


def test_a_late_answer_from_before_the_refusal_is_not_the_probes() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.depart(0.0)
    window.refuse(0.0, 0.25, None, 0.0)
    window.land(0.0, 0.25)
    window.accept(0.0, 0.0)
    window.land(0.0, 5.0)
    assert window.left(6.5) == 1


def test_a_virtual_day_costs_no_memory() -> None:
    window, now, sizes = known(Quota(10)), 0.0, []
    for turn in range(20_000):
        now += window.delay(now)
        window.depart(now)
        window.correct(turn % 11, now, now + 0.05)
        window.accept(now, now + 0.05)
        window.land(now, now + 0.05)
        now += 0.05
        sizes.append(len(pickle.dumps(window)))  # all that it remembers
    assert max(sizes[1000:]) <= max(sizes[:1000])
