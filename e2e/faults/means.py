"""By what faults are made: a knob that is turned, a knob that is turned on and off, a deed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from e2e.scenario import Fault, Stage
    from upbit_monitor.simulator import SimulatedExchange


@asynccontextmanager
async def nothing(_: Stage) -> AsyncIterator[None]:
    """Let all be well."""
    yield


def turned(**knobs: Any) -> Fault:  # noqa: ANN401 -- as the knobs are
    """Turn knobs, and back."""

    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        before = stage.venue.exchange.knobs
        stage.venue.turn(**knobs)
        try:
            yield
        finally:
            stage.venue.exchange.turn(before)

    return fault


def pulsed(on: float, every: float, **knobs: Any) -> Fault:  # noqa: ANN401 -- as the knobs are
    """Turn knobs for ``on`` seconds of ``every`` so many: a share of what comes evenly.

    Dice would do too, but now and then throw so many failures in a row that a poll stays away.
    """

    async def pulse(stage: Stage) -> None:
        before = stage.venue.exchange.knobs
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            while True:
                stage.venue.turn(**knobs)
                await asyncio.sleep(start + on - clock())
                stage.venue.exchange.turn(before)
                start += every
                await asyncio.sleep(start - clock())
        finally:
            stage.venue.exchange.turn(before)

    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        task = asyncio.create_task(pulse(stage))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return fault


def done(
    begin: Callable[[SimulatedExchange, str], object],
    end: Callable[[SimulatedExchange, str], object] = lambda _, __: None,
) -> Fault:
    """Do something to an exchange and its bitcoin market, and something else at the end."""

    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        exchange, market = stage.venue.exchange, stage.venue.market
        begin(exchange, market)
        try:
            yield
        finally:
            end(exchange, market)

    return fault
