"""The queue of one group: deadlines, cancellations, and what they leave behind."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import pytest

from tests.quota.callers import (
    Caller,
    all_of,
    in_the_instant_after,
    known,
    look,
    settled,
    spaced,
    states,
    well,
)
from tests.virtual import Deadlock, VirtualLoop, in_virtual_time
from upbit_monitor.errors import Withheld
from upbit_monitor.quota import Quota, RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def limiter_of(limit: int) -> RateLimiter:
    return RateLimiter({"ticker": Quota(limit)})


# --- deadlines ------------------------------------------------------------------------------------


@in_virtual_time
async def test_who_cannot_go_in_time_is_turned_away_and_counted() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    started = asyncio.get_running_loop().time()
    holder = Caller(limiter)
    await settled()
    with pytest.raises(Withheld) as raised:
        async with limiter.permit("ticker", patience=0.5):
            pytest.fail("there was no slot")
    assert asyncio.get_running_loop().time() - started == 0.5
    assert (raised.value.reason, raised.value.group) == ("deadline", "ticker")
    assert dict(limiter.rejected) == {("ticker", "deadline"): 1}
    assert look(limiter).waiting == 0
    holder.end()


@in_virtual_time
async def test_who_has_no_patience_goes_at_once_or_not_at_all() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    callers = [Caller(limiter, patience=0) for _ in range(3)]
    await settled()
    assert states(callers) == ["holding", "deadline", "deadline"]
    assert limiter.rejected["ticker", "deadline"] == 2


@in_virtual_time
async def test_one_who_gives_up_leaves_the_place_to_the_next() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    holder = Caller(limiter)
    await settled()
    hasty = Caller(limiter, patience=0.5)
    patient = Caller(limiter, patience=5.0)
    await asyncio.sleep(0.75)
    assert states([hasty, patient]) == ["deadline", "waiting"]
    holder.end(well())
    patient.end(well())
    await patient.task
    assert patient.permit.waited == 1.75


@in_virtual_time
async def test_a_deadline_in_the_instant_of_the_grant_loses_no_slot() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    holder = Caller(limiter)
    await settled()
    holder.end(well())
    await settled()
    due = Caller(limiter, patience=1.0)
    later = Caller(limiter)
    await asyncio.sleep(1.0)
    await settled()
    assert sorted(states([due, later])) in (["deadline", "holding"], ["holding", "waiting"])
    assert look(limiter).under_way == 1


# --- cancellation ---------------------------------------------------------------------------------


@in_virtual_time
async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    holder, *waiters = await all_of(limiter, 4)
    waiters[1].task.cancel()
    await settled()
    assert look(limiter).waiting == 2
    holder.end()
    await settled()
    assert states(waiters) == ["holding", "cancelled", "waiting"]
    assert not limiter.rejected


@in_virtual_time
async def test_a_waiter_cancelled_in_the_instant_of_its_grant_gives_the_slot_on() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    holder, chosen, other = await all_of(limiter, 3)
    holder.end(well())
    await settled()

    def cancel() -> None:
        assert look(limiter).under_way == 1
        assert chosen.state == "waiting", "granted, and not yet awake"
        chosen.task.cancel()

    in_the_instant_after(asyncio.get_running_loop().time() + 1.0, cancel)
    await asyncio.sleep(1.5)
    assert states([chosen, other]) == ["cancelled", "holding"]


@in_virtual_time
async def test_a_slot_freed_between_a_cancel_and_its_end_goes_to_the_next() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    holder, chosen, other = await all_of(limiter, 3)
    # Both in one step of the loop: the cancelled waiter is still in the queue at the landing.
    holder.end()
    chosen.task.cancel()
    await settled()
    assert states([holder, chosen, other]) == ["done", "cancelled", "holding"]
    assert look(limiter).waiting == 0


@in_virtual_time
async def test_all_waiters_cancelled_at_once_leave_no_trace() -> None:
    limiter = limiter_of(2)
    await known(limiter)
    callers = await all_of(limiter, 100)
    for caller in callers:
        caller.task.cancel()
    await settled()
    await spaced()
    state = look(limiter)
    assert (state.waiting, state.under_way, state.left) == (0, 0, 1)


# --- rest -----------------------------------------------------------------------------------------


def seconds_until_nothing_is_due(world: Callable[[], Coroutine[object, object, None]]) -> float:
    """Play a world, then wait until no timer is left; give how long that took."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(world())
        ended_at = runner.get_loop().time()
        with pytest.raises(Deadlock):
            runner.run(asyncio.Event().wait())
        return runner.get_loop().time() - ended_at


def test_a_limiter_at_rest_has_no_timer() -> None:
    async def world() -> None:
        limiter = limiter_of(2)
        await known(limiter)
        callers = [Caller(limiter, patience=patience) for patience in (0.5, 5.0, math.inf) * 3]
        for caller in callers:
            caller.end(well())
        await asyncio.wait([caller.task for caller in callers])

    assert seconds_until_nothing_is_due(world) == 0


def test_a_limiter_whose_last_waiter_was_cancelled_has_no_timer() -> None:
    async def world() -> None:
        limiter = limiter_of(1)
        await known(limiter)
        holder, waiter = await all_of(limiter, 2)
        holder.end(well())
        await settled()
        waiter.task.cancel()
        await settled()

    assert seconds_until_nothing_is_due(world) == 0


class BusyLoop(VirtualLoop):
    """A loop whose steps can take time. Its state: how long they took in all."""

    busy = 0.0

    def time(self) -> float:
        return super().time() + self.busy


def test_a_newcomer_does_not_overtake_who_waits_for_a_late_timer() -> None:
    async def world() -> None:
        limiter = limiter_of(1)
        await known(limiter)
        holder, waiter = await all_of(limiter, 2)
        holder.end(well())
        await settled()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, BusyLoop)
        loop.busy += 5
        newcomer = Caller(limiter)
        await settled()
        assert states([waiter, newcomer]) == ["holding", "waiting"]

    with asyncio.Runner(loop_factory=BusyLoop) as runner:
        runner.run(world())
