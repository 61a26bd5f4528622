"""The limiter that the exchange's own page of best practices shows, as published.

It counts down from the limit in each second of the clock, believes each ``Remaining-Req``, and
after a 429 sends nothing more in that second. The page's code is for one thread: it sleeps where
this one awaits, and reads the wall clock where this one reads the loop's. Nothing else differs, so
its defects are here too, on purpose, because it is the published limiter that is measured:

* whoever waited takes the next second to be untouched, so that all who waited go at once;
* a late answer puts back what was spent after its request, or charges the wrong second;
* answers of a group that its table does not name are ignored;
* the second is that of its own clock, not of the server's.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from bench.limiter.clocks import loop_time
from bench.limiter.contender import Entry
from bench.limiter.manners import BLOCKED, THROTTLED, Caller, after

if TYPE_CHECKING:
    from random import Random

    from bench.limiter.contender import Quota, Reply

UNKNOWN = (10, 1.0)
"""Limit and window of a group that the table does not name."""

MARGIN_SECONDS = 0.01
"""How far into the next window a sleeper sleeps."""


class PageLimiter:
    """The page's ``RateLimiter``. Its state: of each group what is left, and in which window."""

    def __init__(self, table: dict[str, tuple[int, float]]) -> None:
        self._table = table
        self._state: dict[str, tuple[int, float]] = {}

    async def acquire(self, group: str) -> None:
        """Wait until one may go; sleep at most once."""
        limit, window = self._table.get(group, UNKNOWN)
        start = _start(window)
        left, believed_start = self._state.get(group, (limit, start))
        if believed_start != start:
            left, believed_start = limit, start
        if left <= 0:
            pause = believed_start + window - loop_time() + MARGIN_SECONDS
            if pause > 0:
                await asyncio.sleep(pause)
            left, believed_start = limit, _start(window)
        self._state[group] = (left - 1, believed_start)

    def update_from_header(self, header: str | None) -> None:
        """Believe what the header says is left, up or down, in the window of now."""
        group, left = _read(header)
        if group in self._table and left is not None:
            limit, window = self._table[group]
            self._state[group] = (min(limit, left), _start(window))

    def mark_exhausted(self, group: str) -> None:
        """Let nothing more go in the window of now."""
        _, window = self._table.get(group, UNKNOWN)
        self._state[group] = (0, _start(window))


def _start(window: float) -> float:
    second = int(loop_time())
    return second - second % window


def _read(header: str | None) -> tuple[str, int | None]:
    """Read group and ``sec``; without a group it is "default", as on the page."""
    group, left = "default", None
    try:
        for part in (part.strip() for part in (header or "").split(";")):
            if part.startswith("group="):
                group = part.split("=", 1)[1].strip()
            elif part.startswith("sec="):
                left = int(part.split("=", 1)[1].strip())
    except ValueError:
        return group, None
    return group, left


def _make(quota: Quota, _dice: Random) -> Caller:
    limiter = PageLimiter({quota.group: (quota.limit, quota.period)})

    def hear(reply: Reply) -> None:
        if reply.status == THROTTLED:
            limiter.mark_exhausted(quota.group)
        limiter.update_from_header(reply.remaining_req)

    slot = partial(after, partial(limiter.acquire, quota.group))
    # To the page a 429 is the limiter's business. It says nothing of a 418, and has no code for it.
    return Caller(quota, slot, hear=hear, stops_at=(BLOCKED,))


PAGE = Entry(
    name="best-practices page",
    settings="as published, asked by many tasks at once; its caller stops at a 418",
    make=_make,
)
