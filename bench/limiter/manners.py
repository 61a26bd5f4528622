"""A decent caller before a limiter that is not ours: it stops when it is refused.

Most libraries never learn what the exchange answered. Without somebody who stops they would be
measured as nobody would use them, so all of them get the same caller, and it is a good one:

* after a 429 nobody goes for one period, after a 418 for a minute, or for as long as
  ``Retry-After`` says;
* what the library lets go in such a pause is not sent. It is asked for again afterwards, by the
  library's own rules, so that a pause never ends in a burst that the library did not want.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench.limiter.clocks import loop_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from bench.limiter.contender import Quota, Reply, Turn

THROTTLED = 429
BLOCKED = 418
BLOCK_SECONDS = 60.0
"""How long a 418 without ``Retry-After`` is taken to last."""


def unheard(_: object) -> None:
    """What a library that cannot hear makes of what it is told."""


class Caller:
    """A contender made of somebody's limiter. Its state is until when nobody goes.

    ``slot`` is entered when one may go, and left when its answer is there. ``hear`` gets each
    answer, ``stop`` the seconds of each pause.
    """

    def __init__(
        self,
        quota: Quota,
        slot: Callable[[], AbstractAsyncContextManager[object]],
        *,
        hear: Callable[[Reply], None] = unheard,
        stop: Callable[[float], None] = unheard,
        stops_at: tuple[int, ...] = (THROTTLED, BLOCKED),
    ) -> None:
        pauses = {THROTTLED: quota.period, BLOCKED: BLOCK_SECONDS}
        self._pauses = {status: pauses[status] for status in stops_at}
        self._slot = slot
        self._hear = hear
        self._stop = stop
        self._until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait until the limiter lets one go, outside of any pause."""
        while True:
            if (pause := self._until - loop_time()) > 0:
                await asyncio.sleep(pause)
                continue
            async with self._slot():
                if self._until <= loop_time():
                    yield self
                    return

    def answered(self, reply: Reply | None) -> None:
        """Let the limiter hear, and stop at a refusal."""
        if reply is None:
            return
        self._hear(reply)
        if reply.status in self._pauses:
            self._pause(_retry_after(reply, self._pauses[reply.status]))

    def _pause(self, seconds: float) -> None:
        until = loop_time() + seconds
        if until > self._until:
            self._until = until
            self._stop(seconds)


@asynccontextmanager
async def after(acquire: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Make a slot of a limiter that is only asked, and never given anything back."""
    await acquire()
    yield


def _retry_after(reply: Reply, default: float) -> float:
    try:
        return float(reply.retry_after or default)
    except ValueError:
        return default
