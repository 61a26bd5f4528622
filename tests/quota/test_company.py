"""Strangers in the header: how they bind us, and that never more are seen than there are.

In the world with strangers all moments are multiples of 1/64 s, so that sums of floats are exact.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quota.windows import answered, known
from upbit_monitor.quota import Quota, Window
from upbit_monitor.simulator import Law, window

if TYPE_CHECKING:
    from collections.abc import Callable

# --- the header -----------------------------------------------------------------------------------


def test_a_header_that_our_own_requests_explain_changes_nothing() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(9, 0.0, 0.0)
    assert (window.left(0.0), window.foreign) == (9, 0)


def test_a_header_that_promises_more_than_we_believe_raises_nothing() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(99, 0.0, 0.0)
    assert (window.left(0.0), window.foreign) == (9, 0)


def test_in_company_the_header_is_the_ceiling_for_a_period() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(4, 0.0, 0.25)
    window.land(0.0, 0.25)
    assert (window.left(0.25), window.foreign) == (4, 5)
    assert window.left(1.2) == 4, "not even when our own slot is free"
    assert window.left(1.25) == 10


def test_in_company_what_is_under_way_is_not_counted_in_the_header() -> None:
    window = known(Quota(10))
    for _ in range(3):
        window.depart(0.0)
    window.correct(4, 0.0, 0.25)
    assert window.left(0.25) == 2


def test_in_company_two_requests_stay_with_the_others_where_the_share_leaves_any() -> None:
    window = known(Quota(10), share=0.8)
    window.depart(0.0)
    window.correct(4, 0.0, 0.25)
    assert window.left(0.25) == 2


def test_in_company_a_refund_is_given_back() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.depart(0.0)
    window.correct(4, 0.0, 0.25)
    assert window.left(0.25) == 3
    window.refund(0.0)
    assert window.left(0.25) == 4


def test_of_several_headers_the_lowest_binds_in_whatever_order_they_come() -> None:
    for headers in ((2, 5), (5, 2)):
        window = known(Quota(10))
        window.depart(0.0)
        window.depart(0.0)
        for left in headers:
            window.correct(left, 0.0, 0.0)
        assert window.left(0.0) == 1


def test_a_later_higher_header_binds_when_the_lower_one_is_over() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(2, 0.0, 0.0)
    window.correct(5, 0.0, 0.5)
    window.accept(0.0)
    window.land(0.0, 0.5)
    assert [window.left(0.75), window.left(1.25), window.left(1.5)] == [2, 5, 10]


def test_a_header_that_leaves_nothing_shuts_for_a_period_and_then_asks_for_a_probe() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(0, 0.0, 0.25)
    window.accept(0.0)
    window.land(0.0, 0.25)
    assert window.delay(0.25) == 1.0
    assert window.left(1.25) == 1
    window.depart(1.25)
    window.correct(9, 1.25, 1.5)
    window.accept(1.25)
    assert window.left(1.5) == 9


def test_a_header_seen_twice_counts_its_strangers_once() -> None:
    window = known(Quota(10))
    for _ in range(2):
        window.depart(0.0)
    window.correct(5, 0.0, 0.25)
    window.correct(4, 0.0, 0.25)
    assert window.foreign == 4


def test_strangers_a_period_later_are_others() -> None:
    window = known(Quota(10))
    for moment in (0.0, 1.5):
        window.depart(moment)
        window.correct(6, moment, moment + 0.25)
        window.land(moment, moment + 0.25)
    assert window.foreign == 6


def test_a_request_of_ours_that_came_free_during_the_answer_is_no_stranger() -> None:
    window = known(Quota(10))
    answered(window, 0.0, 0.0)
    # Counted at 0.99, beside the first; when its answer lands, the first has come free.
    window.depart(0.75)
    window.correct(8, 0.75, 1.25)
    assert window.foreign == 0
    assert window.left(1.25) == 8, "but it may be one, and the header binds"


def test_strangers_that_were_seen_when_the_request_departed_are_not_seen_anew() -> None:
    window = known(Quota(10))
    window.depart(0.0)
    window.correct(6, 0.0, 0.0)
    window.land(0.0, 0.0)
    window.depart(0.75)
    window.correct(5, 0.75, 1.25)
    assert window.foreign == 3


# --- a world with strangers -----------------------------------------------------------------------

MODELS = ("anchored", "calendar", "sliding", "bucket")
TICK = 1 / 64


class Ours(NamedTuple):
    """One request of ours, in ticks: since the one before; on the way up; on the way down."""

    gap: int
    up: int
    down: int
    fate: str


class Street:
    """An exchange, our window, and strangers. Its state is the events to come."""

    def __init__(self, model: str, limit: int, share: float, offset: float) -> None:
        self.judge = window(model, Law(limit), offset)
        self.ledger = Window(Quota(limit), share=share)
        self.strangers = 0
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.order = count()

    def at(self, moment: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (moment, next(self.order), event))

    def run(self) -> None:
        while self.events:
            now, _, event = heapq.heappop(self.events)
            event(now)
            assert self.ledger.foreign <= self.strangers

    def stranger(self, now: float) -> None:
        if self.judge.remaining(now):
            self.judge.count(now)
            self.strangers += 1

    def depart(self, ours: Ours) -> Callable[[float], None]:
        def event(now: float) -> None:
            if self.ledger.left(now):
                self.ledger.depart(now)
                self.at(now + ours.up * TICK, self.arrive(ours, now))

        return event

    def arrive(self, ours: Ours, departed_at: float) -> Callable[[float], None]:
        def event(now: float) -> None:
            admitted = self.judge.remaining(now) > 0
            if admitted:
                self.judge.count(now)
            header = self.judge.remaining(now)
            answered = self.answered(ours, departed_at, header, admitted=admitted)
            self.at(now + ours.down * TICK, answered)

        return event

    def answered(
        self, ours: Ours, departed_at: float, header: int, *, admitted: bool
    ) -> Callable[[float], None]:
        def event(now: float) -> None:
            if ours.fate == "lost":
                self.ledger.lose(departed_at, now)
                return
            if ours.fate == "whole":
                self.ledger.correct(header, departed_at, now)
            if admitted:
                self.ledger.accept(departed_at)
            else:
                self.ledger.refuse(departed_at, now, None, 0.5)
            self.ledger.land(departed_at, now)

        return event


ways = st.integers(0, 20) | st.integers(0, 100)
ours = st.builds(
    Ours, st.integers(0, 70), ways, ways, st.sampled_from(["whole", "whole", "headless", "lost"])
)
streets = st.builds(
    Street,
    model=st.sampled_from(MODELS),
    limit=st.integers(1, 8),
    share=st.sampled_from([1.0, 0.5]),
    offset=st.integers(0, 63).map(TICK.__mul__),
)


@given(streets, st.lists(ours, min_size=1, max_size=40), st.lists(st.integers(0, 70), max_size=40))
def test_strangers_seen_are_never_more_than_there_were(
    street: Street, requests: list[Ours], gaps: list[int]
) -> None:
    now = 0
    for request in requests:
        now += request.gap
        street.at(now * TICK, street.depart(request))
    now = 0
    for gap in gaps:
        now += gap
        street.at(now * TICK, street.stranger)
    street.run()


@pytest.mark.parametrize("model", MODELS)
def test_strangers_just_before_our_request_are_all_seen(model: str) -> None:
    street = Street(model, 10, 0.5, 0.0)
    for second in range(0, 100, 2):
        for tick in (59, 60, 61):
            street.at(second + tick * TICK, street.stranger)
        street.at(second + 61 * TICK, street.depart(Ours(0, 1, 1, "whole")))
    street.run()
    assert street.ledger.foreign == street.strangers == 150
