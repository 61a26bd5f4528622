"""Libraries that count what they let go and hear no answer: aiolimiter, pyrate-limiter, ccxt.

Against a window whose start nobody tells, a burst is what gets refused. So they pace evenly, all
but pyrate-limiter: its log with its margin is refused still less, for a few percent of the quota.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from bench.limiter.clocks import TickingLoop, give_clock, loop_time
from bench.limiter.contender import Entry
from bench.limiter.manners import Caller, after

if TYPE_CHECKING:
    from random import Random

    from bench.limiter.contender import Quota

_MARGIN: Final = 1.05
"""At a pace of exactly the quota every delay that shrinks is a refusal; slower does better."""


def _aiolimiter(quota: Quota, _dice: Random) -> Caller:
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(1, _MARGIN * quota.period / quota.limit)
    # There is no other door to the loop that it uses.
    limiter._event_loop = cast("asyncio.AbstractEventLoop", TickingLoop())  # noqa: SLF001
    return Caller(quota, lambda: limiter)


def _pyrate(quota: Quota, _dice: Random) -> Caller:
    from pyrate_limiter import AbstractClock, InMemoryBucket, Limiter, Rate, SingleBucketFactory

    class LoopClock(AbstractClock):
        def now(self) -> int:
            return int(loop_time() * 1000)

    bucket = InMemoryBucket([Rate(quota.limit, int(quota.period * 1000))])
    bucket._clock = LoopClock()  # noqa: SLF001 -- others take a clock, this one does not
    # Its factory would start a thread that forgets what is old; here each turn does it.
    limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False))

    async def acquire() -> None:
        await limiter.try_acquire_async()
        bucket.leak(int(loop_time() * 1000))

    return Caller(quota, partial(after, acquire))


def _ccxt(quota: Quota, _dice: Random) -> Caller:
    from ccxt.async_support.base import throttler  # type: ignore[import-untyped]  # ships none

    give_clock(throttler, loop_time)
    # What ccxt's Exchange.init_rest_rate_limiter makes of a rate, as it does for this exchange.
    settings = {
        "algorithm": "leakyBucket",
        "capacity": 1,
        "cost": 1,
        "delay": 0.001,
        "refillRate": quota.limit / (_MARGIN * quota.period * 1000),
    }
    throttle = throttler.Throttler(settings, asyncio.get_running_loop())
    return Caller(quota, partial(after, throttle))


AIOLIMITER = Entry(
    "aiolimiter",
    "AsyncLimiter(1, 1.05 period / limit): no bursts, as its documents advise, and 5 % slower",
    _aiolimiter,
)
PYRATE = Entry(
    "pyrate-limiter",
    "Limiter over InMemoryBucket with limit and period; its default sliding log and 50 ms margin",
    _pyrate,
)
CCXT = Entry(
    "ccxt",
    "Throttler as ccxt sets it up for this exchange, 5 % slower: leaky bucket, capacity 1",
    _ccxt,
)
