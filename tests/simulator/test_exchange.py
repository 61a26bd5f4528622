"""What comes before and after the quota: form, maintenance, compression, the ledger."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.asking import (
    NOW,
    PATIENT,
    TICKER,
    error_name,
    get,
    header,
    private,
    simulated,
)
from upbit_monitor.simulator import REGIONS, Arrival, Headers, SimulatedExchange

LEDGER_EXCHANGE = simulated()


def test_a_body_on_a_get_or_delete_is_refused() -> None:
    for method, path in (("GET", "/v1/accounts"), ("DELETE", "/v1/order")):
        reply = simulated().answer(Arrival(method, path, Headers(), b"{}"), NOW)
        assert (reply.status, error_name(reply)) == (400, "QUERY_PARAMETER_NOT_SUPPORTED")


@pytest.mark.parametrize("character", [":", "+"])
def test_a_colon_or_plus_must_be_encoded(character: str) -> None:
    target = f"/v1/orders/closed?start_time=2026{character}1"
    reply = simulated().answer(Arrival("GET", target), NOW)
    assert (reply.status, error_name(reply)) == (400, "invalid_parameter")
    reply = simulated().answer(get(f"/v1/ticker?markets=KRW{character}BTC"), NOW)
    assert (reply.status, error_name(reply)) == (400, 400)


@pytest.mark.parametrize(("form", "status"), [("414", 414), ("400", 400), ("reset", 0)])
def test_a_target_that_is_too_long_meets_the_end_that_the_knob_says(form: str, status: int) -> None:
    server = simulated(PATIENT.turned({"url_over": form}))
    codes = ",".join(market.code for market in server.world.markets)
    assert server.answer(get(f"/v1/ticker?markets={codes[:7000]}"), NOW).status == 404
    server.answer(get(f"/v1/ticker?markets={codes}"), NOW)
    assert server.ledger["GET", "/v1/ticker", status] == 1


@pytest.mark.parametrize(
    ("form", "status", "start"),
    [("500", 500, b"Internal"), ("503_html", 503, b"<html>"), ("200_html", 200, b"<html>")],
)
def test_maintenance_answers_for_everything_and_counts_nothing(
    form: str, status: int, start: bytes
) -> None:
    server = simulated(PATIENT.turned({"maintenance": form}))
    for arrival in (TICKER, private("GET", "/v1/accounts")):
        reply = server.answer(arrival, NOW)
        assert reply.status == status
        assert reply.body.startswith(start)
        assert header(reply) is None
    server.turn(PATIENT)
    assert header(server.answer(TICKER, NOW)) == "group=ticker; min=600; sec=9"


def test_maintenance_may_hang_or_break_off() -> None:
    hanging = simulated(replace(PATIENT, maintenance="hang"))
    assert hanging.answer(TICKER, NOW).fault == "hang"
    assert hanging.ledger == Counter({("GET", "/v1/ticker", 0): 1})
    broken = simulated(replace(PATIENT, maintenance="reset_mid_body"))
    assert broken.answer(TICKER, NOW).fault == "reset_mid_body"
    assert broken.ledger == Counter({("GET", "/v1/ticker", 200): 1})


def test_an_exchange_that_is_offline_still_quotes() -> None:
    server = simulated(replace(PATIENT, maintenance="offline"))
    reply = server.answer(private("GET", "/v1/accounts"), NOW)
    assert (reply.status, error_name(reply)) == (403, "market_offline")
    assert server.answer(TICKER, NOW).status == 200


def test_only_quotation_is_compressed_and_its_etag_is_of_the_plain_body() -> None:
    server, gzipped = simulated(), {"Accept-Encoding": "gzip, deflate"}
    plain, packed = (
        server.answer(get("/v1/market/all"), NOW),
        server.answer(get("/v1/market/all", gzipped), NOW),
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] == plain.headers["ETag"]
    small = server.answer(replace(TICKER, headers=Headers(gzipped)), NOW)
    assert "Content-Encoding" not in small.headers
    signed = private("GET", "/v1/status/wallet")
    headers = Headers({**signed.headers, **gzipped})
    reply = server.answer(replace(signed, headers=headers), NOW)
    assert len(reply.body) > 1024
    assert "Content-Encoding" not in reply.headers


@given(st.lists(st.sampled_from(["/v1/market/all", "/v1/nothing", "/v1/accounts"]), max_size=30))
def test_the_ledger_counts_everything_that_was_received(paths: list[str]) -> None:
    server = LEDGER_EXCHANGE
    before = server.ledger.total()
    seen = Counter[tuple[str, str, int]]()
    for path in paths:
        reply = server.answer(get(f"{path}?a=1"), NOW)
        seen["GET", path, reply.status] += 1
    assert server.ledger.total() == before + len(paths)
    assert seen <= server.ledger


def test_an_unknown_region_is_no_exchange() -> None:
    with pytest.raises(KeyError):
        SimulatedExchange("us")


def test_every_region_answers_in_json_with_its_own_markets() -> None:
    for region, facts in REGIONS.items():
        rows = json.loads(simulated(PATIENT, region).answer(get("/v1/market/all"), NOW).body)
        assert len(rows) == sum(facts.markets.values())
