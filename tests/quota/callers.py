"""Those who ask for permits: each holds its own until it is told what became of the request."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, TypeAlias

from upbit_monitor.errors import Withheld
from upbit_monitor.quota import Permit, Remaining

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.quota import GroupState, RateLimiter

    Deed: TypeAlias = Callable[[Permit], None]


def departed(permit: Permit) -> None:
    """Put the request on the wire; without more it is lost there."""
    permit.departed()


def well(left: int | None = None, limit: int | None = None) -> Deed:
    """Answer well, with a header that says what is left, or with none."""

    def deed(permit: Permit) -> None:
        permit.departed()
        permit.settle(None if left is None else Remaining(permit.group, left, limit))

    return deed


def throttled(seconds: float | None = None) -> Deed:
    """Answer 429."""

    def deed(permit: Permit) -> None:
        permit.departed()
        permit.refused(seconds)

    return deed


def blocked(seconds: float | None = None) -> Deed:
    """Answer 418."""

    def deed(permit: Permit) -> None:
        permit.departed()
        permit.blocked(seconds)

    return deed


class Caller:
    """Asks at once, in a task of its own.

    Its state: the permit; when it was granted; what became of it: waiting, holding, or how it ended
    (done, deadline, blocked, cancelled).
    """

    def __init__(
        self,
        limiter: RateLimiter,
        group: str = "ticker",
        *,
        patience: float = math.inf,
        priority: int = 0,
    ) -> None:
        self.permit = limiter.permit(group, patience=patience, priority=priority)
        self.group = group
        self.priority = priority
        self.state = "waiting"
        self.granted_at = math.nan
        self._deeds: asyncio.Queue[tuple[Deed, ...] | None] = asyncio.Queue()
        self.task = asyncio.get_running_loop().create_task(self._call())

    def tell(self, *deeds: Deed) -> None:
        """Let this happen to the request, which stays under way."""
        self._deeds.put_nowait(deeds)

    def end(self, *deeds: Deed) -> None:
        """Let this happen to the request, and leave. Without a deed nothing was sent."""
        self._deeds.put_nowait(deeds)
        self._deeds.put_nowait(None)

    async def _call(self) -> None:
        state = "done"
        try:
            async with self.permit as permit:
                self.state = "holding"
                self.granted_at = asyncio.get_running_loop().time()
                while (deeds := await self._deeds.get()) is not None:
                    for deed in deeds:
                        deed(permit)
        except Withheld as error:
            state = error.reason
        except asyncio.CancelledError:
            state = "cancelled"
        self.state = state


def in_the_instant_after(moment: float, act: Callable[[], object]) -> None:
    """Act after the timers of a moment, and before anybody whom they woke."""
    asyncio.get_running_loop().call_at(math.nextafter(moment, math.inf), act)


async def settled() -> None:
    """Let everything happen that can happen now."""
    for _ in range(20):
        await asyncio.sleep(0)


async def all_of(limiter: RateLimiter, number: int, group: str = "ticker") -> list[Caller]:
    """Give so many callers, in the order of their asking, after all who can go have gone."""
    callers = [Caller(limiter, group) for _ in range(number)]
    await spaced()
    return callers


async def spaced() -> None:
    """Let those go who only wait for the space between two requests."""
    await settled()
    await asyncio.sleep(0.9)


async def known(limiter: RateLimiter, *groups: str) -> None:
    """Let a probe of each group come back well, and its slot come free."""
    for group in groups or tuple(state.group for state in limiter.look()):
        caller = Caller(limiter, group)
        await settled()
        caller.end(well())
        await settled()
        assert caller.state == "done"
    await asyncio.sleep(max(state.period for state in limiter.look()))


def states(callers: list[Caller]) -> list[str]:
    return [caller.state for caller in callers]


def look(limiter: RateLimiter, group: str = "ticker") -> GroupState:
    return next(state for state in limiter.look() if state.group == group)
