"""Requests are counted per group and scope, and strangers take their part."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from tests.simulator.asking import (
    KEY,
    NOW,
    PATIENT,
    TICKER,
    ask,
    get,
    header,
    private,
    simulated,
)
from upbit_monitor.simulator import REGIONS, Arrival, SimulatedExchange

LIMIT = "market=KRW-BTC&side=bid&ord_type=limit&volume=0.001&price=100000000"


def statuses(server: SimulatedExchange, requests: int, now: float = NOW) -> list[int]:
    return [server.answer(TICKER, now).status for _ in range(requests)]


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        (get("/v1/market/all"), "group=market; min=600; sec=9"),
        (get("/v1/candles/days?market=KRW-BTC"), "group=candles; min=600; sec=9"),
        (get("/v1/candles/minutes/5?market=KRW-BTC"), "group=candles; min=600; sec=9"),
        (get("/v1/trades/ticks?market=KRW-BTC"), "group=crix-trades; min=600; sec=9"),
        (get("/v1/ticker?markets=KRW-BTC"), "group=ticker; min=600; sec=9"),
        (get("/v1/ticker/all?quote_currencies=KRW"), "group=ticker; min=600; sec=9"),
        (get("/v1/orderbook?markets=KRW-BTC"), "group=orderbook; min=600; sec=9"),
        (get("/v1/orderbook/instruments?markets=KRW-BTC"), "group=orderbook; min=600; sec=9"),
        (private("GET", "/v1/accounts"), "group=default; min=1800; sec=29"),
        (private("GET", "/v1/orders/open"), "group=default; min=1800; sec=29"),
        (private("POST", "/v1/orders", LIMIT), "group=order; min=720; sec=11"),
        (private("POST", "/v1/orders/test", LIMIT), "group=order-test; min=480; sec=7"),
        (private("DELETE", "/v1/orders/open"), "group=order-cancel-all; min=30; sec=0"),
        (get("/v1/market/all", {"Origin": "https://example.com"}), "group=origin; min=6; sec=0"),
    ],
)
def test_each_endpoint_is_counted_in_its_group(arrival: Arrival, expected: str) -> None:
    assert header(simulated().answer(arrival, NOW)) == expected


@pytest.mark.parametrize(("region", "limit"), [("kr", 12), ("sg", 8), ("id", 8), ("th", 8)])
def test_the_order_limit_depends_on_the_region(region: str, limit: int) -> None:
    query = LIMIT.replace("KRW", REGIONS[region].fiat).replace("0.001", "1")
    server = simulated(PATIENT, region)
    reply = server.answer(private("POST", "/v1/orders", query), NOW)
    assert header(reply) == f"group=order; min={60 * limit}; sec={limit - 1}"


@pytest.mark.parametrize("model", ["anchored", "calendar", "sliding", "bucket"])
def test_the_header_counts_down_to_nought_and_then_comes_the_refusal(model: str) -> None:
    server = simulated(PATIENT.turned({"window": model}))
    replies = [server.answer(TICKER, NOW) for _ in range(11)]
    left = [int((header(reply) or "").rpartition("=")[2]) for reply in replies]
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    assert statuses(server, 11, NOW + 1) == [200] * 10 + [429]


def test_a_refusal_is_free_and_a_failure_is_not() -> None:
    server = simulated(replace(PATIENT, window="sliding"))
    for _ in range(10):
        server.answer(get("/v1/ticker?markets=KRW-NONE"), NOW)
    assert server.answer(TICKER, NOW + 0.9).status == 429
    assert server.answer(TICKER, NOW + 1).status == 200


def test_groups_and_addresses_are_counted_apart() -> None:
    server = simulated()
    assert statuses(server, 11)[-1] == 429
    assert server.answer(get("/v1/market/all"), NOW).status == 200
    assert server.answer(get("/v1/ticker?markets=KRW-BTC", ip="127.0.0.2"), NOW).status == 200


@pytest.mark.parametrize(("region", "apart"), [("kr", True), ("sg", False)])
def test_pockets_have_quotas_of_their_own_in_korea_only(region: str, *, apart: bool) -> None:
    other = replace(KEY, access="other-access-key", pocket="second")
    server = simulated(PATIENT, region, KEY, other)
    for _ in range(30):
        ask(server, private("GET", "/v1/accounts"))
    assert server.answer(private("GET", "/v1/accounts"), NOW).status == 429
    reply = server.answer(private("GET", "/v1/accounts", key=other), NOW)
    assert reply.status == (200 if apart else 429)


def test_two_keys_of_one_account_share_its_quota() -> None:
    other = replace(KEY, access="other-access-key")
    server = simulated(PATIENT, "kr", KEY, other)
    ask(server, private("GET", "/v1/accounts"))
    reply = server.answer(private("GET", "/v1/accounts", key=other), NOW)
    assert header(reply) == "group=default; min=1800; sec=28"


def test_a_limit_can_be_changed_in_mid_run() -> None:
    server = simulated()
    statuses(server, 8)
    server.turn(replace(PATIENT, limits={"ticker": 5}))
    assert statuses(server, 1) == [429]
    server.turn(replace(PATIENT, limits={"ticker": 12}))
    assert statuses(server, 5) == [200] * 4 + [429]
    assert header(server.answer(TICKER, NOW + 1)) == "group=ticker; min=720; sec=11"


def test_a_server_clock_that_is_off_moves_its_seconds_and_its_date() -> None:
    whole = float(int(NOW))
    for offset, later in ((0.0, 429), (0.3, 200)):
        knobs = replace(PATIENT, window="calendar", clock_offset_seconds=offset)
        server = simulated(knobs)
        statuses(server, 10, whole + 0.5)
        assert server.answer(TICKER, whole + 0.8).status == later
    date = simulated(replace(PATIENT, clock_offset_seconds=90)).answer(TICKER, whole).headers
    assert parsedate_to_datetime(date["Date"]).timestamp() == whole + 90


def test_another_window_model_starts_empty() -> None:
    server = simulated()
    statuses(server, 10)
    server.turn(replace(PATIENT, window="sliding"))
    assert statuses(server, 11) == [200] * 10 + [429]


def test_time_does_not_run_back() -> None:
    server = simulated(replace(PATIENT, window="sliding"))
    statuses(server, 10, NOW)
    assert server.answer(TICKER, NOW - 5).status == 429


@pytest.mark.parametrize(
    ("model", "burst"),
    [
        ("anchored", 1),
        ("calendar", 1),
        ("sliding", 1),
        ("bucket", 1),
        ("anchored", 3),
        ("calendar", 3),
        ("sliding", 3),
    ],
)
def test_strangers_take_their_part_of_the_quota(model: str, burst: int) -> None:
    settings = {"window": model, "strangers": "ticker:3", "strangers_burst": str(burst)}
    beats = [NOW + number / 9 for number in range(9 * 20)]
    alone, beside = (
        simulated(PATIENT.turned({"window": model})),
        simulated(PATIENT.turned(settings)),
    )
    assert {alone.answer(TICKER, beat).status for beat in beats} == {200}
    refusals = [beside.answer(TICKER, beat).status for beat in beats].count(429)
    assert 20 <= refusals <= 3 * 20


def test_strangers_show_in_the_header() -> None:
    knobs = replace(PATIENT, window="sliding", strangers={"ticker": 3.0})
    server = simulated(knobs)
    seen = {header(server.answer(TICKER, NOW + 2 * second)) for second in range(20)}
    assert seen == {"group=ticker; min=600; sec=6"}


def test_strangers_saturate_a_quota_and_leave_other_groups_alone() -> None:
    server = simulated(replace(PATIENT, window="sliding", strangers={"ticker": 50.0}))
    assert sum(server.answer(TICKER, NOW + i / 20).status == 200 for i in range(100)) <= 10
    assert header(server.answer(get("/v1/market/all"), NOW)) is not None


def test_a_browser_is_held_to_one_request_in_ten_seconds() -> None:
    server, browser = simulated(), get("/v1/market/all", {"origin": "https://example.com"})
    assert [server.answer(browser, NOW + second).status for second in (0, 9.9, 10)] == [
        200,
        429,
        200,
    ]
    assert statuses(server, 10, NOW + 10) == [200] * 10
