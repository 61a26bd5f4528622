"""Attempts counted are requests received: metrics live on this, so it is tried on a real wire."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from tests.exchange.origin import Origin, Received, Reply, Then, http, reply
from tests.exchange.road import BODY, PUBLIC, TICKER, Tape
from upbit_monitor.errors import ExchangeError
from upbit_monitor.exchange import ExchangeClient, HttpTransport, Timeouts
from upbit_monitor.quota import Quota, RateLimiter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_monitor.exchange import Call

REQUESTS: Final = 400
WORKERS: Final = 8

# A reply that ends the connection says so, or says no more: a client cannot know whether what it
# sends into a connection that is just being closed will be received.
CUT: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n["
FAULTS: Final[Mapping[str, tuple[int | None, Reply]]] = {
    "ok": (200, reply(http(BODY, 200, "Remaining-Req: group=market; min=600; sec=9"))),
    "last": (200, reply(http(BODY, 200, "Connection: close"), then=Then.CLOSE)),
    "mistaken": (404, reply(http(b'{"error":{"name":404,"message":"Code not found"}}', 404))),
    "throttled": (429, reply(http(b"Too many API requests.", 429))),
    "broken": (503, reply(http(b"<html>", 503))),
    "unreadable": (200, reply(http(b"<html>"))),
    "redirect": (302, reply(http(b"", 302, "Location: /v1/ticker"))),
    "cut": (200, reply(CUT, then=Then.CLOSE)),
    "dropped": (None, reply(then=Then.CLOSE)),
    "reset": (None, reply(then=Then.RESET)),
    "garbage": (None, reply(b"SSH-2.0\r\n\r\n", then=Then.HANG)),
    "silent": (None, reply(then=Then.HANG)),
    "stuck": (200, reply(CUT, then=Then.HANG)),
}
ODDS: Final = {"ok": 40, "silent": 1, "stuck": 1}
"""How often; once in five where nothing is said."""


GIVEN_UP: Final = {"timeout", "cancelled"}


class Exchange:
    """A server with dice. Its state: the status that it said, by request."""

    def __init__(self, dice: random.Random) -> None:
        self.said: dict[str, int | None] = {}
        self._dice = dice

    def answer(self, request: Received) -> Reply:
        (fault,) = self._dice.choices(list(FAULTS), [ODDS.get(name, 5) for name in FAULTS])
        self.said[request.target], answer = FAULTS[fault]
        return answer


async def ask(client: ExchangeClient, exchange: Exchange, dice: random.Random) -> Counter[str]:
    """Ask many times, sometimes without the patience to hear the answer."""
    outcomes: Counter[str] = Counter()
    for _ in range(REQUESTS // WORKERS):
        endpoint, number = dice.choice([PUBLIC, TICKER]), str(dice.random())
        question = asyncio.create_task(client.get(endpoint, ("n", number)))
        if dice.random() < 0.1:
            # Hang up when the request is there, and its answer is not.
            there = f"{endpoint.path}?n={number}"
            while there not in exchange.said and not question.done():  # noqa: ASYNC110 -- a poll will do
                await asyncio.sleep(0)
            question.cancel()
        try:
            await question
            outcomes["success"] += 1
        except ExchangeError as error:
            outcomes[error.reason] += 1
        except asyncio.CancelledError:
            outcomes["cancelled"] += 1
    return outcomes


def target(call: Call) -> str:
    path = {PUBLIC.name: PUBLIC.path, TICKER.name: TICKER.path}[call.endpoint]
    return f"{path}?{call.query}"


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_attempts_that_were_sent_are_the_requests_received(seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 -- pytest shows it beside a failure
    exchange, tape = Exchange(random.Random(seed)), Tape()
    quotas = {name: Quota(10_000, 0.001) for name in ("market", "ticker")}
    async with Origin(exchange.answer) as origin:
        async with HttpTransport(origin.url, timeouts=Timeouts(read=0.05)) as transport:
            client = ExchangeClient(
                target="kr",
                poll="many",
                transport=transport,
                public=RateLimiter(quotas, dice=lambda: 0.0),
                observers=(tape,),
            )
            workers = (
                ask(client, exchange, random.Random(f"{seed} {number}"))
                for number in range(WORKERS)
            )
            outcomes = sum(await asyncio.gather(*workers), Counter[str]())
        await origin.drained()

    sent = [call for call in tape.calls if call.sent]
    received = [request.target for request in origin.received]
    departed = Counter(what for kind, what in tape.events if kind == "departed")
    assert sum(outcomes.values()) == REQUESTS
    assert len(sent) > REQUESTS / 2
    assert sorted(map(target, sent)) == sorted(received), "each sent is received, and once"
    assert Counter(f"kr/{call.endpoint}" for call in sent) == departed
    # Whoever hangs up may have missed the status that the server was about to say.
    heard = [call for call in sent if call.failure not in GIVEN_UP]
    assert Counter((call.endpoint, call.status) for call in heard) == Counter(
        (call.endpoint, exchange.said[target(call)]) for call in heard
    )
    for call in sent:
        assert call.status in {None, exchange.said[target(call)]}
    assert {call.failure for call in tape.calls} == GIVEN_UP | {
        None, "http_4xx", "http_5xx", "throttled", "payload", "disconnect",
    }  # fmt: skip
