"""The control plane: a test or a demonstration turns knobs and does deeds over HTTP."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import pytest

from tests.simulator.asking import KEY, NOW, ask, error_name, get, private
from upbit_monitor.simulator import Knobs, SimulatorServer
from upbit_monitor.simulator.world.markets import TickerShape

if TYPE_CHECKING:
    import aiohttp

TICKER = "/v1/ticker?markets=KRW-BTC"


async def turn(session: aiohttp.ClientSession, **settings: str) -> None:
    async with session.post("/_sim/knobs", json=settings) as answer:
        assert answer.status == 200, await answer.text()


async def deed(session: aiohttp.ClientSession, **what: object) -> dict[str, Any]:
    async with session.post("/_sim/world", json=what) as answer:
        assert answer.status == 200, await answer.text()
        done: dict[str, Any] = await answer.json()
        return done


async def test_the_ledger_is_served_and_does_not_count_itself(
    session: aiohttp.ClientSession,
) -> None:
    await (await session.get(TICKER)).read()
    async with session.get("/_sim/ledger") as answer:
        assert await answer.json() == [
            {"method": "GET", "path": "/v1/ticker", "status": 200, "count": 1}
        ]


async def test_knobs_are_served_and_turned(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    async with session.get("/_sim/knobs") as answer:
        assert Knobs().turned(await answer.json()) == server.exchange.knobs
    await turn(session, limits="order:8", strangers="ticker:2.5")
    assert server.exchange.knobs.limits == {"order": 8}
    async with session.post("/_sim/knobs", json={"windw": "sliding"}) as answer:
        assert answer.status == 400
        assert "did you mean 'window'?" in await answer.text()


async def test_deeds_change_the_market_place(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    world = server.exchange.world
    await deed(session, do="delist", market="KRW-XRP")
    await deed(session, do="list", market="KRW-FRESH", korean_name="프레시", after_seconds=60)
    await deed(session, do="market", market="KRW-ETH", stalled=True, warned=True)
    assert world.find("KRW-XRP") is None
    fresh, stalled = world.find("KRW-FRESH"), world.find("KRW-ETH")
    assert fresh is not None
    assert (fresh.trading_from, fresh.coin.korean) == (NOW + 60, "프레시")
    assert stalled is not None
    assert (stalled.stalled_at, stalled.flagged) == (NOW, True)
    await deed(session, do="market", market="KRW-ETH", stalled=False, warned=False)
    resumed = world.find("KRW-ETH")
    assert resumed is not None
    assert (resumed.stalled_at, resumed.flagged) == (float("inf"), False)


async def test_deeds_change_wallets_and_the_state_of_markets(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    def wallets() -> dict[str, tuple[str, str | None, int | None]]:
        rows = ask(server.exchange, private("GET", "/v1/status/wallet"))
        names = "wallet_state", "block_state", "block_elapsed_minutes"
        return {row["currency"]: tuple(row[name] for name in names) for row in rows}

    usual = wallets()
    resting = next(code for code, (state, *_) in usual.items() if state != "working")
    await deed(session, do="wallet", currency="BTC", state="withdraw_only", block_state="delayed")
    await deed(session, do="wallet", currency="ETH", listed=False)
    await deed(session, do="wallet", currency=resting, state="working")
    changed = wallets()
    assert changed["BTC"][:2] == ("withdraw_only", "delayed")
    assert changed.keys() == usual.keys() - {"ETH"}
    assert changed[resting][:2] == ("working", "normal")
    for currency in ("BTC", "ETH", resting):
        await deed(session, do="wallet", currency=currency)
    assert wallets() == usual
    await deed(session, do="market", market="KRW-BTC", state="delisting")
    chance = ask(server.exchange, private("GET", "/v1/orders/chance", "market=KRW-BTC"))
    assert chance["market"]["state"] == "delisting"


async def test_a_deed_spoils_a_book_and_delays_candles(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    await deed(
        session,
        do="market",
        market="KRW-ETH",
        book="crossed",
        book_frozen=True,
        candle_delay_seconds=90,
    )
    market = server.exchange.world.find("KRW-ETH")
    assert market is not None
    assert (market.book, market.book_frozen_at, market.candle_delay) == ("crossed", NOW, 90)
    await deed(
        session,
        do="market",
        market="KRW-ETH",
        book="normal",
        book_frozen=False,
        candle_delay_seconds=0,
    )
    market = server.exchange.world.find("KRW-ETH")
    assert market is not None
    assert (market.book, market.book_frozen_at, market.candle_delay) == ("normal", float("inf"), 0)


@pytest.mark.parametrize("shape", get_args(TickerShape))
async def test_a_deed_makes_a_ticker_that_cannot_be(
    server: SimulatorServer, session: aiohttp.ClientSession, shape: str
) -> None:
    await deed(session, do="market", market="KRW-BTC", ticker=shape)
    (row,) = ask(server.exchange, get(TICKER))
    flaws = {
        "outside_range": row["low_price"] <= row["high_price"] < row["trade_price"],
        "range_inverted": row["low_price"] > row["high_price"],
        "negative": row["acc_trade_volume_24h"] < 0,
        "from_future": row["timestamp"] / 1000 > NOW + 60,
    }
    assert [flaw for flaw, is_so in flaws.items() if is_so] == [shape][: shape != "normal"]


async def test_deeds_block_an_address_and_an_account_apart(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    exchange = server.exchange
    accounts = "/v1/accounts"
    await deed(session, do="block", seconds=5)
    assert exchange.answer(get(TICKER), NOW).status == 418
    assert ask(exchange, private("GET", accounts))
    await deed(session, do="block", seconds=9, access=KEY.access)
    await deed(session, do="block", seconds=1, access=KEY.access)  # does not shorten it
    assert exchange.answer(private("GET", accounts), NOW + 8.9).status == 418
    assert exchange.answer(private("GET", accounts), NOW + 9).status == 200
    assert exchange.answer(get(TICKER), NOW + 9).status == 200


async def test_a_deed_deletes_a_key(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    await deed(session, do="revoke", access=KEY.access)
    refused = server.exchange.answer(private("GET", "/v1/accounts"), NOW)
    assert error_name(refused) == "invalid_access_key"
    server.exchange.issue(KEY)
    assert ask(server.exchange, private("GET", "/v1/accounts"))


async def test_deeds_place_fill_and_cancel_orders(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    account = server.exchange.world.account(server.exchange.scope_of(KEY))
    order = {"market": "KRW-BTC", "side": "bid", "price": "1000000", "volume": "0.5"}
    uuids = [
        (await deed(session, do="place", access=KEY.access, **order))["uuid"] for _ in range(2)
    ]
    await deed(session, do="fill", access=KEY.access, uuid=uuids[0], volume="0.2")
    assert str(account.find(uuids[0]).remaining) == "0.3"
    await deed(session, do="fill", access=KEY.access, uuid=uuids[0])
    await deed(session, do="cancel", access=KEY.access, uuid=uuids[1])
    assert [account.find(uuid).state for uuid in uuids] == ["done", "cancel"]


async def test_a_deed_bounds_a_key_and_frees_it_again(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    async def name() -> str:
        headers = dict(private("GET", "/v1/accounts").headers)
        async with session.get("/v1/accounts", headers=headers) as answer:
            told = await answer.json()
            return "fine" if answer.status == 200 else str(told["error"]["name"])

    change = partial(deed, session, do="key", access=KEY.access)
    await change(expires_at=NOW)
    assert await name() == "expired_access_key"
    await change(expires_at=None, ips=["10.0.0.1"])
    assert await name() == "no_authorization_ip"
    await change(ips=None, permissions=[])
    assert await name() == "out_of_scope"
    await change(permissions=["view_assets"])
    assert await name() == "fine"
    assert server.exchange.ledger["GET", "/v1/accounts", 401] == 3


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/_sim/nothing", None, 400),
        ("POST", "/_sim/world", {"do": "destroy"}, 400),
        ("POST", "/_sim/world", {"do": "delist"}, 400),
        ("POST", "/_sim/world", {"do": "delist", "market": "KRW-BTC", "why": "?"}, 400),
        ("POST", "/_sim/world", {"do": "delist", "market": "KRW-NONE"}, 404),
        ("POST", "/_sim/world", {"do": "list", "market": "EUR-BTC"}, 400),
        ("POST", "/_sim/world", {"do": "key", "access": "nobody"}, 404),
        ("POST", "/_sim/world", {"do": "revoke", "access": "nobody"}, 404),
        ("POST", "/_sim/world", {"do": "block", "access": "nobody", "seconds": 1}, 404),
        ("POST", "/_sim/world", {"do": "block", "seconds": -1}, 400),
        ("POST", "/_sim/world", {"do": "wallet", "currency": "NONE"}, 404),
        ("POST", "/_sim/world", {"do": "wallet", "currency": "BTC", "state": "lost"}, 400),
        (
            "POST",
            "/_sim/world",
            {"do": "key", "access": KEY.access, "permissions": ["see_everything"]},
            400,
        ),
        (
            "POST",
            "/_sim/world",
            {
                "do": "place",
                "access": KEY.access,
                "market": "KRW-NONE",
                "side": "bid",
                "price": "1",
                "volume": "1",
            },
            404,
        ),
        ("POST", "/_sim/world", {"do": "cancel", "access": KEY.access, "uuid": "none"}, 400),
        (
            "POST",
            "/_sim/world",
            {
                "do": "place",
                "access": KEY.access,
                "market": "KRW-BTC",
                "side": "bid",
                "price": "much",
                "volume": "1",
            },
            400,
        ),
    ],
)
async def test_a_wrong_command_is_told_and_changes_nothing(
    session: aiohttp.ClientSession, method: str, path: str, sent: object, status: int
) -> None:
    async with session.request(method, path, json=sent) as answer:
        assert answer.status == status
        assert set(json.loads(await answer.text())) == {"error"}
