"""The road to a simulated exchange without sockets, in whatever time the loop keeps.

It stands in for ``HttpTransport``: the same promises to the client, the same phases of a flight,
and the faults of a real connection. So a whole day of traffic takes seconds, and the exchange's
own ledger can be compared with what the daemon counted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from upbit_monitor.errors import Unreachable
from upbit_monitor.exchange import Answer, Timeouts
from upbit_monitor.simulator import Arrival, Headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.exchange import Flight, Request
    from upbit_monitor.simulator import Reply, SimulatedExchange

DEFAULT_TIMEOUTS = Timeouts()


class SimulatedTransport:
    """One kept-alive connection. Its state: whether it is open, and whether it is doomed.

    ``travel``: seconds that a request, or an answer, is on its way.
    """

    def __init__(
        self,
        exchange: SimulatedExchange,
        *,
        wall: Callable[[], float],
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        travel: float = 0.015,
    ) -> None:
        self._exchange = exchange
        self._wall = wall
        self._timeouts = timeouts
        self._travel = travel
        self._open = False
        self._doomed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False

    async def send(self, request: Request, flight: Flight) -> Answer:
        """Send a request once. Raises ``Unreachable``."""
        try:
            async with asyncio.timeout(self._timeouts.read):
                return await self._travelled(request, flight)
        except TimeoutError:
            self._open = False
            raise Unreachable("timeout", "no whole answer in time") from None

    async def _travelled(self, request: Request, flight: Flight) -> Answer:
        flight.reused, self._open = self._open, True
        departed = _now()
        flight.departed(departed)
        await asyncio.sleep(self._travel)
        arrival = Arrival("GET", request.target, Headers(request.headers))
        if self._doomed:
            self._doomed = False
            self._exchange.lose(arrival)
            raise self._lost()
        reply = self._exchange.answer(arrival, self._wall())
        if reply.fault == "hang":
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(reply.delay_seconds + self._travel)
        if reply.fault == "reset":
            raise self._lost()
        flight.head_at = _now()
        flight.phases["processing"] = flight.head_at - departed
        return self._received(reply, flight)

    def _received(self, reply: Reply, flight: Flight) -> Answer:
        flight.status, flight.headers = reply.status, reply.headers
        flight.phases["transfer"] = 0.0
        if reply.fault == "reset_mid_body":
            flight.size = len(reply.body) // 2
            raise self._lost()
        flight.size = len(reply.body)
        self._doomed = reply.fault == "drop_keepalive"
        return Answer(reply.status, reply.headers, reply.body)

    def _lost(self) -> Unreachable:
        self._open = False
        return Unreachable("disconnect", "the connection was lost")


def _now() -> float:
    return asyncio.get_running_loop().time()
