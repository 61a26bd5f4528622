"""Orders are listed, paged, found and cancelled together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.simulator.asking import (
    KEY,
    NOW,
    QUIET,
    ask,
    error_name,
    private,
    recorded,
    shape,
    simulated,
)
from tests.simulator.trading import LIMIT, PRICE, opened, place

if TYPE_CHECKING:
    from upbit_monitor.simulator import SimulatedExchange


def crowded() -> SimulatedExchange:
    """Seven waiting orders, a second apart; a third of them asks on another market."""
    server = simulated(replace(QUIET, limits={"order": 99, "default": 999}), "kr")
    for number in range(7):
        query = f"{LIMIT}&identifier=n{number}"
        if number % 3 == 0:
            query = query.replace("side=bid", "side=ask").replace(PRICE, "900000000")
            query = query.replace("KRW-BTC", "KRW-ETH")
        assert server.answer(private("POST", "/v1/orders", query), NOW + number).status == 201
    return server


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "6543210"),
        ("order_by=asc", "0123456"),
        ("limit=3", "654"),
        ("limit=3&page=2", "321"),
        ("limit=3&page=4", ""),
        ("market=KRW-ETH", "630"),
        ("state=watch", ""),
        ("states[]=watch&states[]=wait", "6543210"),
    ],
)
def test_open_orders_are_chosen_sorted_and_paged(query: str, expected: str) -> None:
    orders = opened(crowded(), query, NOW + 7)
    assert "".join(order["identifier"][1:] for order in orders) == expected


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("state=done", "validation_error"),
        ("states[]=wait&states[]=done", "validation_error"),
        ("state=wait&states[]=watch", "invalid_parameter"),
        ("limit=101", "validation_error"),
        ("limit=0", "validation_error"),
        ("page=x", "validation_error"),
        ("order_by=up", "validation_error"),
        ("market=KRW-NONE", "notfoundmarket"),
    ],
)
def test_a_wrong_question_for_open_orders_is_refused_by_name(query: str, name: str) -> None:
    reply = simulated(QUIET).answer(private("GET", "/v1/orders/open", query), NOW)
    assert (reply.status, error_name(reply)) == (400, name)


def test_cancelling_by_uuids_and_identifiers_at_once_is_refused() -> None:
    both = private("DELETE", "/v1/orders/uuids", "uuids[]=a&identifiers[]=b")
    assert error_name(simulated(QUIET).answer(both, NOW)) == "invalid_parameter"


def test_watching_orders_are_shown_only_when_asked_for() -> None:
    server = simulated(QUIET)
    uuid = place(server)["uuid"]
    account = server.world.account(server.scope_of(KEY))
    account.place(replace(account.find(uuid), uuid="watching", state="watch"))
    assert [order["uuid"] for order in opened(server)] == [uuid]
    assert [order["uuid"] for order in opened(server, "state=watch")] == ["watching"]
    assert len(opened(server, "states[]=wait&states[]=watch")) == 2


def test_closed_orders_are_found_by_time_and_state() -> None:
    server = crowded()
    for number in range(3):
        ask(server, private("DELETE", "/v1/order", f"identifier=n{number}"), NOW + 10)

    def closed(query: str) -> str:
        orders = ask(server, private("GET", "/v1/orders/closed", query), NOW + 20)
        return "".join(order["identifier"][1:] for order in orders)

    assert closed("") == "210"
    assert closed("state=done") == ""
    assert closed(f"start_time={int((NOW + 1) * 1000)}") == "21"
    assert closed(f"end_time={int(NOW * 1000) - 1}") == ""
    iso = datetime.fromtimestamp(NOW + 1, server.world.region.zone).isoformat()
    escaped = iso.replace(":", "%3A").replace("+", "%2B")
    arrival = private("GET", "/v1/orders/closed", f"start_time={iso}")
    arrival = replace(arrival, target=f"/v1/orders/closed?start_time={escaped}")
    assert len(ask(server, arrival, NOW + 20)) == 2


@pytest.mark.parametrize("days", [-1, 8])
def test_a_window_of_closed_orders_ends_after_it_begins_and_within_a_week(days: int) -> None:
    start, end = int(NOW * 1000), int((NOW + days * 86400) * 1000)
    query = f"start_time={start}&end_time={end}"
    reply = simulated(QUIET).answer(private("GET", "/v1/orders/closed", query), NOW)
    assert error_name(reply) == "invalid_parameter"


def test_orders_are_found_by_uuids_or_identifiers_but_not_by_both() -> None:
    server = crowded()
    uuid = opened(server, now=NOW + 9)[0]["uuid"]
    for query in (f"uuids[]={uuid}", "identifiers[]=n6&identifiers[]=none"):
        (found,) = ask(server, private("GET", "/v1/orders/uuids", query), NOW + 9)
        assert found["uuid"] == uuid
    both = private("GET", "/v1/orders/uuids", f"uuids[]={uuid}&identifiers[]=n6")
    assert error_name(server.answer(both, NOW + 9)) == "invalid_parameter"


def test_many_orders_are_cancelled_by_name_and_those_gone_are_reported() -> None:
    server = crowded()
    ask(server, private("DELETE", "/v1/order", "identifier=n1"), NOW + 9)
    query = "identifiers[]=n0&identifiers[]=n1&identifiers[]=n2"
    result = ask(server, private("DELETE", "/v1/orders/uuids", query), NOW + 9)
    assert shape(result) == shape(recorded("docs_kr/orders_open_delete_result.json"))
    assert (result["success"]["count"], result["failed"]["count"]) == (2, 1)
    assert len(opened(server, now=NOW + 9)) == 4


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ""),
        ("count=2", "43210"),
        ("count=2&order_by=asc", "65432"),
        ("cancel_side=ask", "5421"),
        ("pairs=KRW-ETH", "5421"),
        ("excluded_pairs=KRW-ETH", "630"),
        ("quote_currencies=BTC", "6543210"),
    ],
)
def test_open_orders_are_cancelled_together(query: str, left: str) -> None:
    server = crowded()
    ask(server, private("DELETE", "/v1/orders/open", query), NOW + 9)
    rest = opened(server, now=NOW + 9)
    assert "".join(order["identifier"][1:] for order in rest) == left
