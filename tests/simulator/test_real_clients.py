"""Two public clients, the official SDK and ccxt, take the simulated exchange for the real one.

They share nothing with it, so what they accept is not only what its author thought of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ccxt  # type: ignore[import-untyped]  # ships none
import pytest
from ccxt.async_support.upbit import (  # type: ignore[import-untyped]  # ships none
    upbit as ccxt_upbit,
)
from upbit import (
    AsyncUpbit,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RateLimitPenaltyError,
)

from tests.simulator.asking import KEY, QUIET
from upbit_monitor.simulator import REGIONS, Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENT = replace(QUIET, block_after_refusals=0)


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    exchange = SimulatedExchange("kr", keys=(KEY,), knobs=PATIENT)
    async with SimulatorServer(exchange) as running:
        yield running


def sdk_of(server: SimulatorServer, secret: str = KEY.secret) -> AsyncUpbit:
    return AsyncUpbit(access_key=KEY.access, secret_key=secret, base_url=server.url, max_retries=0)


def ccxt_of(server: SimulatorServer, secret: str = KEY.secret) -> Any:  # noqa: ANN401 - untyped
    client = ccxt_upbit({"apiKey": KEY.access, "secret": secret, "enableRateLimit": False})
    client.urls["api"] = {"public": server.url, "private": server.url}
    return client


async def test_the_sdk_reads_the_whole_market(server: SimulatorServer) -> None:
    async with sdk_of(server) as sdk:
        pairs = await sdk.trading_pairs.list(is_details=True)
        assert len(pairs) == 800
        tickers = await sdk.tickers.list_by_quote_currencies(quote_currencies="KRW")
        assert len(tickers) == 284
        (ticker,) = await sdk.tickers.list_by_trading_pairs(markets="KRW-BTC")
        assert ticker.trade_price is not None
        (book,) = await sdk.orderbooks.list(markets="KRW-BTC", count=5)
        assert len(book.orderbook_units) == 5
        assert len(await sdk.candles.list_minutes(unit=5, market="KRW-BTC", count=3)) == 3
        assert len(await sdk.trades.list(market="KRW-BTC", count=3)) == 3


async def test_the_sdk_places_sees_and_cancels_an_order(server: SimulatorServer) -> None:
    async with sdk_of(server) as sdk:
        assert {row.currency for row in await sdk.accounts.list()} >= {"KRW", "BTC"}
        chance = await sdk.orders.retrieve_chance(market="KRW-BTC")
        assert chance.market is not None
        placed = await sdk.orders.create(
            market="KRW-BTC", side="bid", ord_type="limit", volume="0.01", price="1000000"
        )
        opened = sdk.orders.list_open(market="KRW-BTC", states=["wait", "watch"])
        assert [order.uuid async for order in opened] == [placed.uuid]
        await sdk.orders.cancel(uuid=placed.uuid)
        assert [order async for order in sdk.orders.list_open()] == []
        closed = await sdk.orders.list_closed(start_time="2020-01-01T00:00:00+09:00")
        assert closed == []
        (cancelled,) = await sdk.orders.list_closed(states=["cancel"])
        assert (cancelled.uuid, cancelled.state) == (placed.uuid, "cancel")


@pytest.mark.parametrize("region", [name for name in REGIONS if name != "kr"])
async def test_the_sdk_reads_the_other_regions(region: str) -> None:
    exchange = SimulatedExchange(region, keys=(KEY,), knobs=PATIENT)
    fiat = REGIONS[region].fiat
    async with SimulatorServer(exchange) as server, sdk_of(server) as sdk:
        pairs = await sdk.trading_pairs.list()
        assert len(pairs) == sum(REGIONS[region].markets.values())
        (ticker,) = await sdk.tickers.list_by_trading_pairs(markets=f"{fiat}-BTC")
        assert ticker.market == f"{fiat}-BTC"
        assert [order async for order in sdk.orders.list_open()] == []


async def test_the_sdk_names_what_is_refused(server: SimulatorServer) -> None:
    async with sdk_of(server) as sdk:
        with pytest.raises(NotFoundError) as unknown:
            await sdk.tickers.list_by_trading_pairs(markets="KRW-NONE")
        assert unknown.value.name == "404"
        with pytest.raises(BadRequestError) as poor:
            await sdk.orders.create(
                market="KRW-ETH", side="ask", ord_type="limit", volume="9999", price="9000000"
            )
        assert poor.value.name == "insufficient_funds_ask"
    async with sdk_of(server, "wrong" * 20) as stranger:
        with pytest.raises(AuthenticationError) as forged:
            await stranger.accounts.list()
        assert forged.value.name == "jwt_verification"


async def test_the_sdk_meets_429_418_and_maintenance(server: SimulatorServer) -> None:
    server.exchange.turn(replace(PATIENT, limits={"default": 1}, block_after_refusals=2))
    async with sdk_of(server) as sdk:
        await sdk.accounts.list()
        for _ in range(2):
            with pytest.raises(RateLimitError):
                await sdk.accounts.list()
        with pytest.raises(RateLimitPenaltyError):
            await sdk.accounts.list()
        server.exchange.turn(Knobs(maintenance="503_html"))
        with pytest.raises(InternalServerError):
            await sdk.trading_pairs.list()


async def test_ccxt_reads_the_whole_market(server: SimulatorServer) -> None:
    async with ccxt_of(server) as client:
        markets = await client.load_markets()
        assert len(markets) == 800
        ticker = await client.fetch_ticker("BTC/KRW")
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        book = await client.fetch_order_book("ETH/KRW")
        assert len(book["bids"]) == len(book["asks"]) == 30
        candles = await client.fetch_ohlcv("BTC/KRW", "1h", limit=24)
        assert len(candles) == 24
        assert len(await client.fetch_trades("BTC/KRW", limit=10)) == 10


async def test_ccxt_places_sees_and_cancels_an_order(server: SimulatorServer) -> None:
    async with ccxt_of(server) as client:
        before = (await client.fetch_balance())["KRW"]["free"]
        order = await client.create_order("BTC/KRW", "limit", "buy", 0.01, 1_000_000)
        (opened,) = await client.fetch_open_orders("BTC/KRW")
        assert (opened["id"], opened["remaining"], opened["status"]) == (order["id"], 0.01, "open")
        assert (await client.fetch_balance())["KRW"]["free"] == before - 10_005
        await client.cancel_order(order["id"])
        assert await client.fetch_open_orders() == []
        fetched = await client.fetch_order(order["id"])
        assert fetched["status"] == "canceled"


async def test_ccxt_names_what_is_refused(server: SimulatorServer) -> None:
    async with ccxt_of(server) as client:
        with pytest.raises(ccxt.InsufficientFunds):
            await client.create_order("ETH/KRW", "limit", "sell", 9999, 9_000_000)
        with pytest.raises(ccxt.OrderNotFound):
            await client.cancel_order("none")
        server.exchange.turn(replace(PATIENT, limits={"default": 1}))
        with pytest.raises(ccxt.RateLimitExceeded):
            await client.fetch_balance()
    async with ccxt_of(server, "wrong" * 20) as stranger:
        server.exchange.turn(PATIENT)
        with pytest.raises(ccxt.AuthenticationError):
            await stranger.fetch_balance()
