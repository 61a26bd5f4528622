"""A 429 and a 418 in every form that the knobs allow."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.simulator.asking import (
    NOW,
    PATIENT,
    QUIET,
    TICKER,
    get,
    private,
    simulated,
)

if TYPE_CHECKING:
    from upbit_monitor.simulator import Knobs, Reply, SimulatedExchange

STRICT = replace(QUIET, block_after_refusals=3, block_seconds=60, block_growth=2)


def statuses(server: SimulatedExchange, requests: int, now: float = NOW) -> list[int]:
    return [server.answer(TICKER, now).status for _ in range(requests)]


def refused(knobs: Knobs) -> Reply:
    server = simulated(knobs)
    statuses(server, 10)
    return server.answer(TICKER, NOW)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", "Too many API requests."),
        ("json_int", '{"error":{"name":429,"message":"Too many API requests."}}'),
        ("json_name", '{"error":{"name":"too_many_requests","message":"Too many API requests."}}'),
        ("empty", ""),
    ],
)
def test_a_refusal_has_the_body_that_the_knob_says(form: str, expected: str) -> None:
    reply = refused(PATIENT.turned({"refusal_body": form}))
    assert (reply.status, reply.body.decode()) == (429, expected)
    assert ("json" in reply.headers["Content-Type"]) == form.startswith("json")


def test_a_refusal_may_be_a_page() -> None:
    reply = refused(replace(PATIENT, refusal_body="html"))
    assert reply.body.startswith(b"<html>")


def test_retry_after_is_absent_or_seconds_or_a_date() -> None:
    assert "Retry-After" not in refused(PATIENT).headers
    assert refused(replace(PATIENT, retry_after="seconds")).headers["Retry-After"] == "1"
    date = refused(replace(PATIENT, retry_after="date")).headers["Retry-After"]
    assert 1 <= parsedate_to_datetime(date).timestamp() - NOW < 2


def test_refusals_bring_a_block_that_ends_and_grows() -> None:
    server = simulated(STRICT)
    assert statuses(server, 15) == [200] * 10 + [429] * 3 + [418] * 2
    assert statuses(server, 1, NOW + 59.9) == [418]
    assert statuses(server, 14, NOW + 60) == [200] * 10 + [429] * 3 + [418]
    assert statuses(server, 1, NOW + 179.9) == [418]
    assert statuses(server, 1, NOW + 180) == [200]


def test_refusals_that_lie_far_apart_bring_no_block() -> None:
    server = simulated(replace(STRICT, block_within_seconds=2))
    for second in range(20):
        assert statuses(server, 11, NOW + 2 * second)[-1] == 429


@pytest.mark.parametrize(("scope", "other"), [("scope", 418), ("group", 200)])
def test_a_block_holds_for_the_scope_or_the_group(scope: str, other: int) -> None:
    server = simulated(STRICT.turned({"block_scope": scope}))
    statuses(server, 14)
    assert server.answer(TICKER, NOW).status == 418
    assert server.answer(get("/v1/market/all"), NOW).status == other
    assert server.answer(get("/v1/ticker?markets=KRW-BTC", ip="127.0.0.9"), NOW).status == 200
    assert server.answer(private("GET", "/v1/accounts"), NOW).status == 200


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", "Blocked for 45 seconds."),
        ("korean", "요청이 차단되었습니다. 45초 후에 다시 시도해 주세요."),
        ("json", '{"error":{"name":418,"message":"Blocked for 45 seconds."}}'),
        ("silent", ""),
        ("header", ""),
    ],
)
def test_a_block_tells_its_rest_as_the_knob_says(form: str, expected: str) -> None:
    server = simulated(STRICT.turned({"block_message": form}))
    statuses(server, 13)
    reply = server.answer(TICKER, NOW + 15)
    assert (reply.status, reply.body.decode()) == (418, expected)
    assert reply.headers.get("Retry-After") == ("45" if form == "header" else None)
