"""Bad weather comes as often as the knobs say, by dice that a seed repeats."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from statistics import median

import pytest

from tests.simulator.asking import KEY, NOW, get, private
from upbit_monitor.simulator import KnobError, Knobs, Reply, SimulatedExchange

FREE = Knobs(limits={"ticker": 10_000})
TICKER = get("/v1/ticker?markets=KRW-BTC")
TRIES = 600


def replies(knobs: Knobs, seed: int = 0) -> tuple[list[Reply], SimulatedExchange]:
    exchange = SimulatedExchange("kr", seed=seed, knobs=knobs)
    return [exchange.answer(TICKER, NOW) for _ in range(TRIES)], exchange


@pytest.mark.parametrize("fault", ["hang", "reset", "reset_mid_body", "drop_keepalive"])
def test_a_fault_befalls_its_share_of_the_connections(fault: str) -> None:
    seen, exchange = replies(FREE.turned({f"{fault}_rate": "0.2"}))
    faults = Counter(reply.fault for reply in seen)
    struck = sum(reply.fault == fault for reply in seen)
    assert struck + faults["none"] == TRIES
    assert struck / TRIES == pytest.approx(0.2, abs=0.05)
    unanswered = struck if fault in {"hang", "reset"} else 0
    assert exchange.ledger["GET", "/v1/ticker", 0] == unanswered
    assert exchange.ledger["GET", "/v1/ticker", 200] == TRIES - unanswered


def test_faults_together_each_have_their_share() -> None:
    knobs = replace(FREE, hang_rate=0.3, reset_rate=0.3, drop_keepalive_rate=0.4)
    faults = Counter(reply.fault for reply in replies(knobs)[0])
    shares = {fault: count / TRIES for fault, count in faults.items()}
    assert shares == pytest.approx({"hang": 0.3, "reset": 0.3, "drop_keepalive": 0.4}, abs=0.06)


@pytest.mark.parametrize("fault", ["garbage", "truncate"])
def test_a_spoilt_body_is_still_a_200_and_cannot_be_read(fault: str) -> None:
    seen, _ = replies(FREE.turned({f"{fault}_rate": "0.3"}))
    spoilt = 0
    for reply in seen:
        assert reply.status == 200
        try:
            json.loads(reply.body)
        except ValueError:
            spoilt += 1
    assert spoilt / TRIES == pytest.approx(0.3, abs=0.05)


def test_server_errors_are_pages_of_four_kinds() -> None:
    seen, exchange = replies(replace(FREE, server_error_rate=0.4))
    errors = [reply for reply in seen if reply.status != 200]
    assert {reply.status for reply in errors} == {500, 502, 503, 504}
    assert all(reply.body.startswith(b"<html>") for reply in errors)
    assert all("Remaining-Req" not in reply.headers for reply in errors)
    assert len(errors) / TRIES == pytest.approx(0.4, abs=0.05)
    assert exchange.ledger.total() == TRIES


def test_delays_have_the_median_and_the_spikes_that_are_asked_for() -> None:
    knobs = replace(FREE, latency_ms=20, spike_rate=0.1, spike_ms=500)
    delays = [reply.delay_seconds for reply in replies(knobs)[0]]
    assert median(delays) == pytest.approx(0.02, rel=0.15)
    assert sum(delay > 0.5 for delay in delays) / TRIES == pytest.approx(0.1, abs=0.04)


def test_the_dice_repeat_with_their_seed_and_differ_with_another() -> None:
    knobs = replace(FREE, latency_ms=10, hang_rate=0.1, garbage_rate=0.1)
    assert replies(knobs, seed=4)[0] == replies(knobs, seed=4)[0]
    assert replies(knobs, seed=4)[0] != replies(knobs, seed=5)[0]


def test_one_fault_does_not_move_the_delays() -> None:
    calm = [reply.delay_seconds for reply in replies(replace(FREE, latency_ms=10))[0]]
    knobs = replace(FREE, latency_ms=10, server_error_rate=0.5, reset_rate=0.2)
    assert [reply.delay_seconds for reply in replies(knobs)[0]] == calm


def test_what_befalls_an_answer_was_counted_all_the_same() -> None:
    exchange = SimulatedExchange("kr", knobs=Knobs(hang_rate=1, block_after_refusals=0))
    for _ in range(10):
        assert exchange.answer(TICKER, NOW).fault == "hang"
    exchange.turn(Knobs(block_after_refusals=0))
    assert exchange.answer(TICKER, NOW).status == 429


BOOK = get("/v1/orderbook?markets=KRW-BTC")


@pytest.mark.parametrize("knob", ["server_error_rate=1", "maintenance=503_html"])
def test_only_the_paths_that_are_named_are_befallen(knob: str) -> None:
    name, _, text = knob.partition("=")
    knobs = Knobs().turned({name: text, "befallen": "/v1/orderbook"})
    exchange = SimulatedExchange("kr", knobs=knobs)
    assert exchange.answer(BOOK, NOW).status >= 500
    assert exchange.answer(TICKER, NOW).status == 200
    with pytest.raises(KnobError, match="befallen=v1/ticker"):
        knobs.turned({"befallen": "v1/ticker"})


@pytest.mark.parametrize(
    "name",
    [
        "no_authorization_token",
        "invalid_query_payload",
        "nonce_used",
        "thirdparty_agreement_required",
    ],
)
def test_a_good_token_is_refused_by_a_knob(name: str) -> None:
    exchange = SimulatedExchange("kr", keys=(KEY,), knobs=Knobs().turned({"key_refusal": name}))
    refused = exchange.answer(private("GET", "/v1/accounts"), NOW)
    assert (refused.status, json.loads(refused.body)["error"]["name"]) == (401, name)
    assert exchange.answer(TICKER, NOW).status == 200
