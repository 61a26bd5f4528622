"""Manners beside strangers: what binds us, how we space, what we leave, and when we are alone."""

from __future__ import annotations

import math

import pytest

from tests.quota.windows import answered, heard, known
from upbit_monitor.quota import Quota, Window


def accompanied(share: float = 1.0, left: int = 7) -> Window:
    """Give a window that at 0 has heard of strangers."""
    window = known(Quota(10), share=share)
    heard(window, 9, -50.0, -50.0)
    heard(window, left, -0.0625, 0.0)
    assert window.company.present
    return window


def departures(window: Window, now: float, until: float, trip: float = 0.0625) -> list[float]:
    """Let requests go as soon as they may; each comes back, without a header."""
    moments = []
    while (now := now + window.delay(now)) < until:
        answered(window, now, now + trip)
        moments.append(now)
    return moments


# --- alone ----------------------------------------------------------------------------------------


def test_alone_no_header_binds() -> None:
    window = known(Quota(10))
    heard(window, 9, -50.0, -50.0)
    for number in range(8):
        moment = number / 8
        heard(window, 9 - number, moment, moment)
    assert not window.company.present
    assert (window.company.expected, window.company.pace) == (0.0, math.inf)
    assert window.delay(7 / 8) < 0.1


def test_alone_a_pause_is_made_up_for_by_one_request_more() -> None:
    window = known(Quota(10))
    for moment in (0.0, 0.0):
        assert window.left(moment) == 1
        window.depart(moment)
    assert window.delay(0.0) == pytest.approx(0.08)


def test_we_are_alone_again_after_sixty_periods_in_whose_answers_nobody_shows() -> None:
    window, periods = accompanied(), 0
    while window.company.present:
        periods += 1
        heard(window, 9, periods * 1.5, periods * 1.5)
    assert periods == pytest.approx(60, abs=1)


def test_silence_alone_does_not_make_strangers_forgotten() -> None:
    window = accompanied()
    heard(window, 9, 10_000.0, 10_000.0)
    assert window.company.present


# --- what a header leaves -------------------------------------------------------------------------


def test_in_company_nothing_departs_beyond_what_the_header_leaves() -> None:
    window = accompanied(left=3)
    assert len(departures(window, 0.0, until=0.999)) <= 3


def test_in_company_what_is_under_way_is_not_counted_in_the_header() -> None:
    window = known(Quota(10))
    heard(window, 9, -50.0, -50.0)
    for _ in range(3):
        window.depart(0.0)
    window.correct(2, 0.0, 0.0625)
    window.land(0.0, 0.0625)
    assert window.company.present
    assert window.delay(0.0625) > 0.9


def test_a_header_that_leaves_nothing_shuts_for_a_period_and_then_one_goes_ahead() -> None:
    window = accompanied(left=0)
    assert window.delay(0.0) == 1.0
    window.depart(1.0)
    assert window.delay(1.0) == 2.0, "one that does not come back is followed by another"


def test_a_header_at_the_reserve_of_a_guest_shuts_for_a_period() -> None:
    assert accompanied(share=0.8, left=2).delay(0.0) == 1.0
    assert accompanied(share=0.8, left=3).delay(0.0) < 1.0
    assert accompanied(share=1.0, left=1).delay(0.0) < 1.0, "who is no guest keeps no reserve"


def test_with_no_header_of_the_last_period_one_request_goes_ahead() -> None:
    window = accompanied(left=7)
    assert window.left(5.0) == 1
    window.depart(5.0)
    assert window.delay(6.0) == 1.0
    window.correct(7, 5.0, 6.0)
    window.land(5.0, 6.0)
    assert window.delay(6.0) < 1.0


def test_a_refund_is_given_back_to_what_the_header_leaves() -> None:
    window = accompanied(left=4)
    for _ in range(4):
        window.depart(0.25)
    assert window.delay(0.25) == 2.0, "what was left is taken; an answer must help, or time"
    window.refund(0.25, 0.25)
    assert window.delay(0.25) < 0.75


def test_of_headers_whose_order_nobody_knows_the_lowest_binds() -> None:
    for first, second in ((0, 6), (6, 0)):
        window = accompanied()
        window.depart(0.5)
        window.depart(0.5)
        window.correct(first, 0.5, 0.5625)
        window.land(0.5, 0.5625)
        window.correct(second, 0.5, 0.625)
        window.land(0.5, 0.625)
        assert window.delay(0.625) > 0.9


def test_a_header_that_is_certainly_newer_takes_the_place_of_a_lower_one() -> None:
    window = accompanied(left=4)
    for _ in range(4):
        heard(window, 0, 0.25, 0.25)
    assert window.delay(0.25) == 1.0
    heard(window, 6, 0.5, 0.5625)
    assert window.delay(0.5625) < 0.5


# --- how much is left to others -------------------------------------------------------------------


def paced(lows: list[int], others: int = 2, share: float = 1.0) -> float:
    """Give the pace after periods whose only headers leave so much."""
    window = accompanied(share=share, left=9 - others)
    for number, left in enumerate(lows, start=1):
        heard(window, left, number * 1.5, number * 1.5)
    return window.company.pace


def test_the_pace_falls_while_headers_are_low_and_rises_while_they_are_high() -> None:
    assert paced([0] * 10) < paced([0] * 3) < paced([4] * 3) < paced([7] * 3)


def test_the_pace_never_stops_and_never_exceeds_the_budget() -> None:
    assert paced([0] * 1000) == pytest.approx(1 / 16)
    assert paced([7] * 1000) == 10
    assert paced([9] * 40, share=0.5) == 5


def after_forty_periods(strangers: tuple[int, ...]) -> Window:
    """Give a window beside strangers whose numbers in a period repeat; now is a quiet one of 60."""
    window = accompanied()
    for number in range(1, 40):
        heard(window, 9 - strangers[number % len(strangers)], number * 1.5, number * 1.5)
    heard(window, 4, 60.0, 60.0)
    return window


def test_beside_bursts_room_for_a_whole_burst_stays_free() -> None:
    one_by_one, bursts = after_forty_periods((2, 1, 3)), after_forty_periods((0, 0, 0, 8))
    assert one_by_one.company.expected == pytest.approx(2, abs=0.6)
    assert bursts.company.expected == pytest.approx(2, abs=0.6)
    assert one_by_one.delay(60.0) < 0.15 < bursts.delay(60.0)


def test_a_refusal_makes_more_cautious_and_time_less() -> None:
    calm, scared = accompanied(left=7), accompanied(left=7)
    for window in (calm, scared):
        window.depart(1.5)
    calm.correct(7, 1.5, 1.5)
    calm.accept(1.5, 1.5)
    scared.refuse(1.5, 1.5, None, 0.0)
    for window in (calm, scared):
        window.land(1.5, 1.5)
    assert scared.company.pace < calm.company.pace
    for number in range(4, 400):
        for window in (calm, scared):
            heard(window, 3, number * 1.5, number * 1.5)
    assert scared.company.pace == pytest.approx(calm.company.pace, rel=0.01)


def test_in_company_requests_are_spaced_by_the_pace() -> None:
    window = accompanied(left=6)
    first, second = departures(window, 0.0, until=0.999)[:2]
    assert second - first == pytest.approx(1 / window.company.pace)


@pytest.mark.parametrize(("limit", "period"), [(1, 1.0), (1, 2.0), (2, 1.0), (3, 1.0), (10, 1.0)])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_after_a_refusal_and_nobody_there_any_more_the_pace_recovers_in_half_a_minute(
    limit: int, period: float, share: float
) -> None:
    window, now = known(Quota(limit, period), share=share), 0.0
    window.depart(now)
    window.refuse(now, now, None, 0.0)
    window.land(now, now)
    went: list[float] = []
    while now < 60 * period:
        now += window.delay(now)
        used = sum(moment > now - period for moment in went) + 1
        heard(window, limit - used, now, now)
        went.append(now)
    late = [moment for moment in went if moment >= 30 * period]
    assert len(late) >= 0.4 * window.budget * 30
