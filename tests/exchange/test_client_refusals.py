"""The road in virtual time: what an error status does to the limiter, and how it is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.exchange.road import (
    OK,
    PRIVATE,
    PUBLIC,
    SUCCESS,
    TICKER,
    Road,
    Row,
    answers,
    breaks,
    state,
)
from tests.virtual import run
from upbit_monitor.errors import (
    Blocked,
    Broken,
    Maintenance,
    Mistaken,
    Refused,
    Throttled,
    Unreachable,
    Withheld,
)
from upbit_monitor.quota import Remaining


class Refusal(NamedTuple):
    """An error answer, and what is to become of it."""

    status: int
    body: bytes
    kind: type[Refused]
    failure: str
    error: str
    message: str


REFUSALS = [
    Refusal(400, b'{"error":{"name":400,"message":"m"}}', Mistaken, "http_4xx", "400", "m"),
    Refusal(401, b'{"error":{"name":"n","message":"m"}}', Mistaken, "http_4xx", "n", "m"),
    Refusal(404, b"", Mistaken, "http_4xx", "Mistaken", "an empty body"),
    Refusal(302, b"", Mistaken, "http_4xx", "Mistaken", "an empty body"),
    Refusal(
        403,
        b'{"error":{"name":"market_offline","message":"m"}}',
        Maintenance,
        "http_4xx",
        "market_offline",
        "m",
    ),
    Refusal(500, b"oops", Broken, "http_5xx", "Broken", "oops"),
    Refusal(504, b'{"message":"m"}', Broken, "http_5xx", "Broken", "m"),
    Refusal(408, b"slow", Broken, "http_5xx", "Broken", "slow"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: str(case.status))
def test_an_error_status_is_refused_settled_and_told(case: Refusal) -> None:
    road = Road(answers(case.status, case.body, OK))

    async def main() -> None:
        with pytest.raises(case.kind) as caught:
            await road.get()
        assert (caught.value.status, caught.value.message) == (case.status, case.message)
        assert road.told == replace(
            SUCCESS,
            status=case.status,
            size=len(case.body),
            failure=case.failure,
            error=case.error,
            message=case.message,
        )
        assert road.free == 9, "an error is an answer: it spends its slot, and shuts nothing"

    run(main())


def test_a_429_shuts_its_group_for_as_long_as_it_says_and_no_other() -> None:
    road = Road(answers(429, b"Too many API requests.", {"Retry-After": "3"}), answers(), answers())

    async def main() -> None:
        with pytest.raises(Throttled):
            await road.get()
        assert road.told == replace(
            SUCCESS,
            status=429,
            remaining=None,
            header="missing",
            failure="throttled",
            error="Throttled",
            message="Too many API requests.",
            size=22,
            limit=state(road.public, "market").limit,
        )
        market = state(road.public, "market")
        assert (market.left, market.shut_for) == (0, 3.0)
        await road.client.get(TICKER)
        await road.get()
        assert [at for at, _ in road.transport.asked] == [0.0, 0.25, 3.25]

    run(main())


def test_a_418_shuts_the_whole_scope_for_as_long_as_it_says() -> None:
    message = b"Blocked for 20 seconds."
    road = Road(answers(418, message), answers(), answers())

    async def main() -> None:
        with pytest.raises(Blocked):
            await road.get()
        assert road.told == replace(
            SUCCESS,
            status=418,
            remaining=None,
            header="missing",
            failure="blocked",
            error="Blocked",
            message=message.decode(),
            size=len(message),
        )
        for endpoint in (PUBLIC, TICKER):
            with pytest.raises(Withheld):
                await road.client.get(endpoint)
        assert len(road.tape.calls) == 1, "what was never an attempt is not told"
        assert await road.client.get(PRIVATE) == [Row("KRW-BTC")], "an account is another scope"
        await asyncio.sleep(20)
        await road.client.get(TICKER)

    run(main())
    assert len(road.transport.asked) == 3


def test_one_whose_group_is_shut_while_it_connects_does_not_go() -> None:
    road = Road(answers(headers=OK), answers(429, b""), answers(connecting=0.5))

    async def main() -> None:
        await road.get()
        road.tape.events.clear()
        outcomes = await asyncio.gather(road.get(), road.get(), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Throttled, Withheld]
        assert road.public.rejected == {("market", "blocked"): 1}
        assert state(road.public, "market").under_way == 0

    run(main())
    attempt = [("departed", "kr/market_all"), ("told", "kr/market_all")]
    assert road.tape.events == attempt, "what never went is no attempt"


def test_a_header_beside_a_429_is_believed_too() -> None:
    road = Road(answers(429, b"", {"Remaining-Req": "group=market; min=240; sec=0"}))

    async def main() -> None:
        with pytest.raises(Throttled):
            await road.get()
        assert state(road.public, "market").limit == 4
        assert (road.told.limit, road.told.remaining) == (4, Remaining("market", 0, 4))

    run(main())


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (418, Blocked)])
def test_a_refusal_shuts_even_if_its_body_is_lost(status: int, error: type[Refused]) -> None:
    cut = Unreachable("disconnect", "cut")
    whole = Road(answers(status, b"", {"Retry-After": "5"}))
    broken = Road(breaks(cut, sent=True, status=status, headers={"Retry-After": "5"}))

    async def main() -> None:
        with pytest.raises(error):
            await whole.get()
        expected = state(whole.public, "market").shut_for
        with pytest.raises(Unreachable):
            await broken.get()
        assert state(broken.public, "market").shut_for == pytest.approx(expected)
        assert expected >= 5.0
        assert (broken.told.status, broken.told.failure) == (status, "disconnect")

    run(main())
