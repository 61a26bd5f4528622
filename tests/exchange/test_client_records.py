"""The road in virtual time: what is settled with the limiter, and what is told of an attempt."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from tests.exchange.road import (
    NEVER_SENT,
    NO_ANSWER,
    OK,
    SUCCESS,
    WALL,
    Road,
    Row,
    answers,
    breaks,
)
from tests.virtual import run
from upbit_monitor.errors import Unreachable, Unreadable
from upbit_monitor.exchange import Dated
from upbit_monitor.quota import Remaining

if TYPE_CHECKING:
    from upbit_monitor.exchange import Answer, Call, Flight, Request


def test_a_good_answer_is_typed_landed_and_told() -> None:
    road = Road(answers(headers=OK))

    async def main() -> None:
        assert await road.get() == [Row("KRW-BTC")]
        assert road.told == SUCCESS
        assert road.free == 9

    run(main())


def test_the_header_of_an_answer_without_its_body_is_believed() -> None:
    road = Road(breaks(Unreachable("timeout", "slow"), sent=True, status=200, headers=OK))

    async def main() -> None:
        with pytest.raises(Unreachable):
            await road.get()
        assert road.told == replace(
            SUCCESS, failure="timeout", error="Unreachable", message="slow", size=0
        )
        assert road.free == 9

    run(main())


def test_a_200_of_another_shape_is_told_as_payload() -> None:
    road = Road(answers(200, b"<html>", OK))

    async def main() -> None:
        with pytest.raises(Unreadable) as caught:
            await road.get()
        assert road.told == replace(
            SUCCESS, failure="payload", error="Unreadable", message=str(caught.value), size=6
        )
        assert road.free == 9

    run(main())


@pytest.mark.parametrize("reason", ["dns", "connect", "tls", "timeout"])
def test_what_never_reached_the_wire_gives_its_slot_back(reason: str) -> None:
    road = Road(answers(headers=OK), breaks(Unreachable(reason, "no way"), sent=False))

    async def main() -> None:
        await road.get()
        road.tape.calls.clear()
        with pytest.raises(Unreachable):
            await road.get()
        assert road.told == replace(
            NEVER_SENT, failure=reason, error="Unreachable", message="no way"
        )
        assert road.free == 9, "only the first request holds a slot"
        assert road.tape.events[2:] == [("told", "kr/market_all")], "it never departed"

    run(main())


def test_what_reached_the_wire_holds_its_slot_though_no_answer_came() -> None:
    road = Road(answers(headers=OK), breaks(Unreachable("timeout", "slow"), sent=True))

    async def main() -> None:
        await road.get()
        road.tape.calls.clear()
        with pytest.raises(Unreachable):
            await road.get()
        assert road.told == replace(
            NO_ANSWER, failure="timeout", error="Unreachable", message="slow"
        )
        assert road.free == 8

    run(main())


@pytest.mark.parametrize(
    ("expected", "left"), [(NEVER_SENT, 9), (NO_ANSWER, 8)], ids=["before sending", "after"]
)
def test_a_cancelled_attempt_is_told_and_settled(expected: Call, left: int) -> None:
    never = breaks(RuntimeError("never"), sent=expected.sent, after=60)
    road = Road(answers(headers=OK), never)

    async def main() -> None:
        await road.get()
        road.tape.calls.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.25):
                await road.get()
        assert road.told == replace(
            expected, failure="cancelled", error="CancelledError", message=""
        )
        assert road.free == left

    run(main())


@pytest.mark.parametrize(
    ("value", "header", "remaining"),
    [
        ("group=market; min=600; sec=9", "ok", Remaining("market", 9, 10)),
        (None, "missing", None),
        ("", "malformed", None),
        ("group=market", "malformed", None),
        ("\udcff", "malformed", None),
        ("group=ticker; min=600; sec=8", "unexpected_group", Remaining("ticker", 8, 10)),
    ],
)
def test_the_header_is_judged(value: str | None, header: str, remaining: Remaining | None) -> None:
    road = Road(answers(headers={} if value is None else {"Remaining-Req": value}))
    run(road.get())
    assert (road.told.header, road.told.remaining) == (header, remaining)


def test_each_attempt_has_its_own_id() -> None:
    road = Road(*[answers()] * 20)

    async def main() -> None:
        for _ in range(20):
            await road.get()

    run(main())
    assert len({call.request_id for call in road.tape.calls}) == 20


def test_the_record_of_a_call_stays_as_it_was_told() -> None:
    flights: list[Flight] = []

    async def step(request: Request, flight: Flight) -> Answer:
        flights.append(flight)
        return await answers(headers=OK)(request, flight)

    road = Road(step)
    run(road.get())
    flights[0].phases["resolve"] = 1.0  # a lookup that others wait for too ends in its own time
    assert road.told == SUCCESS


def test_the_date_of_an_answer_is_told_between_its_departure_and_its_head() -> None:
    date = {"Date": formatdate(WALL - 7, usegmt=True)}
    road = Road(answers(headers=date, connecting=1.0, after=0.25))
    run(road.get())
    assert road.told.dated == Dated(WALL - 7, 1.0, 1.25)


def test_the_date_of_an_error_is_told_too() -> None:
    date = {"Date": formatdate(WALL, usegmt=True)}
    road = Road(breaks(Unreachable("timeout", "slow"), sent=True, status=500, headers=date))

    async def main() -> None:
        with pytest.raises(Unreachable):
            await road.get()

    run(main())
    assert road.told.dated == Dated(WALL, 0.0, 0.25)


def test_the_end_of_a_new_connection_s_certificate_is_told() -> None:
    async def step(request: Request, flight: Flight) -> Answer:
        flight.not_after = WALL + 60
        return await answers(headers=OK)(request, flight)

    road = Road(step)
    run(road.get())
    assert road.told == replace(SUCCESS, not_after=WALL + 60)
