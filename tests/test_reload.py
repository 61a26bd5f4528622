"""What a reload does to the series of a running daemon: what is watched goes on, the rest goes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.process import daemon
from upbit_monitor.simulator import Key, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.process import Process

KEY: Final = Key(access="access" * 6, secret="secret" * 8)

MARKETS: Final = "markets: {every: 500ms}"
TRADES: Final = "trades: {every: 1s, watch: [KRW-BTC, KRW-ETH]}"
XRP: Final = "trades: {every: 1s, watch: [KRW-XRP]}"
ORDERS: Final = "open_orders: {every: 500ms}"

COUNTED: Final = ("_total", "_count", "_sum", "_bucket")


class Place:
    """Where a daemon is configured. Its state: the file, as it was written last."""

    def __init__(self, folder: Path, url: str) -> None:
        self.path = folder / "upbit-monitor.yml"
        self._url = url
        for half, text in (("access", KEY.access), ("secret", KEY.secret)):
            file = folder / half
            file.write_text(text)
            file.chmod(0o600)

    def write(self, *polls: str, key: bool = True, target: str = "korea", more: str = "") -> None:
        """Ask for these polls of one target."""
        files = "credentials: {access_key_file: access, secret_key_file: secret}"
        lines = [
            "targets:", f"  {target}:", "    region: kr", f"    base_url: {self._url}",
            *([f"    {files}"] if key else []),
            "    polls:", *(f"      {poll}" for poll in polls),
            "web: {listen_address: '127.0.0.1:0'}", more,
        ]  # fmt: skip
        self.path.write_text("\n".join(lines) + "\n")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with SimulatorServer(SimulatedExchange("kr", seed=7, keys=(KEY,))) as server:
        yield Place(tmp_path, server.url)


Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def counted(process: Process) -> Series:
    """Scrape what is counted of targets, by name and labels."""
    return {
        (name, labels): value
        for (name, labels), value in (await process.samples()).items()
        if name.endswith(COUNTED) and "target" in dict(labels)
    }


async def reloaded(process: Process) -> Series:
    assert await process.post("-/reload") == (200, "reloaded\n")
    return await counted(process)


async def fresh(place: Place) -> Series:
    """Give what is there from the start, under the configuration as it is."""
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        seen = await counted(process)
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    return seen


def of(series: Series, label: str, *values: str) -> set[tuple[str, str]]:
    """Give names of series, and the value of this label, where it is one of these."""
    found = ((name, dict(labels).get(label)) for name, labels in series)
    return {(name, value) for name, value in found if value in values}


async def test_a_reload_of_the_same_configuration_loses_no_count(place: Place) -> None:
    place.write(MARKETS, TRADES, ORDERS)
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        before = await counted(process)
        for _ in range(4):
            after = await reloaded(process)
            assert {*after} == {*before}
            assert not [key for key, value in before.items() if after[key] < value]
            before = after
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    runs = ("upbit_monitor_poll_runs_total", frozenset({("target", "korea"), ("poll", "markets")}))
    assert before[runs] > 0


@pytest.mark.parametrize(
    ("then", "key"),
    [((MARKETS, TRADES, ORDERS), False), ((MARKETS, TRADES), True)],
    ids=["the key", "the poll"],
)
async def test_what_is_taken_away_takes_its_series_along_and_the_rest_counts_on(
    place: Place, then: tuple[str, ...], *, key: bool
) -> None:
    place.write(*then, key=key)
    without = await fresh(place)
    place.write(MARKETS, TRADES, ORDERS)
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        before = await counted(process)
        place.write(*then, key=key)
        after = await reloaded(process)
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    for label, value in (("poll", "open_orders"), ("endpoint", "orders_open")):
        assert of(before, label, value)
        assert not of(after, label, value)
    assert ("upbit_ratelimit_requests_total", "default") in of(before, "group", "default")
    if not key:
        assert not of(after, "group", "default")
    assert {*after} == {*without}, "as if it had never been there"
    assert not [name for name in after if after[name] < before[name]]


async def test_markets_that_left_the_watch_list_leave_no_series(place: Place) -> None:
    place.write(MARKETS, XRP)
    without = await fresh(place)
    place.write(MARKETS, TRADES)
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        before = await counted(process)
        after, sizes = before, []
        for poll in (XRP, TRADES, XRP, TRADES, XRP):
            place.write(MARKETS, poll)
            after = await reloaded(process)
            sizes.append(len(after))
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    names = {"upbit_trades_seen_total", "upbit_trades_gaps_total"}
    assert of(before, "market", "KRW-BTC") == {(name, "KRW-BTC") for name in names}
    assert of(after, "market", "KRW-XRP") == {(name, "KRW-XRP") for name in names}
    assert not of(after, "market", "KRW-BTC", "KRW-ETH")
    assert {*after} == {*without}
    assert len({*sizes[::2]}) == len({*sizes[1::2]}) == 1, "as often as it may be"
    assert sizes[1] == len(before)
    runs = ("upbit_monitor_poll_runs_total", frozenset({("target", "korea"), ("poll", "trades")}))
    assert after[runs] >= before[runs] > 0, "the poll itself counts on"


async def test_a_target_of_another_name_is_another_target(place: Place) -> None:
    place.write(MARKETS)
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        before = await counted(process)
        place.write(MARKETS, target="seoul")
        after = await reloaded(process)
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    assert {dict(labels)["target"] for _, labels in before} == {"korea"}
    assert {dict(labels)["target"] for _, labels in after} == {"seoul"}
    assert len(after) == len(before)


async def test_a_rejected_configuration_takes_no_series(place: Place) -> None:
    place.write(MARKETS, ORDERS)
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        before = await process.samples()
        place.write("markets: {evry: 1s}")
        assert (await process.post("-/reload"))[0] == 400
        after = await process.samples()
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    assert {*before} <= {*after}


async def test_a_gauge_that_is_cut_is_told_once_and_not_at_each_run(place: Place) -> None:
    tickers = "tickers: {every: 250ms, quotes: [KRW], watch: [KRW-BTC, KRW-ETH, KRW-XRP]}"
    place.write(tickers, more="metrics: {series_cap: 2}")
    async with daemon(place.path, dict(os.environ)) as process:
        await process.event("daemon_ready")
        hits = ("upbit_monitor_series_limit_hits_total",
                frozenset({("metric", "upbit_ticker_trade_price")}))  # fmt: skip
        while (await process.samples())[hits] < 3:
            pass
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    told = [line for line in process.events if line["event"] == "series_cut"]
    price = [line for line in told if line["metric"] == "upbit_ticker_trade_price"]
    assert [(line["level"], line["target"], line["left_out"]) for line in price] == [
        ("warning", "korea", 1)
    ]
    assert len({line["metric"] for line in told}) == len(told)
