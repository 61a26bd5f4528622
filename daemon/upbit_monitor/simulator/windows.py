"""Four ways in which a server may count requests, and which of them it would refuse.

No source settles which one the exchange uses, so each is here, exact and alone. They share no
code with any limiter: they are the judges of limiters.

A caller asks `remaining(now)` and, when that is above nought, tells the window of an admitted
request with `count(now)`. A refused request is never told: refusals are free. `now` is in
seconds on any clock and never decreases from call to call. An instant exactly one period after
a request no longer belongs to that request's window.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Law:
    """At most `limit` requests in a period of so many seconds."""

    limit: int
    period: float = 1.0


class Window(Protocol):
    """One group's count for one client, under one model."""

    def remaining(self, now: float) -> int:
        """How many requests it would admit at this instant."""

    def count(self, now: float) -> None:
        """Book one admitted request."""

    def enact(self, law: Law, now: float, /) -> None:
        """Change the law; what was admitted under the old one stays booked."""


class Anchored:
    """A period begins with the first request that finds none running.

    Its state is when the running period began and what was admitted in it.
    """

    def __init__(self, law: Law) -> None:
        self._law = law
        self._began = -math.inf
        self._used = 0

    def remaining(self, now: float) -> int:
        """What the running period leaves, or a whole period when it is over."""
        used = 0 if self._over(now) else self._used
        return max(0, self._law.limit - used)

    def count(self, now: float) -> None:
        """Book one; it begins a period if none runs."""
        if self._over(now):
            self._began, self._used = now, 0
        self._used += 1

    def enact(self, law: Law, _now: float) -> None:
        """Apply to the running period at once."""
        self._law = law

    def _over(self, now: float) -> bool:
        return now - self._began >= self._law.period


class Calendar:
    """Periods are the whole multiples of the server's clock: its seconds.

    Its state is the number of the latest period that saw a request, and what was admitted in it.
    `offset` seconds is the server's clock minus the clock of `now`.
    """

    def __init__(self, law: Law, offset: float = 0.0) -> None:
        self._law = law
        self._offset = offset
        self._period: int | None = None
        self._used = 0

    def remaining(self, now: float) -> int:
        """What this second of the server's clock leaves."""
        used = self._used if self._number(now) == self._period else 0
        return max(0, self._law.limit - used)

    def count(self, now: float) -> None:
        """Book one in this second of the server's clock."""
        number = self._number(now)
        self._used = self._used + 1 if number == self._period else 1
        self._period = number

    def enact(self, law: Law, _now: float) -> None:
        """Apply to the running period at once."""
        self._law = law

    def _number(self, now: float) -> int:
        return math.floor((now + self._offset) / self._law.period)


class Sliding:
    """Any period-long interval counts. Its state is the times of what was admitted lately."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._times: deque[float] = deque()

    def remaining(self, now: float) -> int:
        """What the period that ends now leaves."""
        used = sum(now - time < self._law.period for time in self._times)
        return max(0, self._law.limit - used)

    def count(self, now: float) -> None:
        """Book one, and forget what no longer counts."""
        while self._times and now - self._times[0] >= self._law.period:
            self._times.popleft()
        self._times.append(now)

    def enact(self, law: Law, _now: float) -> None:
        """Apply to everything remembered."""
        self._law = law


class Bucket:
    """A bucket of `limit` tokens that refills evenly, `limit` a period.

    Its state is the tokens it held when it was last told of a request.
    """

    # Sums of floats near the present epoch are off by a quarter of a microsecond; a token that is
    # full but for that is full.
    _GRAIN = 1e-6

    def __init__(self, law: Law) -> None:
        self._law = law
        self._tokens = float(law.limit)
        self._at = -math.inf

    def remaining(self, now: float) -> int:
        """The whole tokens in the bucket."""
        return max(0, math.floor(self._level(now) + self._GRAIN))

    def count(self, now: float) -> None:
        """Take one token."""
        self._tokens = self._level(now) - 1
        self._at = now

    def enact(self, law: Law, now: float) -> None:
        """Change size and refill from now on; tokens held stay, up to the new size."""
        self._tokens, self._at = self._level(now), now
        self._law = law

    def _level(self, now: float) -> float:
        refill = self._law.limit / self._law.period
        return min(self._law.limit, self._tokens + (now - self._at) * refill)


def window(model: str, law: Law, offset: float = 0.0) -> Window:
    """An empty window of a model: anchored, calendar, sliding or bucket.

    Raises ValueError for another name.
    """
    match model:
        case "anchored":
            return Anchored(law)
        case "calendar":
            return Calendar(law, offset)
        case "sliding":
            return Sliding(law)
        case "bucket":
            return Bucket(law)
    raise ValueError(f"no window model {model!r}")
