"""Limiters that no one would use, so that the judge is seen to tell them apart."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench.limiter.contender import Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from random import Random

    from bench.limiter.contender import Quota, Reply, Turn


class Made:
    """Waits as it is told. State: the answers."""

    def __init__(self, waits: Callable[[], Awaitable[object]]) -> None:
        self.answers: list[Reply | None] = []
        self._waits = waits

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        await self._waits()
        yield self

    def answered(self, reply: Reply | None) -> None:
        self.answers.append(reply)


def entry(name: str, waits: Callable[[], Awaitable[object]]) -> Entry:
    def make(_quota: Quota, _dice: Random) -> Made:
        return Made(waits)

    return Entry(name, "", make)


async def _never() -> None:
    await asyncio.get_running_loop().create_future()


async def _in_no_time() -> None:
    pass


async def _turning() -> None:
    while True:  # noqa: ASYNC110 -- it is what it is for
        await asyncio.sleep(0)


async def _creeping() -> None:
    while True:  # noqa: ASYNC110 -- the same
        await asyncio.sleep(1e-7)


async def _looking() -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + 1
    while loop.time() < end:
        pass


async def _failing() -> None:
    await asyncio.sleep(1)
    raise LookupError


async def _failing_behind() -> None:
    nothing: dict[str, object] = {}
    asyncio.get_running_loop().call_later(1, nothing.__getitem__, "nothing")
    await _never()


def _unmakeable(_quota: Quota, _dice: Random) -> Made:
    raise LookupError


SILENT = entry("silent", _never)
GREEDY = entry("greedy", _in_no_time)
STALLING = (entry("turning", _turning), entry("creeping", _creeping), entry("looking", _looking))
CRASHING = (
    entry("failing", _failing),
    entry("failing behind", _failing_behind),
    Entry("failing to be", "", _unmakeable),
)
