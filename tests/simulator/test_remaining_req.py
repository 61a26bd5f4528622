"""The Remaining-Req header, where and in the form that the knobs say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulator.asking import (
    NOW,
    PATIENT,
    QUIET,
    TICKER,
    get,
    header,
    private,
    simulated,
)

STRICT = replace(QUIET, block_after_refusals=3)
LIMIT = "market=KRW-BTC&side=bid&ord_type=limit&volume=0.001&price=100000000"


def test_by_default_the_header_is_on_answers_and_refusals_but_not_on_blocks() -> None:
    server = simulated(STRICT)
    replies = [server.answer(TICKER, NOW) for _ in range(14)]
    seen = {reply.status: header(reply) is not None for reply in replies}
    assert seen == {200: True, 429: True, 418: False}
    assert header(server.answer(get("/v1/ticker?markets=NO-NE", ip="::1"), NOW)) is not None


@pytest.mark.parametrize(
    ("shown", "on_200", "on_429"),
    [("", False, False), ("2xx", True, False), ("429", False, True), ("2xx,4xx", True, True)],
)
def test_the_header_is_where_the_knob_says(shown: str, *, on_200: bool, on_429: bool) -> None:
    server = simulated(PATIENT.turned({"remaining_on": shown}))
    replies = [server.answer(TICKER, NOW) for _ in range(11)]
    assert (header(replies[0]) is not None) == on_200
    assert (header(replies[-1]) is not None) == on_429


@pytest.mark.parametrize(
    ("names", "trades", "orders"),
    [
        ("wire", "crix-trades", "order"),
        ("docs", "trade", "order"),
        ("prefixed", "crix-trades", "exchange.order"),
        ("renamed", "crix-trades-v2", "order-v2"),
    ],
)
def test_groups_are_named_as_the_knob_says(names: str, trades: str, orders: str) -> None:
    server = simulated(PATIENT.turned({"group_names": names}))
    quotation = header(server.answer(get("/v1/trades/ticks?market=KRW-BTC"), NOW))
    order = header(server.answer(private("POST", "/v1/orders", LIMIT), NOW))
    assert quotation == f"group={trades}; min=600; sec=9"
    assert order == f"group={orders}; min=720; sec=11"


def test_the_header_may_be_missing_malformed_or_of_another_group() -> None:
    good = header(simulated().answer(TICKER, NOW))
    assert header(simulated(replace(PATIENT, remaining_form="missing")).answer(TICKER, NOW)) is None
    strange = simulated(replace(PATIENT, remaining_form="unexpected"))
    assert "group=ticker" not in (header(strange.answer(TICKER, NOW)) or "")
    malformed = simulated(replace(PATIENT, remaining_form="malformed"))
    forms = {header(malformed.answer(TICKER, NOW + second)) for second in range(99)}
    assert good not in forms
    assert len(forms) > 5
