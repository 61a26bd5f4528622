"""The exchange's clock, from the ``Date`` of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.exchange import Dated, ExchangeClock, Span
from upbit_monitor.exchange.skew import DRIFT

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH = 1_785_397_260.0
HAIR = 1e-5
"""Seconds that sums of Unix times may lose."""


@dataclass(frozen=True)
class Trip:
    """A request and its answer, in seconds: when it leaves, its way there, and the way back."""

    sent_at: float
    there: float
    back: float

    def dated(self, ahead: float, drift: float = 0.0) -> Dated:
        """Give what an exchange writes whose clock is ahead of the loop's."""
        written = self.sent_at + self.there
        shown = EPOCH + ahead + written * (1 + drift)
        return Dated(floor(shown), self.sent_at, written + self.back)


trips = st.lists(
    st.builds(Trip, *[st.floats(0, 3600), st.floats(0, 10), st.floats(0, 10)]),
    min_size=1,
    max_size=30,
)
offsets = st.floats(-1e6, 1e6)
drifts = st.floats(-DRIFT, DRIFT)


def after(dates: Iterable[Dated]) -> ExchangeClock:
    clock = ExchangeClock()
    for dated in dates:
        clock.heard(dated)
    return clock


def holds(span: Span | None, truth: float) -> bool:
    return span is not None and span.low - HAIR <= truth <= span.high + HAIR


@given(trips=trips, ahead=offsets, drift=drifts, later=st.floats(0, 3600))
def test_while_clocks_run_true_the_truth_lies_inside(
    trips: list[Trip], ahead: float, drift: float, later: float
) -> None:
    """Whatever the order in which the answers come."""
    clock = after(trip.dated(ahead, drift) for trip in trips)
    now = max(trip.sent_at + trip.there + trip.back for trip in trips) + later
    assert holds(clock.shows(now), EPOCH + ahead + now * (1 + drift))


@given(trips=trips, ahead=offsets, drift=drifts, wrong=st.floats(-1e6, 1e6))
def test_the_skew_is_that_of_our_wall_clock_however_wrong_it_is(
    trips: list[Trip], ahead: float, drift: float, wrong: float
) -> None:
    clock = after(trip.dated(ahead, drift) for trip in trips)
    now = max(trip.sent_at + trip.there + trip.back for trip in trips)
    truth = EPOCH + ahead + now * (1 + drift)
    assert holds(clock.skew(now, truth + wrong), wrong)


@given(trips=trips, ahead=offsets)
def test_one_more_answer_never_makes_it_less_certain(trips: list[Trip], ahead: float) -> None:
    now = 4000.0
    widths = [
        span.half_width
        for number in range(1, len(trips) + 1)
        if (span := after(trip.dated(ahead) for trip in trips[:number]).shows(now))
    ]
    assert all(later <= earlier + HAIR for earlier, later in pairwise(widths))


@given(
    trips=trips,
    ahead=offsets,
    step=st.floats(25, 1e6) | st.floats(-1e6, -25),
    trip=st.builds(Trip, st.floats(3700, 4000), st.floats(0, 5), st.floats(0, 5)),
)
def test_a_step_of_the_exchange_s_clock_is_followed_at_the_first_answer_that_shows_it(
    trips: list[Trip], ahead: float, step: float, trip: Trip
) -> None:
    clock = after(one.dated(ahead) for one in trips)
    clock.heard(trip.dated(ahead + step))
    now = trip.sent_at + trip.there + trip.back
    assert holds(clock.shows(now), EPOCH + ahead + step + now)


@given(
    trips=trips,
    ahead=offsets,
    wobble=st.lists(st.floats(-0.2, 0.2), min_size=30, max_size=30),
)
def test_servers_of_slightly_different_clocks_never_lead_it_far_astray(
    trips: list[Trip], ahead: float, wobble: list[float]
) -> None:
    clock = ExchangeClock()
    now = 4000.0
    for trip, off in zip(trips, wobble, strict=False):
        clock.heard(trip.dated(ahead + off))
        shows = clock.shows(now)
        assert shows is not None
        assert shows.low <= shows.high
        # Each server's answer is true of its own clock: a bound is wrong by the wobble at most.
        assert shows.low - 0.2 - HAIR <= EPOCH + ahead + now <= shows.high + 0.2 + HAIR


def test_one_answer_leaves_a_second_and_the_round_trip_open() -> None:
    clock = after([Trip(10.0, 0.05, 0.05).dated(0.0)])
    span = clock.shows(10.1)
    assert span is not None
    assert span.half_width == pytest.approx((1 + 0.1) / 2, abs=0.001)


def test_answers_over_a_second_s_parts_tell_the_clock_closely() -> None:
    clock = after(Trip(n * 1.1, 0.01, 0.01).dated(0.3) for n in range(10))
    span = clock.skew(11.0, EPOCH + 11.0)
    assert span is not None
    assert span.middle == pytest.approx(-0.3, abs=0.06)
    assert span.half_width < 0.07


def test_what_is_not_renewed_grows_uncertain_with_time() -> None:
    clock = after(Trip(n * 1.1, 0.01, 0.01).dated(0.3) for n in range(10))
    soon, late = clock.shows(11.0), clock.shows(3611.0)
    assert soon is not None
    assert late is not None
    assert late.half_width == pytest.approx(soon.half_width + 3600 * DRIFT, abs=1e-4)


def test_before_the_first_evidence_nothing_is_known_and_the_wall_clock_is_believed() -> None:
    clock = ExchangeClock()
    assert clock.shows(0.0) is None
    assert clock.skew(0.0, EPOCH) is None
    assert clock.put_right(0.0, EPOCH) == EPOCH


@given(trips=trips, ahead=offsets, wrong=st.floats(-1e6, 1e6))
def test_a_wall_clock_is_put_right_by_the_least_that_the_evidence_forces(
    trips: list[Trip], ahead: float, wrong: float
) -> None:
    now = 4000.0
    clock = after(trip.dated(ahead) for trip in trips)
    wall = EPOCH + ahead + now + wrong
    shows, right = clock.shows(now), clock.put_right(now, wall)
    assert shows is not None
    assert shows.low <= right <= shows.high
    assert abs(right - wall) == pytest.approx(max(shows.low - wall, wall - shows.high, 0.0))


@pytest.mark.parametrize("wrong", [30.0, -30.0])
def test_a_wall_clock_that_is_half_a_minute_wrong_is_corrected_and_a_right_one_is_left_alone(
    wrong: float,
) -> None:
    clock = after(Trip(n * 1.1, 0.01, 0.01).dated(0.0) for n in range(10))
    truth = EPOCH + 11.0
    assert clock.put_right(11.0, truth) == truth
    assert clock.put_right(11.0, truth + wrong) == pytest.approx(truth, abs=0.2)


# --- what is read of an answer's head ---


def test_a_date_is_read_with_the_moments_around_it() -> None:
    headers = {"Date": formatdate(EPOCH, usegmt=True)}
    assert Dated.read(headers, 1.0, 2.0) == Dated(EPOCH, 1.0, 2.0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "soon"},
        {"Date": "Thu, 99 Jul 2026 07:41:00 GMT"},
        {"Date": "Thu, 30 Jul 99999 07:41:00 GMT"},
        {"Date": "\udcff"},
        {"Date": formatdate(EPOCH, usegmt=True), "Age": "0"},
    ],
)
def test_a_head_that_proves_nothing_is_survived(headers: dict[str, str]) -> None:
    assert Dated.read(headers, 1.0, 2.0) is None


@pytest.mark.parametrize(("sent_at", "head_at"), [(None, None), (1.0, None), (None, 2.0)])
def test_without_an_answer_there_is_no_date(sent_at: float | None, head_at: float | None) -> None:
    assert Dated.read({"Date": formatdate(EPOCH, usegmt=True)}, sent_at, head_at) is None


@given(text=st.text() | st.from_regex(r"\A\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [\w+-]{1,6}\Z"))
def test_any_text_is_a_date_or_none(text: str) -> None:
    dated = Dated.read({"Date": text}, 1.0, 2.0)
    assert dated is None or isinstance(dated.date, float)
