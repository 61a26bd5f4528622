"""What was recorded and what is documented, read by the endpoints that the polls ask."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange import captured
from upbit_monitor.polls import POLLS
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.markets import CAUTIONS
from upbit_monitor.polls.open_orders import ORDERS_OPEN
from upbit_monitor.polls.ticker_row import TICKER, TICKER_ALL

if TYPE_CHECKING:
    from upbit_monitor.exchange import Endpoint


@pytest.mark.parametrize(
    ("name", "rows", "warned"),
    [
        ("live/kr_market_all_head_2025-07-30.json", 5, None),
        ("live/kr_market_all_is_details_2026-07-30.json", 4, 2),
        ("docs_kr/market_all_is_details.json", 2, 1),
        ("docs_global/listing_market_list.json", 5, 0),
    ],
)
def test_market_lists_are_read(name: str, rows: int, warned: int | None) -> None:
    markets = MARKET_ALL.read(captured.body(name))
    assert len(markets) == rows
    assert all("-" in market.market for market in markets)
    told = [market.warned for market in markets if market.warned is not None]
    assert (sum(told) if told else None) == warned, "a list without details does not tell"


def test_recorded_cautions_are_read_by_kind() -> None:
    markets = MARKET_ALL.read(captured.body("live/kr_market_all_is_details_2026-07-30.json"))
    for market in markets:
        assert market.cautions is not None
        assert market.cautions.keys() == {*CAUTIONS}
    active = [any((market.cautions or {}).values()) for market in markets]
    assert active == [False, False, True, True]


@pytest.mark.parametrize("endpoint", [TICKER, TICKER_ALL], ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize(
    "name",
    [
        "live/kr_ticker_2025-07-30.json",
        "docs_global/tickers_by_trading_pair.json",
        "docs_global/tickers_by_quote_currencies.PARTIAL.json",
    ],
)
def test_tickers_are_read(endpoint: Endpoint[list[Any]], name: str) -> None:
    tickers = endpoint.read(captured.body(name))
    assert tickers
    for ticker in tickers:
        assert ticker.trade_price > 0
        assert ticker.trade_timestamp <= ticker.timestamp


@pytest.mark.parametrize("name", ["docs_kr/orders_open.json", "docs_kr/orders_closed.json"])
def test_orders_are_read(name: str) -> None:
    orders = ORDERS_OPEN.read(captured.body(name))
    assert orders
    for order in orders:
        assert order.side in {"bid", "ask"}
        assert order.executed_volume >= Decimal(0)
        assert datetime.fromisoformat(order.created_at).tzinfo is not None


@pytest.mark.parametrize(
    "name",
    [
        "docs_kr/order_limit_wait.json",
        "docs_global/order.json",
        "docs_global/individual_order_inquiry.json",
    ],
)
def test_an_order_of_either_document_is_read_as_an_open_one(name: str) -> None:
    (order,) = ORDERS_OPEN.read(b"[" + captured.body(name) + b"]")
    assert order.uuid


@pytest.mark.parametrize(
    "endpoint",
    dict.fromkeys(endpoint for poll in POLLS.values() for endpoint in poll.endpoints),
    ids=lambda endpoint: endpoint.name,
)
def test_every_endpoint_reads_its_own_sample(endpoint: Endpoint[list[Any]]) -> None:
    assert endpoint.read(endpoint.sample)
