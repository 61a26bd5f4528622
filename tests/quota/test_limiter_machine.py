"""The limiter under any play of asking, answering, losing, cancelling and shutting.

Callers are told what to do without a step of the loop in between, so that several things happen
in the same instant; spans of time are few and round, so that timers coincide.
"""

from __future__ import annotations

import asyncio
import math
import random
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.quota.callers import Caller, blocked, departed, look, settled, throttled, well
from tests.virtual import Deadlock, VirtualLoop
from upbit_monitor.quota import Quota, RateLimiter

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from upbit_monitor.quota import GroupState, Permit

T = TypeVar("T")

QUOTAS = {"a": Quota(3), "b": Quota(5), "c": Quota(1, 2.0)}
ENDS = {
    "well": (well(),),
    "nothing left": (well(left=0),),
    "in company": (well(left=2),),
    "a wrong header": (well(left=99, limit=1),),
    "unsent": (),
    "lost": (departed,),
    "refused": (throttled(),),
    "refused for long": (throttled(5.0),),
}
GOOD = {"well", "nothing left", "in company", "a wrong header"}
spans = st.sampled_from([0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 64.0])
groups = st.sampled_from(sorted(QUOTAS))


class LimiterMachine(RuleBasedStateMachine):
    """Callers in all states, and what their grants and ends must have in common."""

    @initialize(share=st.sampled_from([1.0, 0.5]), seed=st.integers(0, 9))
    def begin(self, share: float, seed: int) -> None:
        self.loop = VirtualLoop()
        self.limiter = RateLimiter(QUOTAS, share=share, dice=random.Random(seed).random)
        self.callers: list[Caller] = []
        self.silences: list[tuple[float, float]] = []
        self.probing = False

    def play(self, coroutine: Coroutine[object, object, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def those(self, state: str) -> list[Caller]:
        return [c for c in self.callers if c.state == state and not c.task.done()]

    # -- what may happen

    @rule(
        group=groups,
        patience=st.sampled_from([math.inf, math.inf, 0.0, 0.5, 1.0, 2.0]),
        priority=st.integers(0, 1),
        number=st.integers(1, 4),
    )
    def ask(self, group: str, patience: float, priority: int, number: int) -> None:
        async def asking() -> None:
            self.callers += [
                Caller(self.limiter, group, patience=patience, priority=priority)
                for _ in range(number)
            ]

        self.play(asking())

    @precondition(lambda self: self.those("holding"))
    @rule(data=st.data(), end=st.sampled_from(sorted(ENDS)))
    def end(self, data: st.DataObject, end: str) -> None:
        caller = data.draw(st.sampled_from(self.those("holding")))
        caller.end(*ENDS[end], *([self.note_good] if end in GOOD else []))

    @precondition(lambda self: self.those("holding"))
    @rule(end=st.sampled_from(["well", "well", "unsent", "lost", "refused"]))
    def end_all(self, end: str) -> None:
        for caller in self.those("holding"):
            caller.end(*ENDS[end], *([self.note_good] if end in GOOD else []))

    @precondition(lambda self: self.those("holding"))
    @rule(data=st.data())
    def block(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(self.those("holding")))
        caller.end(blocked(1.0), self.note_block)

    def note_block(self, _: Permit) -> None:
        self.silences.append((self.loop.time(), self.loop.time() + 2.0))
        self.probing = True

    def note_good(self, permit: Permit) -> None:
        if self.silences and permit.taken_at >= self.silences[-1][1]:
            self.probing = False

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.callers)).task.cancel()

    @rule(span=spans, data=st.data())
    def cancel_in_the_instant_of_waking(self, span: float, data: st.DataObject) -> None:
        self.play(settled())
        waiting = self.those("waiting")
        for caller in data.draw(st.lists(st.sampled_from(waiting), max_size=3)) if waiting else ():
            moment = math.nextafter(self.loop.time() + span, math.inf)
            self.loop.call_at(moment, caller.task.cancel)
        self.play(asyncio.sleep(span))

    @rule(share=st.sampled_from([1.0, 0.5, 0.1]))
    def allot(self, share: float) -> None:
        async def allotting() -> None:
            self.limiter.allot(share)

        self.play(allotting())

    @rule()
    def step(self) -> None:
        self.play(asyncio.sleep(0))

    @rule(span=spans)
    def wait(self, span: float) -> None:
        self.play(asyncio.sleep(span))
        self.play(settled())

    # -- what holds

    @rule()
    def the_books_agree_with_those_who_hold_and_wait(self) -> None:
        self.play(settled())
        for state in self.play(self.look()):
            mine = [caller for caller in self.callers if caller.group == state.group]
            assert state.under_way == sum(caller.state == "holding" for caller in mine)
            assert state.waiting == sum(caller.state == "waiting" for caller in mine)
            assert not (state.left and state.waiting), "nobody waits beside a free slot"
            assert state.left <= max(state.budget - state.under_way, 0)
            assert not (state.shut_for and state.left)
            self.turns_are_kept(mine)

        self.silence_is_kept()

    def silence_is_kept(self) -> None:
        for begins, ends in self.silences:
            assert not any(begins < caller.granted_at < ends for caller in self.callers)
        if self.probing:
            opened = self.silences[-1][1]
            assert sum(caller.granted_at >= opened for caller in self.those("holding")) <= 1

    def turns_are_kept(self, callers: list[Caller]) -> None:
        """Of two in one queue, who waits still did not come before one who was served later."""
        for position, earlier in enumerate(callers):
            if earlier.state != "waiting":
                continue
            for later in callers[position + 1 :]:
                assert later.priority != earlier.priority or math.isnan(later.granted_at)

    async def look(self) -> list[GroupState]:
        return [look(self.limiter, group) for group in QUOTAS]

    @invariant()
    def no_task_fails(self) -> None:
        for caller in self.callers:
            assert not caller.task.done() or caller.task.cancelled() or not caller.task.exception()

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            try:
                self.the_books_agree_with_those_who_hold_and_wait()
                self.play(self.all_leave())
                self.play(self.rest_gives_everything_back())
                with pytest.raises(Deadlock):  # no timer is left
                    self.play(self.nothing_is_left_to_happen())
            finally:
                self.loop.close()

    async def all_leave(self) -> None:
        for caller in self.callers:
            caller.task.cancel()
        await asyncio.sleep(100_000)

    async def rest_gives_everything_back(self) -> None:
        for group in QUOTAS:
            caller = Caller(self.limiter, group)
            await settled()
            assert caller.state == "holding"
            caller.end(well())
        await asyncio.sleep(40)
        for state in self.limiter.look():
            assert (state.left, state.under_way, state.waiting) == (1, 0, 0)

    async def nothing_is_left_to_happen(self) -> None:
        await self.loop.create_future()


TestLimiter = LimiterMachine.TestCase
TestLimiter.settings = settings(stateful_step_count=40)
