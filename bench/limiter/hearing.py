"""Limiters that live on an API's headers, told of ours in theirs: discord.py and hikari.

Both expect to be told limit, remaining, and when the window ends, which this exchange keeps to
itself. Three ends were tried, and the best for both, or as good as any, is one period from the
first answer after the last end. Rejected: one period from each answer, on which hikari nearly
stops, and the part of the period that is used up, by which it overshoots.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from bench.limiter.clocks import BusyClock, give_clock, loop_time
from bench.limiter.contender import Entry
from bench.limiter.manners import THROTTLED, Caller

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from random import Random

    from aiohttp import ClientResponse

    from bench.limiter.contender import Quota, Reply


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, in the words of their headers."""

    limit: int
    remaining: int
    reset_at: float
    reset_after: float


class Translator:
    """Makes their headers of ours. Its state is when the window ends."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._reset_at = 0.0

    def translated(self, reply: Reply) -> Told | None:
        """Translate what the answer says of the quota; ``None`` if it says nothing.

        ``min`` is sixty times the limit of a second. What it is where the period is another one
        nobody says, so there the documented limit stands.
        """
        parts = (part.strip() for part in (reply.remaining_req or "").split(";"))
        try:
            fields = dict(part.split("=", 1) for part in parts)
            remaining, each_minute = int(fields["sec"]), int(fields["min"])
        except (KeyError, ValueError):
            return None
        limit = each_minute // 60 if self._quota.period == 1 else self._quota.limit
        now = loop_time()
        if now >= self._reset_at:
            self._reset_at = now + self._quota.period
        return Told(limit, remaining, self._reset_at, self._reset_at - now)


def _discord(quota: Quota, _dice: Random) -> Caller:
    with warnings.catch_warnings():
        # For sound it imports a module that Python 3.13 no longer has.
        warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
        from discord.http import Ratelimit

    bucket, translator = Ratelimit(None), Translator(quota)

    def hear(reply: Reply) -> None:
        told = translator.translated(reply)
        # As in HTTPClient.request, a 429 tells the bucket nothing.
        if told is None or reply.status == THROTTLED:
            return
        headers = {
            "X-Ratelimit-Limit": str(told.limit),
            "X-Ratelimit-Remaining": str(told.remaining),
            "X-Ratelimit-Reset-After": str(told.reset_after),
        }
        # It takes aiohttp's response, and reads nothing of it but the headers.
        bucket.update(cast("ClientResponse", SimpleNamespace(headers=headers)))

    # It is annotated as if its block always failed.
    slot = cast("AbstractAsyncContextManager[object]", bucket)
    return Caller(quota, lambda: slot, hear=hear)


def _hikari(quota: Quota, _dice: Random) -> Caller:
    from hikari.impl import buckets, rate_limits
    from hikari.internal.routes import Route

    clock = BusyClock()
    for module in (buckets, rate_limits):
        give_clock(module, clock)
    # It warns at each pause; what comes of that is for the judge to count.
    logging.getLogger("hikari.ratelimits").setLevel(logging.ERROR)
    everything = rate_limits.ManualRateLimiter()
    route = Route("GET", f"/{quota.group}").compile()  # only named in errors
    bucket = buckets.RESTBucket("unknown", route, everything, max_rate_limit=float("inf"))
    translator = Translator(quota)

    def hear(reply: Reply) -> None:
        told = translator.translated(reply)
        if told is None:
            return
        # As in RESTBucketManager.update_rate_limits, which finds the bucket of a route.
        if bucket.is_unknown:
            bucket.resolve(quota.group, told.remaining, told.limit, told.reset_at, told.reset_after)
        else:
            bucket.update_rate_limit(told.remaining, told.limit, told.reset_at, told.reset_after)

    # A refusal is told as one of everything: else its bucket would go on letting requests go.
    return Caller(quota, lambda: bucket, hear=hear, stop=everything.throttle)


_TOLD = (
    "told limit = min / 60 (documented if the period is not 1 s), remaining = sec, "
    "and that a window ends one period after the first answer in it"
)

DISCORD = Entry("discord.py", f"http.Ratelimit, {_TOLD}, but nothing by a 429", _discord)
HIKARI = Entry("hikari", f"RESTBucket, {_TOLD}; a refusal as a global one", _hikari)
