"""What a permit costs that is granted without waiting, in CPU, side by side in one run.

Each limiter is asked again and again by one task, on a real event loop and by its own real clock,
so that its virtual disguises (``clocks``) weigh nothing; hence a process of its own, in which no
library has been given another clock. Short rounds of all take turns, and the median round counts:
what else the machine does falls on everybody alike.

Two things are measured.

*The grant* is what a caller pays before its request: asking, and being let go. With a library it is
``async with limiter: pass``. So it is with ours, ``async with limiter.permit(group): pass``, but it
notes at the end that nothing was sent, and takes the slot back, which is more than the others do
there. Measuring it without leaving would let slots pile up, which nobody's program does.

*The whole turn* is a request's life with the limiter: asking, being let go, saying that it
departed, telling what the answer's header says where the limiter can hear it, and leaving. Ours
reads the header's text itself, as the page's does; discord.py and hikari get theirs ready-made. A
library that hears nothing has nothing more to do, so there the two are the same.

The quota is so large that nobody waits: ten thousand in a millisecond. (Not ten million in a
second: a limiter that remembers what it let go for one period would have to remember a million,
where really it is ten.) On this loop a timer cannot even be set: whoever would wait, fails.
ccxt hands each grant to a task of its own, even when nobody has to wait: that is its price, and is
counted.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Never

from bench.limiter.page import PageLimiter
from bench.limiter.table import aligned
from upbit_monitor.quota import Quota, RateLimiter, Remaining

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Round = Callable[[int], Awaitable[None]]

_GROUP: Final = "ticker"
_LIMIT: Final = 10_000
_PERIOD: Final = 0.001
_HEADER: Final = f"group={_GROUP}; min=600; sec={_LIMIT - 1}"
_AGES: Final = 1e9
"""Seconds, or requests: nobody gets there."""

REFERENCE: Final = "aiolimiter"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU of one limiter."""

    limiter: str
    grant: float
    turn: float


@dataclass(frozen=True, slots=True)
class _Subject:
    """Somebody's limiter, and how it is asked so many times."""

    name: str
    grant: Round
    turn: Round


class Waited(AssertionError):
    """A limiter would have waited, where nobody has to."""


class _ImpatientLoop(asyncio.SelectorEventLoop):
    """An event loop in real time, on which nobody can wait for a moment."""

    def call_at(self, when: float, *_: object, **__: object) -> Never:
        raise Waited(f"for {when - self.time():g} s")


def measured(rounds: int = 60, times: int = 500) -> list[Cost]:
    """Measure in a process of its own: so many rounds of so many grants."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(_measured, rounds, times).result()


def shown(costs: list[Cost]) -> str:
    """Show microseconds, and how many times those of aiolimiter they are."""
    reference = next(cost for cost in costs if cost.limiter == REFERENCE)
    rows = [("", "grant µs", f"x {REFERENCE}", "turn µs", f"x {REFERENCE}")]
    rows += [
        (
            cost.limiter,
            f"{1e6 * cost.grant:.2f}",
            f"{cost.grant / reference.grant:.2f}",
            f"{1e6 * cost.turn:.2f}",
            f"{cost.turn / reference.turn:.2f}",
        )
        for cost in costs
    ]
    return "\n".join(aligned(rows))


def _measured(rounds: int, times: int) -> list[Cost]:
    with asyncio.Runner(loop_factory=_ImpatientLoop) as runner:
        return runner.run(_compared(rounds, times))


async def _compared(rounds: int, times: int) -> list[Cost]:
    subjects = [make() for make in (_ours, _page, _aiolimiter, _pyrate, _ccxt, _discord, _hikari)]
    taken: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds + 1):
        for subject in subjects:
            for what, asked in (("grant", subject.grant), ("turn", subject.turn)):
                began = time.process_time()
                await asked(times)
                # The first round is for warming up.
                if number:
                    took = (time.process_time() - began) / times
                    taken.setdefault((subject.name, what), []).append(took)
    return [
        Cost(one.name, median(taken[one.name, "grant"]), median(taken[one.name, "turn"]))
        for one in subjects
    ]


def _ours() -> _Subject:
    limiter = RateLimiter({_GROUP: Quota(_LIMIT, _PERIOD)})

    async def grant(times: int) -> None:
        for _ in range(times):
            async with limiter.permit(_GROUP):
                pass

    async def turn(times: int) -> None:
        for _ in range(times):
            async with limiter.permit(_GROUP) as permit:
                permit.departed()
                permit.settle(Remaining.parse(_HEADER))

    return _Subject("ours", grant, turn)


def _page() -> _Subject:
    limiter = PageLimiter({_GROUP: (int(_AGES), 1.0)})

    async def grant(times: int) -> None:
        for _ in range(times):
            await limiter.acquire(_GROUP)

    async def turn(times: int) -> None:
        for _ in range(times):
            await limiter.acquire(_GROUP)
            limiter.update_from_header(_HEADER)

    return _Subject("best-practices page", grant, turn)


def _aiolimiter() -> _Subject:
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(_LIMIT, _PERIOD)

    async def grant(times: int) -> None:
        for _ in range(times):
            async with limiter:
                pass

    return _Subject(REFERENCE, grant, grant)


def _pyrate() -> _Subject:
    from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

    bucket: Any = InMemoryBucket([Rate(_LIMIT, round(1000 * _PERIOD))])  # partly without types
    limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False))

    async def grant(times: int) -> None:
        for _ in range(times):
            await limiter.try_acquire_async()
            # What its own thread would do.
            bucket.leak(bucket.now())

    return _Subject("pyrate-limiter", grant, grant)


def _ccxt() -> _Subject:
    from ccxt.async_support.base.throttler import Throttler  # type: ignore[import-untyped]

    settings = {"capacity": _AGES, "tokens": _AGES, "refillRate": _LIMIT / (1000 * _PERIOD)}
    throttle = Throttler(settings, asyncio.get_running_loop())

    async def grant(times: int) -> None:
        for _ in range(times):
            await throttle()

    return _Subject("ccxt", grant, grant)


def _discord() -> _Subject:
    with warnings.catch_warnings():
        # For sound it imports a module that Python 3.13 no longer has.
        warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
        from discord.http import Ratelimit

    bucket = Ratelimit(None)
    headers = {
        "X-Ratelimit-Limit": str(int(_AGES)),
        "X-Ratelimit-Remaining": str(int(_AGES) - 1),
        "X-Ratelimit-Reset-After": str(_AGES),
    }
    answer: Any = SimpleNamespace(headers=headers)
    bucket.update(answer)
    slot: Any = bucket  # it is annotated as if its block always failed

    async def grant(times: int) -> None:
        for _ in range(times):
            async with slot:
                pass

    async def turn(times: int) -> None:
        for _ in range(times):
            async with slot:
                bucket.update(answer)

    return _Subject("discord.py", grant, turn)


def _hikari() -> _Subject:
    from hikari.impl import buckets, rate_limits
    from hikari.internal.routes import Route

    everything = rate_limits.ManualRateLimiter()
    route = Route("GET", f"/{_GROUP}").compile()
    bucket = buckets.RESTBucket("unknown", route, everything, max_rate_limit=float("inf"))
    limit = int(_AGES)
    told = (limit - 1, limit, time.time() + _AGES, _AGES)  # remaining, limit, reset at and after
    bucket.resolve(_GROUP, *told)
    hear = partial(bucket.update_rate_limit, *told)

    async def grant(times: int) -> None:
        for _ in range(times):
            async with bucket:
                pass

    async def turn(times: int) -> None:
        for _ in range(times):
            async with bucket:
                hear()

    return _Subject("hikari", grant, turn)


if __name__ == "__main__":
    print(shown(measured()))  # noqa: T201 -- it is what it is for
