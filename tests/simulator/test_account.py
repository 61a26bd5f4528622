"""Exchange endpoints: documented shapes, and orders that live as they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.asking import (
    KEY,
    NOW,
    QUIET,
    ask,
    body,
    error_name,
    private,
    recorded,
    shape,
    simulated,
)
from tests.simulator.trading import LIMIT, PRICE, balance, opened, place
from upbit_monitor.simulator import Arrival, Knobs


@pytest.mark.parametrize(
    ("target", "fixture"),
    [
        (("/v1/accounts", ""), "docs_kr/accounts.json"),
        (("/v1/api_keys", ""), "docs_kr/api_keys.json"),
        (("/v1/status/wallet", ""), "docs_kr/status_wallet.json"),
        (("/v1/orders/chance", "market=KRW-BTC"), "docs_kr/orders_chance.json"),
        (("/v1/orders/open", ""), "docs_kr/orders_open.json"),
        (("/v1/orders/closed", ""), "docs_kr/orders_closed.json"),
        (("/v1/order", "identifier=open"), "docs_kr/order_limit_wait.json"),
    ],
)
def test_an_answer_has_the_documented_shape(target: tuple[str, str], fixture: str) -> None:
    server = simulated(QUIET, "kr", replace(KEY, expires_at=NOW + 1e6))
    place(server, f"{LIMIT}&identifier=open")
    ended = place(server, LIMIT.replace("0.01", "0.02"))
    ask(server, private("DELETE", "/v1/order", f"uuid={ended['uuid']}"))
    documented, answer = recorded(fixture), ask(server, private("GET", *target))
    if target[0] == "/v1/status/wallet":
        answer = [row for row in answer if row["block_state"]]
    for row in answer if isinstance(answer, list) else [answer]:
        row.pop("identifier", None)
    assert shape(answer) == shape(documented)


def test_an_order_with_trades_has_the_documented_shape() -> None:
    server = simulated(QUIET, "sg")
    query = "market=SGD-BTC&side=bid&ord_type=limit&volume=0.01&price=1000000"
    uuid = place(server, query)["uuid"]
    order = ask(server, private("GET", "/v1/order", f"uuid={uuid}"), NOW + 1)
    assert shape(order) == shape(recorded("docs_global/individual_order_inquiry.json"))
    assert order["state"] == "done"


def test_amounts_are_dotted_in_lists_and_plain_in_a_single_order() -> None:
    server = simulated(QUIET)
    uuid = place(server, LIMIT.replace("0.01", "1"))["uuid"]
    (listed,) = opened(server)
    single = ask(server, private("GET", "/v1/order", f"uuid={uuid}"))
    assert (listed["volume"], listed["executed_volume"]) == ("1.0", "0.0")
    assert (single["volume"], single["executed_volume"]) == ("1", "0")
    assert single["price"] == PRICE


def test_a_waiting_bid_locks_its_price_and_fee_until_it_is_cancelled() -> None:
    server = simulated(QUIET)
    before = balance(server, "KRW")
    uuid = place(server)["uuid"]
    cost = Decimal(1000500)
    assert balance(server, "KRW") == (before[0] - cost, cost)
    cancelled = ask(server, private("DELETE", "/v1/order", f"uuid={uuid}"))
    assert (cancelled["uuid"], cancelled["state"]) == (uuid, "wait")
    assert balance(server, "KRW") == before
    assert opened(server) == []


def test_a_limit_order_that_the_market_reaches_is_filled_and_pays_its_fee() -> None:
    server = simulated(QUIET)
    won, coins = balance(server, "KRW")[0], balance(server, "BTC")[0]
    place(server, "market=KRW-BTC&side=bid&ord_type=limit&volume=0.01&price=900000000")
    later = NOW + 1
    assert opened(server, now=later) == []
    assert balance(server, "BTC", later) == (coins + Decimal("0.01"), Decimal(0))
    assert balance(server, "KRW", later) == (won - Decimal(9004500), Decimal(0))


@pytest.mark.parametrize(
    ("query", "state", "missing"),
    [
        ("side=ask&ord_type=market&volume=0.01", "done", "price"),
        ("side=bid&ord_type=price&price=1000001", "cancel", "volume"),
        ("side=bid&ord_type=best&price=1000001&time_in_force=ioc", "cancel", "volume"),
    ],
)
def test_market_orders_trade_at_once_and_leave_out_what_they_lack(
    query: str, state: str, missing: str
) -> None:
    server = simulated(QUIET)
    order = place(server, f"market=KRW-BTC&{query}")
    assert order["state"] == state
    assert order["trades_count"] == 1
    assert missing not in order
    assert None not in order.values()


def test_a_tried_order_is_checked_and_not_placed() -> None:
    server = simulated(QUIET)
    tried = ask(server, private("POST", "/v1/orders/test", LIMIT))
    assert tried["state"] == "wait"
    assert opened(server) == []
    reply = server.answer(private("GET", "/v1/order", f"uuid={tried['uuid']}"), NOW)
    assert error_name(reply) == "order_not_found"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("side=bid&ord_type=limit&volume=1&price=1", "validation_error"),
        ("market=KRW-NONE&side=bid&ord_type=limit&volume=1&price=1", "notfoundmarket"),
        ("market=KRW-BTC&side=buy&ord_type=limit&volume=1&price=1", "validation_error"),
        ("market=KRW-BTC&side=bid&ord_type=limit&volume=x&price=1", "validation_error"),
        ("market=KRW-BTC&side=bid&ord_type=limit&volume=-1&price=1", "validation_error"),
        ("market=KRW-BTC&side=bid&ord_type=limit&volume=1", "create_bid_error"),
        ("market=KRW-BTC&side=ask&ord_type=price&price=9000", "create_ask_error"),
        ("market=KRW-BTC&side=bid&ord_type=market&volume=1", "create_bid_error"),
        ("market=KRW-BTC&side=bid&ord_type=limit&volume=1&price=4999", "under_min_total_bid"),
        ("market=KRW-BTC&side=ask&ord_type=limit&volume=1&price=4999", "under_min_total_ask"),
        ("market=KRW-BTC&side=bid&ord_type=price&price=1000000001", "over_krw_funds_bid"),
        ("market=KRW-ETH&side=ask&ord_type=market&volume=100", "insufficient_funds_ask"),
        ("market=USDT-BTC&side=bid&ord_type=price&price=900000", "insufficient_funds_bid"),
        (f"{LIMIT}&identifier=taken", "duplicated_identifier"),
    ],
)
def test_a_wrong_order_is_refused_by_name(query: str, name: str) -> None:
    server = simulated(QUIET)
    place(server, f"{LIMIT}&identifier=taken")
    reply = server.answer(private("POST", "/v1/orders", query), NOW)
    assert (reply.status, error_name(reply)) == (400, name)
    assert len(opened(server)) == 1


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/v1/orders/chance", ""),
        ("GET", "/v1/order", ""),
        ("GET", "/v1/orders/closed", "start_time=noon"),
    ],
)
def test_a_question_without_sense_is_a_validation_error(method: str, path: str, query: str) -> None:
    reply = simulated(QUIET).answer(private(method, path, query), NOW)
    assert (reply.status, error_name(reply)) == (400, "validation_error")


def test_a_market_that_was_never_traded_takes_no_market_order() -> None:
    server = simulated(QUIET)
    server.advance(NOW)
    server.world.list_market("KRW-FRESH", after=60)
    query = "market=KRW-FRESH&side=bid&ord_type=price&price=9000"
    reply = server.answer(private("POST", "/v1/orders", query), NOW)
    assert error_name(reply) == "create_bid_error"


def test_pockets_are_apart_in_korea_and_one_account_elsewhere() -> None:
    other = replace(KEY, access="other-access-key", pocket="second")
    for region, apart in (("kr", True), ("sg", False)):
        server = simulated(QUIET, region, KEY, other)
        before = balance(server, server.world.region.fiat)
        query = f"market={server.world.region.fiat}-ETH&side=ask&ord_type=market&volume=1"
        assert server.answer(private("POST", "/v1/orders", query, other), NOW).status == 201
        assert (balance(server, server.world.region.fiat) == before) == apart


def test_keys_are_listed_in_korea_only() -> None:
    key = replace(KEY, expires_at=datetime.fromisoformat("2027-06-25T11:22:54+09:00").timestamp())
    rows = ask(simulated(QUIET, "kr", key), private("GET", "/v1/api_keys"))
    assert rows == [{"access_key": KEY.access, "expire_at": "2027-06-25T11:22:54+09:00"}]
    reply = simulated(QUIET, "sg", key).answer(private("GET", "/v1/api_keys"), NOW)
    assert reply.status == 404


@pytest.mark.parametrize(
    ("region", "form", "suffix"),
    [
        ("kr", "naive", "16:41:00+09:00"),
        ("sg", "naive", "15:41:00"),
        ("sg", "offset", "15:41:00+08:00"),
        ("id", "offset", "14:41:00+07:00"),
        ("th", "offset", "14:41:00+07:00"),
    ],
)
def test_times_are_local_with_an_offset_where_the_knob_says_so(
    region: str, form: str, suffix: str
) -> None:
    server = simulated(QUIET.turned({"global_datetime": form}), region)
    query = f"market={server.world.region.fiat}-ETH&side=ask&ord_type=market&volume=1"
    assert place(server, query)["created_at"] == f"2026-07-30T{suffix}"


def test_every_account_is_seeded_alike() -> None:
    def rows(now: float) -> list[dict[str, Any]]:
        server = simulated(Knobs(orders_per_minute=20), "kr")
        server.advance(now - timedelta(minutes=30).total_seconds())
        return opened(server, now=now)

    assert rows(NOW) == rows(NOW)
    assert rows(NOW)


def test_a_body_that_is_no_object_is_a_bad_request() -> None:
    for sent in (b"market=KRW-BTC", b"[1]", b"{"):
        reply = simulated(QUIET).answer(Arrival("POST", "/v1/orders", body=sent), NOW)
        assert (reply.status, error_name(reply)) == (400, "bad_request")


def test_numbers_and_flags_of_a_body_keep_their_text() -> None:
    arrival = private("POST", "/v1/orders", LIMIT)
    bare = b'{"market":"KRW-BTC","side":"bid","ord_type":"limit","volume":0.01,"price":100000000}'
    order = body(simulated(QUIET).answer(replace(arrival, body=bare), NOW))
    assert (order["volume"], order["price"]) == ("0.01", PRICE)
