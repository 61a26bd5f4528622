"""Whose turn it is: a lower number goes first, first come is first served, and nobody starves."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.quota.callers import Caller, in_the_instant_after, known, settled, well
from tests.virtual import in_virtual_time
from upbit_monitor.quota import BlockState, Quota, RateLimiter

HEAD_START = 2.0
"""Seconds that each priority goes before the next."""


async def busy() -> tuple[RateLimiter, Caller]:
    """Give a group of one request a second, and the one who has its slot."""
    limiter = RateLimiter({"ticker": Quota(1)})
    await known(limiter)
    holder = Caller(limiter)
    await settled()
    return limiter, holder


async def served(callers: list[Caller]) -> list[int]:
    """Let each go when it may, and answer it at once; give the order in which they went."""
    for caller in callers:
        caller.end(well())
    await asyncio.wait([caller.task for caller in callers])
    return sorted(range(len(callers)), key=lambda index: callers[index].granted_at)


@in_virtual_time
async def test_of_those_who_ask_together_a_lower_number_goes_first_whoever_came_first() -> None:
    limiter, holder = await busy()
    callers = [Caller(limiter, priority=priority) for priority in (5, 5, 1, 0, 1, -1, 0)]
    holder.end(well())
    assert await served(callers) == [5, 3, 6, 2, 4, 0, 1]


@pytest.mark.parametrize(("later", "order"), [(1.75, [1, 0]), (2.0, [0, 1]), (2.25, [0, 1])])
def test_a_lower_number_overtakes_who_came_within_the_head_start_and_nobody_earlier(
    later: float, order: list[int]
) -> None:
    @in_virtual_time
    async def world() -> None:
        limiter, holder = await busy()
        first = Caller(limiter, priority=1)
        await asyncio.sleep(later)
        second = Caller(limiter, priority=0)
        holder.end(well())
        assert await served([first, second]) == order

    world()


@in_virtual_time
async def test_the_last_in_rank_gets_its_turn_though_others_ask_for_more_than_there_is() -> None:
    limiter, holder = await busy()
    holder.end(well())
    last = Caller(limiter, priority=3)
    last.end(well())
    asked_at = asyncio.get_running_loop().time()
    await settled()
    others: list[Caller] = []
    while last.state == "waiting":
        others.append(Caller(limiter))
        others[-1].end(well())
        await asyncio.sleep(0.5)
    # Of those who came later, only those within its rank's head start went before.
    before = [other for other in others if other.granted_at < last.granted_at]
    assert len(before) == 3 * HEAD_START / 0.5
    assert last.granted_at - asked_at <= len(before) + 1.0
    for other in others:
        other.task.cancel()


@pytest.mark.parametrize("seed", range(20))
def test_whoever_goes_came_first_of_all_who_wait_by_the_clock_of_its_rank(seed: int) -> None:
    dice = random.Random(seed)

    @in_virtual_time
    async def world() -> None:
        limiter, holder = await busy()
        callers: list[tuple[float, int, Caller]] = []
        for turn in range(40):
            priority = dice.randrange(4)
            place = asyncio.get_running_loop().time() + HEAD_START * priority
            callers.append((place, turn, Caller(limiter, priority=priority)))
            callers[-1][2].end(well())
            await asyncio.sleep(dice.choice([0.0, 0.25, 0.5, 1.5]))
            if turn == 5:
                holder.end(well())
        await asyncio.wait([caller.task for *_, caller in callers])
        for place, turn, caller in callers:
            for other_place, other_turn, other in callers:
                if caller.granted_at < other.granted_at:
                    waited = other.permit.asked_at <= caller.granted_at
                    assert not waited or (place, turn) < (other_place, other_turn)

    world()


@in_virtual_time
async def test_one_whose_grant_is_overtaken_by_a_block_keeps_its_place() -> None:
    limiter, holder = await busy()
    holder.end(well())
    await settled()
    callers = [Caller(limiter), Caller(limiter)]
    # In the instant in which the slot comes free, and before the first has woken.
    moment = asyncio.get_running_loop().time() + 1.0
    in_the_instant_after(moment, lambda: limiter.restore(BlockState(2.0, 1)))
    assert await served(callers) == [0, 1]
    assert callers[0].granted_at == moment + 2.0
