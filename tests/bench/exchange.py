"""An exchange that answers rivals honestly, and callers who are always hungry."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from bench.limiter.contender import Quota, Reply
from tests.virtual import run

if TYPE_CHECKING:
    from bench.limiter.contender import Contender, Entry

TEN = Quota("ticker", 10, 1.0)
THIRTY = Quota("default", 30, 1.0)
ONE_IN_TWO = Quota("order-cancel-all", 1, 2.0)


class Exchange:
    """Answers 200 with an honest header, but once a refusal that is due. State: what went when."""

    def __init__(self, quota: Quota, *, refusal: Reply | None = None, at: float = 0.0) -> None:
        self.quota = quota
        self.departures: list[float] = []
        self.refused_at = 0.0
        self._refusal = refusal
        self._at = at
        self._arrivals: list[float] = []

    def answer(self, now: float) -> Reply:
        """Answer a request that arrives."""
        if self._refusal and now >= self._at:
            refusal, self._refusal = self._refusal, None
            return refusal
        self._arrivals.append(now)
        quota = self.quota
        window = now // quota.period
        used = sum(arrived // quota.period == window for arrived in self._arrivals)
        each_minute = int(60 * quota.limit / quota.period)
        left = max(0, quota.limit - used)
        return Reply(200, f"group={quota.group}; min={each_minute}; sec={left}")


async def once(contender: Contender, exchange: Exchange, round_trip: float = 0.01) -> None:
    """Wait for a turn, and ask."""
    loop = asyncio.get_running_loop()
    async with contender.turn() as turn:
        exchange.departures.append(loop.time())
        await asyncio.sleep(round_trip / 2)
        reply = exchange.answer(loop.time())
        await asyncio.sleep(round_trip / 2)
        turn.answered(reply)
        if reply.status != 200:
            exchange.refused_at = loop.time()


async def hunger(contender: Contender, exchange: Exchange, round_trip: float) -> None:
    """Ask again and again."""
    while True:
        await once(contender, exchange, round_trip)


def served(
    entry: Entry,
    exchange: Exchange,
    *,
    callers: int,
    seconds: float = 20,
    round_trip: float = 0.01,
) -> list[float]:
    """Run hungry callers for so long, and give the times at which their requests went."""

    async def main() -> None:
        contender = entry.make(exchange.quota, Random(1))
        tasks = [
            asyncio.ensure_future(hunger(contender, exchange, round_trip)) for _ in range(callers)
        ]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()

    run(main())
    return exchange.departures
