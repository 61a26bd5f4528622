"""Our limiter on trial: the real class, told of each answer as the client tells it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from bench.limiter.contender import Entry
from bench.limiter.manners import BLOCKED, THROTTLED
from upbit_monitor.quota import Quota as Law
from upbit_monitor.quota import RateLimiter, Remaining

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from random import Random

    from bench.limiter.contender import Quota, Reply
    from upbit_monitor.quota import Permit


class Ours:
    """A limiter with one group. Its state is the limiter's."""

    def __init__(self, quota: Quota, dice: Random, share: float) -> None:
        self._group = quota.group
        laws = {quota.group: Law(quota.limit, quota.period)}
        self._limiter = RateLimiter(laws, share=share, dice=dice.random)

    @property
    def foreign(self) -> int:
        """Requests of strangers that it says it saw."""
        return sum(state.foreign for state in self._limiter.look())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[_Turn]:
        """Wait for a permit, and send at once."""
        async with self._limiter.permit(self._group) as permit:
            permit.departed()
            yield _Turn(permit)


class _Turn:
    """A permit whose request departed."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit

    def answered(self, reply: Reply | None) -> None:
        """Settle with whatever came."""
        if reply is None:
            return
        header = reply.remaining_req
        remaining = None if header is None else Remaining.parse(header)
        if reply.status not in (THROTTLED, BLOCKED):
            self._permit.settle(remaining)
            return
        self._permit.correct(remaining)
        seconds = None if reply.retry_after is None else float(reply.retry_after)
        if reply.status == THROTTLED:
            self._permit.refused(seconds)
        else:
            self._permit.blocked(seconds)


def entry(name: str, share: float, settings: str) -> Entry:
    """Give a row of the table for a share."""
    return Entry(name, settings, lambda quota, dice: Ours(quota, dice, share))


OURS: Final = (
    entry("ours", 1.0, "RateLimiter, share 1: the whole limit"),
    entry("ours, a guest", 0.8, "the same, share 0.8; with what is left, two are kept for others"),
    entry("ours, by default", 0.5, "the same, share 0.5, as the daemon is unless told otherwise"),
)
