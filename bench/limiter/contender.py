"""What the judge asks of a limiter, whoever wrote it: to say when a request may go.

The judge's callers do ``async with contender.turn() as turn``: entering waits until a request may
be sent; what came of it is told with ``turn.answered``; then the block is left. Time is the running
loop's, which is virtual: a contender that reads another clock is given the loop's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from random import Random


@dataclass(frozen=True, slots=True)
class Reply:
    """What the exchange answered: 200, 429 or 418, and the headers that a limiter may read."""

    status: int
    remaining_req: str | None
    """The header ``Remaining-Req``, as on the wire."""
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What the documents say: ``limit`` requests in ``period`` seconds, in the group ``group``."""

    group: str
    limit: int
    period: float


class Turn(Protocol):
    """One request that may be sent now."""

    def answered(self, reply: Reply | None) -> None:
        """Tell what came of it; ``None`` if no answer came in time."""


class Contender(Protocol):
    """A limiter of one group, in its best configuration."""

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait until one request may be sent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table: who, how configured, and how to make one on the running loop."""

    name: str
    settings: str
    """Its configuration in a few words; stated below the table."""
    make: Callable[[Quota, Random], Contender]
