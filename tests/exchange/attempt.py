"""One attempt as the client makes it, for tests of the transport alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from upbit_monitor.exchange import Flight, Request

if TYPE_CHECKING:
    from upbit_monitor.exchange import HttpTransport


class Attempt(Flight):
    """A flight that counts its departures."""

    def __init__(self) -> None:
        self.departures = 0
        super().__init__(self._depart)

    def _depart(self) -> None:
        self.departures += 1


async def attempt(transport: HttpTransport, target: str = "/v1/x") -> Attempt:
    flight = Attempt()
    try:
        await transport.send(Request(target), flight)
    finally:
        flight.ended_at = asyncio.get_running_loop().time()
    return flight
