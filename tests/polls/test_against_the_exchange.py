"""What goes wrong with books, trades and candles at the exchange is seen, in every region."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.exchange import REGIONS
from upbit_monitor.polls import POLLS
from upbit_monitor.polls.candles import LATE, NEWEST_END
from upbit_monitor.polls.orderbook import AGE, BOOKS, DEPTH, IRREGULAR, REACH
from upbit_monitor.polls.trades import AGE as LAST_AGE
from upbit_monitor.polls.trades import GAPS, LAST, SEEN
from upbit_monitor.simulator import Arrival, Headers, Knobs, SimulatedExchange

if TYPE_CHECKING:
    from upbit_monitor.polls import Poll

each_region = pytest.mark.parametrize("region", REGIONS)


class Bench(Place):
    """A poll, and the simulated exchange, whose clock may be ahead. Its state: both."""

    def __init__(self, poll: str, region: str, *, ahead: float = 0, **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        free = dict.fromkeys(["market", "orderbook", "crix-trades", "candles"], 1000)
        knobs = Knobs(limits=free, clock_offset_seconds=ahead)
        self.simulated = SimulatedExchange(region, knobs=knobs)
        self.world = self.simulated.world
        self.market = f"{REGIONS[region].quotes[0]}-BTC"
        context = replace(self.context, exchange_time=lambda: self.now + ahead)
        self.poll: Poll[Any] = POLLS[poll](context, POLLS[poll].options(**options))
        self.exchange = FakeExchange(self.answer)
        self.simulated.advance(self.now)

    def answer(self, path: str, query: dict[str, list[str]]) -> bytes:
        target = path + "?" + "&".join(f"{name}={value}" for name, (value,) in query.items())
        reply = self.simulated.answer(Arrival("GET", target, Headers()), self.now)
        assert reply.status == 200
        return reply.body

    async def run(self, later: float = 0) -> None:
        self.now += later
        self.simulated.advance(self.now)
        await self.poll.run(self.exchange)


@each_region
@in_virtual_time
async def test_every_book_of_the_exchange_is_seen(region: str) -> None:
    bench = Bench("orderbook", region, quotes=REGIONS[region].quotes)
    await bench.run()
    assert bench.table(BOOKS) == {(): len(bench.world)}
    assert not any(bench.shown(IRREGULAR).values())


@each_region
@in_virtual_time
async def test_what_is_wrong_with_a_book_is_seen_and_passes(region: str) -> None:
    bench = Bench("orderbook", region)
    for shape in ("crossed", "one_sided", "empty"):
        bench.world.shape_book(bench.market, shape)
        await bench.run(1)
        assert {name for name, number in bench.shown(IRREGULAR).items() if number} == {shape}
        assert len(bench.poll.concerns) == 1
    bench.world.shape_book(bench.market, "normal")
    bench.world.freeze_book(bench.market, frozen=True)
    await bench.run(601)
    assert bench.shown(IRREGULAR)["stale"] == 1
    bench.world.freeze_book(bench.market, frozen=False)
    await bench.run(1)
    assert not any(bench.shown(IRREGULAR).values())
    assert bench.poll.concerns == ()


@each_region
@in_virtual_time
async def test_a_book_shows_no_more_than_it_reaches(region: str) -> None:
    bands = {"0.01%": 0.0001, "0.1%": 0.001, "1%": 0.01, "100%": 1.0}
    bench = Bench("orderbook", region, bands=tuple(bands))
    await bench.run()
    for side in ("bid", "ask"):
        reach = bench.table(REACH)[bench.market, side]
        known = [band for market, of, band in bench.table(DEPTH) if of == side]
        assert known == [band for band, ratio in bands.items() if ratio <= reach]
        depth = [bench.table(DEPTH)[bench.market, side, band] for band in known]
        assert depth == sorted(depth)


@each_region
@in_virtual_time
async def test_the_trades_that_are_counted_are_those_that_happened(region: str) -> None:
    bench = Bench("trades", region, count=500)
    market = bench.world.find(bench.market)
    assert market is not None
    before = market.last_trade(bench.now)
    assert before is not None
    for _ in range(6):
        await bench.run(7)
    first = market.last_trade(bench.now - 35)
    last = market.last_trade(bench.now)
    assert first is not None
    assert last is not None
    assert sum(bench.table(SEEN).values()) == last - first
    assert bench.shown(GAPS) == {bench.market: 0}
    shown = bench.shown(LAST)[bench.market]
    assert shown == pytest.approx(market.path.trade_time(last), abs=0.001)


@each_region
@in_virtual_time
async def test_trades_that_fell_between_two_looks_are_a_gap(region: str) -> None:
    bench = Bench("trades", region, count=2)
    await bench.run()
    await bench.run(3600)
    assert bench.shown(GAPS) == {bench.market: 1}
    assert sum(bench.table(SEEN).values()) == 2


@each_region
@in_virtual_time
async def test_candles_that_lag_are_late_and_those_of_a_halted_market_too(region: str) -> None:
    bench = Bench("candles", region)
    await bench.run(5)
    assert bench.table(LATE) == {(): 0}
    bench.world.delay_candles(bench.market, 300)
    await bench.run(60)
    assert bench.table(LATE) == {(): 1}
    assert "late" in bench.poll.concerns[0].what
    bench.world.delay_candles(bench.market, 0)
    await bench.run(60)
    assert bench.table(LATE) == {(): 0}
    bench.world.stall(bench.market)
    await bench.run(300)
    assert bench.table(LATE) == {(): 1}
    assert bench.shown(NEWEST_END).keys() == {bench.market}


@pytest.mark.parametrize("ahead", [-1000, 1000])
@in_virtual_time
async def test_ages_are_by_the_clock_of_the_exchange(ahead: float) -> None:
    for poll, family in (("orderbook", AGE), ("trades", LAST_AGE)):
        bench = Bench(poll, "kr", ahead=ahead)
        await bench.run()
        count, age = bench.observed(family)
        assert count == 1
        assert age is not None
        assert 0 <= age < 10


@pytest.mark.parametrize("ahead", [-1000, 1000])
@in_virtual_time
async def test_candles_are_finished_and_late_by_the_clock_of_the_exchange(ahead: float) -> None:
    bench = Bench("candles", "kr", ahead=ahead)
    await bench.run(5)
    assert bench.table(LATE) == {(): 0}
    at_the_exchange = bench.now + ahead
    assert 0 <= at_the_exchange - bench.shown(NEWEST_END)[bench.market] < 60
