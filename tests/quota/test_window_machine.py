"""The sums: what holds after any commands in any order.

In the machine all moments are multiples of 1/1024 s, so that sums of floats are exact and the
bound can be asserted to the instant. Rounding has tests of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from upbit_monitor.quota import Quota, Window

TICK = 1 / 1024
SECOND = 1024

spans = st.integers(0, 3 * SECOND) | st.sampled_from([0, 1, 512, 1023, 1024, 1025, 2048])
dice = st.floats(0, 1, exclude_max=True)


@dataclass(eq=False)
class Sent:
    """One request of ours, and where on its way the exchange counts it: 0 to 1."""

    departed_at: float
    where: Fraction
    budget: int
    landed_at: float = math.inf

    @property
    def counted_at(self) -> Fraction:
        way = Fraction(self.landed_at) - Fraction(self.departed_at)
        return Fraction(self.departed_at) + way * self.where


class WindowMachine(RuleBasedStateMachine):
    """Any commands in any order, beside the plainest bookkeeping that can judge them."""

    @initialize(
        limit=st.integers(1, 12),
        period=st.sampled_from([0.5, 1.0, 2.0]),
        share=st.sampled_from([1.0, 0.5, 0.25, 0.01]),
    )
    def begin(self, limit: int, period: float, share: float) -> None:
        self.now = 0.0
        self.documented = limit
        self.period = period
        self.window = Window(Quota(limit, period), share=share)
        self.under_way: list[Sent] = []
        self.landed: list[Sent] = []
        self.shut_until = -math.inf

    # -- time

    @rule(ticks=spans)
    def wait(self, ticks: int) -> None:
        self.now += ticks * TICK

    @rule()
    def wait_as_told(self) -> None:
        delay = self.window.delay(self.now)
        if math.isfinite(delay):
            self.now += delay
            assert self.window.left(self.now) > 0

    # -- requests

    @precondition(lambda self: self.window.left(self.now))
    @rule(ticks=st.integers(0, SECOND))
    def depart(self, ticks: int) -> None:
        self.window.depart(self.now)
        where = Fraction(ticks, SECOND)
        self.under_way.append(Sent(self.now, where, self.window.budget))

    @rule(number=st.integers(1, 15))
    def depart_as_soon_as_may_be(self, number: int) -> None:
        for _ in range(number):
            delay = self.window.delay(self.now)
            if delay > 1:
                return
            self.now = math.ceil((self.now + delay) / TICK) * TICK
            assert self.window.left(self.now) == 1
            self.depart(ticks=0)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        sent = self.pick(data)
        self.window.refund(sent.departed_at, self.now)
        self.under_way.remove(sent)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def land(self, data: st.DataObject) -> None:
        sent = self.pick(data)
        self.window.land(sent.departed_at, self.now)
        self.note_end(sent, self.now)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        sent = self.pick(data)
        self.window.lose(sent.departed_at, self.now)
        self.note_end(sent, self.now + self.period)

    def pick(self, data: st.DataObject) -> Sent:
        return data.draw(st.sampled_from(self.under_way))

    def note_end(self, sent: Sent, landed_at: float) -> None:
        self.under_way.remove(sent)
        sent.landed_at = landed_at
        self.landed.append(sent)

    # -- answers

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), header=st.integers(0, 15))
    def correct(self, data: st.DataObject, header: int) -> None:
        sent = self.pick(data)
        foreign, company = self.window.foreign, self.window.company.present
        self.window.correct(header, sent.departed_at, self.now)
        assert self.window.remaining == header
        assert self.window.foreign >= foreign
        assert (
            company
            or self.window.limit - header > self.ours_at(sent.departed_at)
            or (not self.window.company.present)
        ), "what may all be ours is no company"

    @rule(limit=st.integers(-5, 200))
    def learn(self, limit: int) -> None:
        self.window.learn(limit)
        assert 1 <= self.window.limit <= 4 * self.documented

    @rule(share=st.sampled_from([1.0, 0.5, 0.3, 0.01]))
    def allot(self, share: float) -> None:
        self.window.allot(share)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        delay = self.window.delay(self.now)
        self.window.accept(self.pick(data).departed_at, self.now)
        assert self.window.delay(self.now) <= delay

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), seconds=st.none() | st.integers(0, 5), thrown=dice)
    def refuse(self, data: st.DataObject, seconds: int | None, thrown: float) -> None:
        self.window.refuse(self.pick(data).departed_at, self.now, seconds, thrown)
        least = self.now + max(seconds or 0, self.period)
        assert self.window.shut_until >= least
        assert self.window.shut_until <= max(self.shut_until, least + 60)
        self.note_shut()

    @rule(ticks=spans)
    def shut(self, ticks: int) -> None:
        self.window.shut(self.now + ticks * TICK)
        assert self.window.shut_until >= self.now + ticks * TICK
        self.note_shut()

    def note_shut(self) -> None:
        # A multiple of the tick again; a refusal's length is any float.
        assert self.window.shut_until >= self.shut_until, "a shut never shortens"
        self.shut_until = math.ceil(self.window.shut_until / TICK) * TICK
        self.window.shut(self.shut_until)

    # -- what holds

    def ours_at(self, moment: float) -> int:
        standing = [sent for sent in self.landed if sent.landed_at + self.period > moment]
        return len(self.under_way) + len(standing)

    @invariant()
    def the_questions_agree(self) -> None:
        left, delay = self.window.left(self.now), self.window.delay(self.now)
        assert left in {0, 1}, "they are spaced"
        assert (left == 1) == (self.window.reason(self.now) == "")
        assert delay >= 0
        assert (delay == 0) == (left > 0)
        assert self.window.under_way == len(self.under_way)

    @invariant()
    def what_may_leave_fits_beside_what_is_held(self) -> None:
        left = self.window.left(self.now)
        held = self.ours_at(self.now)
        assert self.window.held(self.now) == held
        assert left <= max(self.window.budget - held, 0)
        assert 1 <= self.window.budget <= self.window.limit

    @invariant()
    def nothing_may_leave_while_it_is_shut(self) -> None:
        if self.now < self.shut_until:
            assert self.window.left(self.now) == 0

    def teardown(self) -> None:
        if not hasattr(self, "window"):
            return
        for sent in tuple(self.under_way):
            self.window.land(sent.departed_at, self.now)
            self.note_end(sent, self.now)
        self.no_stretch_of_a_period_counts_more_than_the_budget()
        self.a_period_of_rest_and_one_good_answer_give_everything_back()

    def no_stretch_of_a_period_counts_more_than_the_budget(self) -> None:
        counted = sorted(self.landed, key=lambda sent: sent.counted_at)
        for last in counted:
            end = last.counted_at
            stretch = [s for s in counted if end - Fraction(self.period) < s.counted_at <= end]
            assert len(stretch) <= max(sent.budget for sent in stretch)

    def a_period_of_rest_and_one_good_answer_give_everything_back(self) -> None:
        self.now = max(self.now, self.shut_until) + 20 * self.period
        self.window.depart(self.now)
        self.window.accept(self.now, self.now)
        self.window.land(self.now, self.now)
        self.now += 20 * self.period
        assert self.window.left(self.now) == 1
        assert self.window.held(self.now) == 0


TestWindow = WindowMachine.TestCase
TestWindow.settings = settings(stateful_step_count=60)


@given(
    start=st.floats(0, 1e9),
    gaps=st.lists(st.floats(0, 10), min_size=1, max_size=20),
    period=st.floats(1e-3, 1e3),
)
def test_after_the_delay_a_departure_is_allowed_however_floats_round(
    start: float, gaps: list[float], period: float
) -> None:
    window, now = Window(Quota(2, period)), start
    for gap in gaps:
        now += window.delay(now)
        assert window.left(now) > 0
        assert window.delay(now) == 0
        window.depart(now)
        landed_at = now + gap
        window.accept(now, now)
        window.land(now, landed_at)
        now = landed_at


@given(now=st.floats(0, 1e12), pause=st.floats(0, 1e12))
def test_after_a_shut_a_departure_is_allowed_however_floats_round(now: float, pause: float) -> None:
    window = Window(Quota(1))
    window.shut(now + pause)
    assert window.left(now + window.delay(now)) == 1
