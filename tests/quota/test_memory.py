"""Months of work cost no memory: a limiter remembers as much after a week as after an hour."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
from typing import TYPE_CHECKING

from tests.quota.callers import departed, look, throttled, well
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.errors import Withheld
from upbit_monitor.quota import QUOTATION, RateLimiter

if TYPE_CHECKING:
    from tests.quota.callers import Deed

SECONDS = 7 * 86_400 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 6 * 3_600


def deed(dice: random.Random) -> tuple[Deed, ...]:
    """What becomes of a request: mostly a good answer, beside strangers for hours at a time."""
    fate = dice.random()
    if fate < 0.01:
        return (throttled(),)
    if fate < 0.03:
        return (departed,)
    strangers = dice.randrange(6) if asyncio.get_running_loop().time() % 14_400 < 7_200 else 0
    return (well(left=9 - strangers, limit=10),)


async def poll(limiter: RateLimiter, group: str, dice: random.Random) -> None:
    while True:
        await asyncio.sleep(dice.expovariate(0.2))
        try:
            async with limiter.permit(group, patience=5.0) as permit:
                await asyncio.sleep(dice.uniform(0.01, 0.3))
                for part in deed(dice):
                    part(permit)
        except Withheld:
            continue


def size(limiter: RateLimiter) -> int:
    """Bytes of all that is remembered of the groups, and of what waits."""
    windows = [gate.window for gate in limiter._gates.values()]  # noqa: SLF001 -- all of it
    return len(pickle.dumps(windows)) + sum(look(limiter, group).waiting for group in QUOTATION)


@in_virtual_time
async def test_a_long_mixed_load_keeps_memory_flat() -> None:
    dice = random.Random(1)
    limiter = RateLimiter(QUOTATION, share=0.5, dice=dice.random)
    polls = [asyncio.create_task(poll(limiter, g, dice)) for g in QUOTATION for _ in range(2)]
    sizes = []
    while VirtualLoop.running().time() < SECONDS:
        await asyncio.sleep(60)
        sizes.append(size(limiter))
    first, last = sizes[: len(sizes) // 4], sizes[-len(sizes) // 4 :]
    assert max(last) <= max(first) * 1.2
    assert all(not task.done() for task in polls)
    for task in polls:
        task.cancel()
