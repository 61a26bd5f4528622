"""The road in virtual time: what is waited for, signed, sent, and to whom it is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.exchange.road import PRIVATE, PUBLIC, TICKER, Road, Tape, answers, now, state
from tests.virtual import run
from upbit_monitor.errors import Broken, Refused, Unreadable
from upbit_monitor.quota import Quota, RateLimiter


def test_one_that_is_cancelled_while_it_waits_leaves_no_trace() -> None:
    road = Road(answers(), answers(), market=Quota(1))

    async def main() -> None:
        await road.get()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await road.get()
        assert (len(road.tape.calls), len(road.transport.asked)) == (1, 1)
        assert state(road.public, "market").waiting == 0
        await road.get()
        assert now() == 1.5, "the slot came free one period after the first answer, not later"

    run(main())


def test_a_request_is_signed_after_its_wait() -> None:
    road = Road(answers(), answers())
    client = replace(road.client, account=RateLimiter({"default": Quota(1, 5.0)}))

    async def main() -> None:
        await asyncio.gather(client.get(PRIVATE, ("a", "1")), client.get(PRIVATE, ("b", "2")))

    run(main())
    assert road.signer.signed == [(0.0, "a=1"), (5.25, "b=2")]
    assert [at for at, _ in road.transport.asked] == [0.0, 5.25]
    assert [call.waited for call in road.tape.calls] == [0.0, 5.25]
    tokens = [request.headers for _, request in road.transport.asked]
    assert tokens == [{"Authorization": f"Bearer token-{number}"} for number in (1, 2)]


def test_what_is_sent_and_what_is_signed_are_the_same_query() -> None:
    road = Road(answers())
    run(road.client.get(PRIVATE, ("states[]", "wait"), ("to", "a+b")))
    ((_, request),) = road.transport.asked
    assert request.target == "/v1/orders/open?states%5B%5D=wait&to=a%2Bb"
    assert road.signer.signed == [(0.0, "states[]=wait&to=a+b")]
    assert road.told.query == "states[]=wait&to=a+b"


def test_a_public_question_is_not_signed() -> None:
    road = Road(answers())
    run(road.get())
    ((_, request),) = road.transport.asked
    assert (dict(request.headers), road.signer.signed) == ({}, [])


def test_a_private_question_without_a_key_is_a_clear_error() -> None:
    road = Road()
    for keyless in (replace(road.client, account=None), replace(road.client, signer=None)):
        with pytest.raises(ValueError, match="/v1/orders/open needs a key, and target kr has none"):
            run(keyless.get(PRIVATE))
    assert (road.transport.asked, road.tape.calls) == ([], [])


def test_observers_are_told_in_order_and_once() -> None:
    road = Road(answers(), answers(500))
    events: list[tuple[str, str]] = []
    tapes = Tape("a ", events), Tape("b ", events)
    client = replace(road.client, observers=tapes)

    async def main() -> None:
        await client.get(PUBLIC)
        with pytest.raises(Broken):
            await client.get(TICKER)

    run(main())
    assert events == [
        (f"{observer} {what}", f"kr/{endpoint}")
        for endpoint in ("market_all", "ticker")
        for what in ("departed", "told")
        for observer in ("a", "b")
    ]
    assert [tape.groups for tape in tapes] == [["market", "ticker"]] * 2


def test_one_answer_is_one_request_whatever_becomes_of_it() -> None:
    script = [answers(500), answers(429, b""), answers(200, b"x"), answers(401)]
    road = Road(*script)

    async def main() -> None:
        for _ in script:
            with pytest.raises((Refused, Unreadable)):
                await road.get()

    run(main())
    assert len(road.transport.asked) == len(script) == len(road.tape.calls)


def test_no_secret_is_in_the_record() -> None:
    road = Road(answers())
    run(road.client.get(PRIVATE, ("page", "1")))
    assert "token" not in repr(road.told)
    assert "signer" not in repr(road.client)
