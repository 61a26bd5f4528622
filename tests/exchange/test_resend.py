"""One attempt is one request: what aiohttp would send again by itself is not sent again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.exchange.origin import Origin, Received, Reply, Then, http, reply
from upbit_monitor.errors import Unreachable, Withheld
from upbit_monitor.exchange import Flight, HttpTransport, Request
from upbit_monitor.exchange import transport as module

if TYPE_CHECKING:
    import aiohttp

ATTEMPTS = 10


def drops_reused(then: Then) -> Origin:
    """Give a server that answers the first request of a connection and drops the second."""

    def answer(request: Received) -> Reply:
        return reply(then=then) if request.earlier else reply(http())

    return Origin(answer)


async def failures(origin: Origin) -> list[str | None]:
    """Attempt ten times, one after another; give the reason of each failure."""
    reasons: list[str | None] = []
    async with HttpTransport(origin.url) as transport:
        for number in range(ATTEMPTS):
            try:
                request = Request("/v1/x", {"X-Attempt": str(number)})
                await transport.send(request, Flight(lambda: None))
                reasons.append(None)
            except Unreachable as error:
                reasons.append(error.reason)
    return reasons


def attempts(origin: Origin) -> list[int]:
    """Give the number of each attempt that reached the server, in order."""
    return [int(request.headers["x-attempt"]) for request in origin.received]


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
async def test_a_request_on_a_dropped_connection_is_not_sent_again(then: Then) -> None:
    async with drops_reused(then) as origin:
        assert await failures(origin) == [None, "disconnect"] * (ATTEMPTS // 2)
        assert attempts(origin) == list(range(ATTEMPTS))


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
async def test_without_the_middleware_it_would_be(
    then: Then, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def let_through(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        return await handler(request)

    monkeypatch.setattr(module, "_once", let_through)
    async with drops_reused(then) as origin:
        assert await failures(origin) == [None] * ATTEMPTS
        assert len(attempts(origin)) > len(set(attempts(origin))) == ATTEMPTS


async def test_a_server_that_closes_between_two_polls_costs_at_most_one_attempt() -> None:
    async with Origin(lambda _: reply(http(), then=Then.CLOSE)) as origin:
        reasons = await failures(origin)
        received = attempts(origin)
    # Whether the end of a connection is seen in time is a race; what must hold, holds either way.
    assert all(None in pair for pair in pairwise(reasons)), "never two failures in a row"
    assert reasons[0] is None
    assert received == sorted(set(received)), "none was sent again"


async def test_one_that_may_not_depart_any_more_is_not_sent() -> None:
    def refuse() -> None:
        raise Withheld("blocked", "market", 1.0)

    async with Origin(lambda _: reply(http())) as origin:
        async with HttpTransport(origin.url) as transport:
            with pytest.raises(Withheld):
                await transport.send(Request("/v1/x", {"X-Attempt": "0"}), Flight(refuse))
            await transport.send(Request("/v1/x", {"X-Attempt": "1"}), Flight(lambda: None))
        await origin.drained()
        assert attempts(origin) == [1]
