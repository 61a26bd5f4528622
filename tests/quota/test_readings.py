"""What headers prove of strangers: never more than there are, and most of the steady ones.

All moments are multiples of 1/64 s, so that sums of floats are exact.
"""

from __future__ import annotations

import heapq
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quota.windows import answered, heard, known
from upbit_monitor.quota import Quota, Window
from upbit_monitor.simulator import Law, window

if TYPE_CHECKING:
    from collections.abc import Callable


def watched(limit: int = 10) -> Window:
    """Give a window that has heard a header, long before 0, from a time without strangers."""
    window = known(Quota(limit))
    heard(window, limit - 1, -50.0, -50.0)
    return window


def test_what_our_own_requests_explain_is_no_stranger() -> None:
    window = watched()
    heard(window, 9, 0.0, 0.25)
    assert window.foreign == 0


def test_what_they_do_not_explain_is() -> None:
    window = watched()
    heard(window, 4, 0.0, 0.25)
    assert window.foreign == 5


def test_a_header_seen_twice_counts_its_strangers_once() -> None:
    window = watched()
    window.depart(0.0)
    window.depart(0.0)
    window.correct(5, 0.0, 0.25)
    window.correct(4, 0.0, 0.25)
    assert window.foreign == 4


def test_strangers_a_period_later_are_others() -> None:
    window = watched()
    for moment in (0.0, 1.5):
        heard(window, 6, moment, moment + 0.25)
    assert window.foreign == 6


def test_strangers_in_between_are_seen_by_the_rise() -> None:
    window = watched()
    heard(window, 7, 0.0, 0.0)
    heard(window, 3, 0.5, 0.5)
    assert window.foreign == 2 + 3


def test_a_request_of_ours_that_came_free_during_the_answer_is_no_stranger() -> None:
    window = watched()
    answered(window, 0.0, 0.0)
    # Counted at 0.99, beside the first; when its answer lands, the first has come free.
    heard(window, 8, 0.75, 1.25)
    assert window.foreign == 0


def test_a_request_of_ours_that_was_given_up_may_be_counted_late_and_is_no_stranger() -> None:
    window = watched()
    window.depart(0.0)
    window.lose(0.0, 0.25)
    heard(window, 8, 1.0, 1.25)
    assert window.foreign == 0


def test_after_another_limit_what_was_used_before_proves_nothing() -> None:
    window = watched(8)
    heard(window, 7, 0.0, 0.0)
    window.learn(12)
    # A bucket that grew is not full: four are missing that nobody took.
    heard(window, 6, 0.25, 0.25)
    assert window.foreign == 0
    heard(window, 5, 0.5, 0.5)
    assert window.foreign == 0
    heard(window, 3, 0.75, 0.75)
    assert window.foreign == 1


def test_a_header_that_leaves_more_than_the_limit_proves_nothing_and_nor_does_the_next() -> None:
    window = watched(8)
    heard(window, 99, 0.0, 0.0)
    heard(window, 1, 0.5, 0.5)
    assert window.foreign == 0


def test_a_burst_that_a_sliding_window_forgets_is_no_beginning() -> None:
    window = watched()
    heard(window, 1, 56 / 64, 57 / 64)  # eight strangers at 0, and ours
    heard(window, 8, 64 / 64, 66 / 64)  # they are forgotten: two are used, both ours
    assert window.foreign == 8


def test_strangers_after_a_beginning_that_is_proved_are_seen_at_once() -> None:
    window = watched()
    # Eight are used, all in one period; a tenth of it later two, one of them ours. Neither a bucket
    # nor a sliding window forgets so fast what it showed as used a period before.
    for tick, left in ((0, 9), (16, 8), (32, 7), (48, 1), (70, 8)):
        heard(window, left, tick / 64, tick / 64)
    assert window.foreign == 5 + 1


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
    """An exchange, our window, and strangers. Its state is the events to come.

    Nobody asks whether a request may go: what is proved does not depend on our manners.
    """

    def __init__(self, model: str, limit: int, offset: float) -> None:
        self.judge = window(model, Law(limit), offset)
        self.ledger = Window(Quota(limit))
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
                self.ledger.accept(departed_at, now)
            else:
                self.ledger.refuse(departed_at, now, None, 0.5)
            self.ledger.land(departed_at, now)

        return event


ways = st.integers(0, 6) | st.integers(0, 20) | st.integers(0, 60)
ours = st.builds(
    Ours, st.integers(0, 20), ways, ways, st.sampled_from(["whole"] * 4 + ["headless", "lost"])
)
streets = st.builds(
    Street,
    model=st.sampled_from(MODELS),
    limit=st.integers(1, 12),
    offset=st.integers(0, 63).map(TICK.__mul__),
)
gaps = st.lists(st.integers(0, 20) | st.integers(0, 70), max_size=60)


@given(streets, st.lists(ours, min_size=1, max_size=60), gaps)
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
    street = Street(model, 10, 0.0)
    street.at(-10.0, street.depart(Ours(0, 1, 1, "whole")))
    for second in range(0, 100, 2):
        for tick in (59, 60, 61):
            street.at(second + tick * TICK, street.stranger)
        street.at(second + 61 * TICK, street.depart(Ours(0, 1, 1, "whole")))
    street.run()
    assert street.ledger.foreign == street.strangers == 150


@pytest.mark.parametrize("model", ["anchored", "calendar", "sliding"])
@pytest.mark.parametrize("seed", range(5))
def test_four_fifths_of_steady_strangers_are_seen_where_we_ask_often(model: str, seed: int) -> None:
    dice, street = Random(seed), Street(model, 14, 0.25)
    for tick in range(0, 6000, 29):
        street.at(tick * TICK, street.stranger)
    tick = 0
    while tick < 6000:
        tick += dice.randint(5, 12)
        street.at(tick * TICK, street.depart(Ours(0, 1, 1, "whole")))
    street.run()
    assert street.ledger.foreign >= 0.8 * street.strangers
