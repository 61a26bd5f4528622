"""The simulated exchange behind a socket, at a time that stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.simulator.asking import KEY, NOW, PATIENT
from upbit_monitor.simulator import SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    exchange = SimulatedExchange("kr", keys=(KEY,), knobs=PATIENT)
    async with SimulatorServer(exchange, wall=lambda: NOW) as running:
        yield running


@pytest.fixture
async def session(server: SimulatorServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url) as opened:
        yield opened
