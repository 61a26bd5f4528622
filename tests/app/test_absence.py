"""What METRICS.md says of absence, tried out: metrics, log, page and ``once``, row by row."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.app.house import settings, target
from upbit_monitor.app import Instruments, once
from upbit_monitor.app.report import report
from upbit_monitor.app.status import show_states, status
from upbit_monitor.config import Idle
from upbit_monitor.exposition.page import landing_page
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from upbit_monitor.config import Settings

KEY = Key(access="access", secret="secret" * 8)
NOWHERE = "http://127.0.0.1:1"
MARKETS = POLLS["markets"].options(every=0.05, watch=("KRW-BTC", "KRW-ETH"))


@dataclass
class Seen:
    """What an operator has before him."""

    samples: dict[tuple[str, ...], float]
    log: list[tuple[str, str]]
    page: str
    once: str

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        """Give the series of a family, by label values."""
        return {key[1:]: value for key, value in self.samples.items() if key[0] == name}

    def state(self) -> set[tuple[str, ...]]:
        """Give target, poll and state of each poll."""
        return {key for key, value in self.of(c.POLL_STATE.name).items() if value}


async def look(
    wanted: Settings, state: Path, rounds: int = 1, *, between: Callable[[], object] = lambda: None
) -> Seen:
    """Let each poll run so often; something may happen before the last time."""
    written = io.StringIO()
    instruments = Instruments.for_settings(wanted, written, state=state)
    began = time.time()
    async with instruments.watch(wanted) as watch:
        for left in range(rounds, 0, -1):
            if left == 1:
                between()
            for poller in watch.pollers:
                await poller.tick()
        seen = status(watch, started_at=began, now=time.time(), draining=False)
    show_states(instruments.board, seen)
    lines = [*map(json.loads, written.getvalue().splitlines())]
    apart = Instruments.for_settings(wanted, io.StringIO(), state=state)
    return Seen(
        {
            (sample.name, *sample.labels.values()): sample.value
            for metric in instruments.board.registry.collect()
            for sample in metric.samples
        },
        [(line["level"], line["event"]) for line in lines],
        landing_page(seen, ()),
        report(await once(wanted, apart)),
    )


def one(polls: dict[str, Any], url: str, **fields: Any) -> Settings:  # noqa: ANN401 -- fields of a target
    return settings(target("korea", polls, base_url=url, **fields))


async def test_a_poll_that_has_never_succeeded(tmp_path: Path) -> None:
    seen = await look(one({"markets": MARKETS}, NOWHERE), tmp_path)
    assert not seen.of("upbit_markets")
    assert not seen.of(c.POLL_LAST_SUCCESS.name)
    assert seen.of("upbit_market_delistings_total")["korea", "KRW"] == 0
    assert seen.state() == {("korea", "markets", "failing")}
    assert seen.log == [("warning", "request_failed")]
    assert "failing" in seen.page
    assert "FAIL  markets" in seen.once
    assert "upbit_markets" not in seen.once


async def test_before_the_first_run_a_poll_waits_and_nothing_is_logged(tmp_path: Path) -> None:
    seen = await look(one({"markets": MARKETS}, NOWHERE), tmp_path, rounds=0)
    assert seen.state() == {("korea", "markets", "waiting")}
    assert seen.log == []
    assert "waiting" in seen.page


async def test_a_wrong_key_parks_the_poll_with_an_error(tmp_path: Path) -> None:
    async with SimulatorServer(SimulatedExchange("kr", seed=1)) as server:
        polls = {"open_orders": POLLS["open_orders"].options()}
        seen = await look(one(polls, server.url, key=KEY), tmp_path)
    assert seen.state() == {("korea", "open_orders", "parked")}
    assert ("error", "poll_parked") in seen.log
    assert "parked" in seen.page
    assert "FAIL  open_orders" in seen.once


async def off(why: Idle, state: str, words: str, folder: Path) -> None:
    async with SimulatorServer(SimulatedExchange("kr", seed=1)) as server:
        seen = await look(one({"markets": MARKETS}, server.url, idle={"open_orders": why}), folder)
    assert seen.state() == {("korea", "markets", "fresh"), ("korea", "open_orders", state)}
    rest = {key for key in seen.samples if key[0] != c.POLL_STATE.name}
    assert not [key for key in rest if {"open_orders", "orders_open", "default"} & {*key}]
    assert seen.log == []
    assert words in seen.page
    assert f"off   open_orders: {why}" in seen.once
    assert seen.once.endswith("All polls succeeded.")


async def test_a_target_without_a_key(tmp_path: Path) -> None:
    await off(Idle.NO_KEY, "no_key", "no key", tmp_path)


async def test_an_endpoint_that_the_region_lacks(tmp_path: Path) -> None:
    await off(Idle.NOT_HERE, "not_here", "not here", tmp_path)


async def test_a_market_that_vanished(tmp_path: Path) -> None:
    exchange = SimulatedExchange("kr", seed=1)
    async with SimulatorServer(exchange) as server:
        wanted = one({"markets": MARKETS}, server.url)
        before = await look(wanted, tmp_path)
        seen = await look(wanted, tmp_path, 2, between=lambda: exchange.world.delist("KRW-ETH"))
    assert {*before.of("upbit_market_warning")} == {("korea", "KRW-BTC"), ("korea", "KRW-ETH")}
    assert {*seen.of("upbit_market_warning")} == {("korea", "KRW-BTC")}
    assert seen.of("upbit_market_delistings_total")["korea", "KRW"] == 1
    assert seen.of(c.POLL_MISSING_MARKETS.name)["korea", "markets"] == 1
    assert sorted(seen.log) == [("info", "market_delisted"), ("warning", "market_missing")]
    assert "KRW-ETH" not in seen.once.replace("watches KRW-ETH", "")


async def test_an_endpoint_that_was_never_asked(tmp_path: Path) -> None:
    async with SimulatorServer(SimulatedExchange("kr", seed=1)) as server:
        seen = await look(one({"markets": MARKETS}, server.url), tmp_path, rounds=0)
    assert seen.of(c.ATTEMPTS.name) == {("korea", "market_all"): 0}
    assert seen.of(f"{c.REQUEST_DURATION.name}_count") == {("korea", "market_all"): 0}
    assert not seen.of(c.UP.name)
    assert not seen.of(c.LAST_SUCCESS.name)
    assert seen.log == []
    assert "market_all" not in seen.page + seen.once


async def test_the_exchange_is_unreachable(tmp_path: Path) -> None:
    exchange = SimulatedExchange("kr", seed=1)
    lost = SimulatedExchange("kr", seed=1).knobs.turned({"reset_rate": "1"})
    async with SimulatorServer(exchange) as server:
        slow = POLLS["markets"].options(every=60)
        seen = await look(
            one({"markets": slow}, server.url), tmp_path, 2, between=lambda: exchange.turn(lost)
        )
    assert seen.of(c.UP.name) == {("korea", "market_all"): 0}
    assert seen.of(c.FAILURES.name)["korea", "market_all", "disconnect"] == 1
    assert seen.of("upbit_markets"), "as they were last seen"
    assert seen.state() == {("korea", "markets", "fresh")}, "not too old yet"
    assert seen.log == [("warning", "request_failed")]
    assert "failed last time" in seen.page
    assert "FAIL  markets" in seen.once
    assert not seen.once.endswith("All polls succeeded.")


async def test_a_value_that_is_null_in_the_answer(tmp_path: Path) -> None:
    exchange = SimulatedExchange("kr", seed=1, knobs=Knobs(new_listing="nulls", null_fields=True))
    tickers = POLLS["tickers"].options(quotes=("KRW",), watch=("KRW-BTC", "KRW-NEWONE"))

    async with SimulatorServer(exchange) as server:
        exchange.advance(time.time())
        exchange.world.list_market("KRW-NEWONE", after=3600)
        seen = await look(one({"tickers": tickers}, server.url), tmp_path)
    assert {*seen.of("upbit_ticker_trade_price")} == {("korea", "KRW-BTC")}
    assert seen.of("upbit_ticker_age_seconds_count") == {("korea",): 1}, "the other has no time"
    assert seen.log == [("warning", "concern_raised")]  # it has no trade: it is stale
    assert seen.state() == {("korea", "tickers", "fresh")}
    assert "KRW-BTC" in seen.once
    assert "market=KRW-NEWONE" not in seen.once
