"""Every recorded or documented error body comes out of the simulated exchange as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.asking import KEY, NOW, QUIET, get, private, query_hash, recorded, token
from upbit_monitor.simulator import Arrival, Headers, Key, Knobs, SimulatedExchange

BODIES = recorded("errors/error_bodies.json")
ENGLISH = replace(QUIET, language="en")
OFFLINE = replace(QUIET, maintenance="offline")
ORDER = "market=KRW-BTC&side=bid&ord_type=limit"

# What cannot be reached: a template with no field in it, and an endpoint that is not simulated.
UNREACHABLE = {'"field name" does not have a valid value', "deposit_uuid is empty"}


def forged(claims: dict[str, str] | None = None) -> Arrival:
    return Arrival("GET", "/v1/accounts", Headers(token(claims)))


NARROW = replace(KEY, permissions=frozenset())


BAD_HASH = {"query_hash": query_hash("a=1")}
WRONG_SECRET = token(key=replace(KEY, secret="wrong" * 20))
UNKNOWN_KEY = token(key=replace(KEY, access="unheard-of"))
TEST = private("POST", "/v1/orders/test", ORDER)

Recipe = tuple[Arrival, Knobs, Key]
RECIPES: dict[str, Recipe] = {
    "Type mismatch error. Check the parameters type!": (
        get("/v1/candles/days?market=KRW-BTC&count=many"),
        QUIET,
        KEY,
    ),
    "Missing request parameter error. Check the required parameters!": (
        get("/v1/ticker"),
        QUIET,
        KEY,
    ),
    "Invalid parameter. Check the given value!": (
        get("/v1/candles/days?market=KRW-BTC&to=2026-07-29T00:00:00+09:00"),
        QUIET,
        KEY,
    ),
    "Code not found": (get("/v1/ticker?markets=KRW-GONE"), QUIET, KEY),
    "잘못된 파라미터": (
        private("GET", "/v1/orders/open", "state=wait&states[]=watch"),
        QUIET,
        KEY,
    ),
    "side is missing, side does not have a valid value": (
        private("POST", "/v1/orders", "market=KRW-BTC"),
        QUIET,
        KEY,
    ),
    "다음 마켓에 없는 종목입니다: KRW-BTCs": (
        private("GET", "/v1/orders/chance", "market=KRW-BTCs"),
        QUIET,
        KEY,
    ),
    "주문 가능한 금액(KRW)이 부족합니다.": (
        private("POST", "/v1/orders", f"{ORDER}&volume=10000&price=100000"),
        QUIET,
        KEY,
    ),
    "잘못된 요청": (Arrival("POST", "/v1/orders", body=b"market=KRW-BTC"), QUIET, KEY),
    "이 API는 쿼리 파라미터 형식의 요청만 지원합니다. 요청 본문에 값을 포함할 수 없습니다.": (
        Arrival("DELETE", "/v1/order", body=b"uuid=1"),
        QUIET,
        KEY,
    ),
    "Failed to verify the query of Jwt.": (forged(BAD_HASH), ENGLISH, KEY),
    "Jwt의 query를 검증하는데 실패하였습니다.": (forged(BAD_HASH), QUIET, KEY),
    "Jwt 토큰 검증에 실패했습니다.": (
        Arrival("GET", "/v1/accounts", Headers(WRONG_SECRET)),
        QUIET,
        KEY,
    ),
    "잘못된 엑세스 키입니다.": (
        Arrival("GET", "/v1/accounts", Headers(UNKNOWN_KEY)),
        QUIET,
        KEY,
    ),
    "This is not a verified IP.": (TEST, QUIET, replace(KEY, ips=frozenset({"10.0.0.1"}))),
    "권한이 부족합니다.": (forged(), QUIET, NARROW),
    "시스템 점검 중입니다. 점검이 완료된 후에 다시 시도해주세요.": (
        private("POST", "/v1/orders/test", f"{ORDER}&volume=1&price=10000"),
        OFFLINE,
        KEY,
    ),
    "주문을 찾지 못했습니다.": (private("GET", "/v1/order", "uuid=none"), QUIET, KEY),
}

ENTRIES = [entry for area in ("quotation", "exchange") for entry in BODIES[area]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["body"]["error"]["message"])
def test_a_recorded_error_is_reproduced(entry: dict[str, Any]) -> None:
    message = entry["body"]["error"]["message"]
    if message in UNREACHABLE:
        assert message not in RECIPES
        return
    arrival, knobs, key = RECIPES[message]
    reply = SimulatedExchange("kr", keys=(key,), knobs=knobs).answer(arrival, NOW)
    assert reply.status == entry["status"]
    compact = json.dumps(entry["body"], ensure_ascii=False, separators=(",", ":"))
    assert reply.body.decode() == compact
    for name, text in entry.get("headers", {}).items():
        assert reply.headers[name] == text


def test_a_refusal_by_quota_is_the_text_that_clients_match() -> None:
    (recorded_refusal,) = BODIES["non_json"]
    exchange = SimulatedExchange("kr")
    replies = [exchange.answer(get("/v1/market/all"), NOW) for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [recorded_refusal["status"]]
    assert replies[-1].body.decode() == recorded_refusal["body_text"]
    assert replies[-1].headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_permission_is_401_or_403_by_knob(status: int) -> None:
    knobs = QUIET.turned({"out_of_scope_status": str(status)})
    reply = SimulatedExchange("kr", keys=(NARROW,), knobs=knobs).answer(forged(), NOW)
    assert reply.status == status
