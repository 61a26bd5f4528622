from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange import captured
from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import VirtualLoop, in_virtual_time, run
from upbit_monitor.errors import Broken, Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import Seconds
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.trades import (
    AGE,
    GAPS,
    LAST,
    PER_SECOND,
    SEEN,
    TRADES_TICKS,
    Trades,
    TradesOptions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def trade(number: int, at: float | None = None, side: Any = "BID") -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """A row; without ``at``, trade n was n seconds after ``NOW``."""
    moment = number if at is None else at
    return {
        "timestamp": round((NOW + moment) * 1000),
        "trade_price": 100,
        "ask_bid": side,
        "sequential_id": 17_853_972_606_600_000 + number,
    }


class Bench(Place):
    """The poll, and an exchange on which there are trades. Its state: the trades by market."""

    def __init__(self, region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.trades: dict[str, list[Any]] = {"KRW-BTC": []}
        self.limbo: set[str] = set()
        self.moments: list[float] = []
        self.exchange = FakeExchange(self.answer)
        self.poll = Trades(self.context, TradesOptions(**options))

    def answer(self, path: str, query: dict[str, list[str]]) -> list[Any]:
        if path == MARKET_ALL.path:
            return [{"market": code} for code in self.trades]
        self.moments.append(VirtualLoop.running().time())
        (market,), (count,) = query["market"], query["count"]
        if market not in self.trades or market in self.limbo:
            raise Mistaken(404, "404", "Code not found")
        newest = sorted(self.trades[market], key=lambda row: -row["timestamp"])
        return newest[: int(count)]

    async def run(self, *trades: Any) -> None:  # noqa: ANN401 -- JSON
        """Let these trades of bitcoin happen, and run."""
        if trades:
            self.trades["KRW-BTC"] += trades
        await self.poll.run(self.exchange)

    def counted(self, market: str = "KRW-BTC") -> float:
        return sum(number for (code, _), number in self.table(SEEN).items() if code == market)

    def gaps(self, market: str = "KRW-BTC") -> float:
        return self.shown(GAPS)[market]


@in_virtual_time
async def test_the_counters_are_there_before_the_first_run_and_the_first_answer_adds_nothing() -> (
    None
):
    bench = Bench()
    nothing = {("KRW-BTC", "bid"): 0, ("KRW-BTC", "ask"): 0}
    assert bench.table(SEEN) == nothing
    assert bench.shown(GAPS) == {"KRW-BTC": 0}
    await bench.run(trade(1), trade(2))
    assert bench.table(SEEN) == nothing
    assert bench.shown(GAPS) == {"KRW-BTC": 0}


@in_virtual_time
async def test_what_is_new_since_is_counted_by_side() -> None:
    bench = Bench()
    await bench.run(trade(1), trade(2))
    await bench.run(trade(3), trade(4, side="ASK"), trade(5, side="BID"))
    await bench.run()
    assert bench.table(SEEN) == {("KRW-BTC", "bid"): 2, ("KRW-BTC", "ask"): 1}
    assert bench.gaps() == 0


@pytest.mark.parametrize("side", [None, "", "BOTH"])
@in_virtual_time
async def test_a_side_that_is_not_known_is_another(side: str | None) -> None:
    bench = Bench()
    await bench.run(trade(1))
    await bench.run(trade(2, side=side))
    assert bench.table(SEEN)["KRW-BTC", "other"] == 1
    assert bench.overflows == {SEEN.name: 1}


@in_virtual_time
async def test_trades_of_one_moment_are_told_apart_by_their_ids() -> None:
    bench = Bench()
    await bench.run(trade(1), trade(2))
    await bench.run(*(trade(number, at=2.001) for number in range(3, 8)))
    await bench.run(*(trade(number, at=2.001) for number in range(8, 10)))
    assert bench.counted() == 7


@in_virtual_time
async def test_the_order_of_ids_and_rows_does_not_matter() -> None:
    bench = Bench()
    await bench.run(trade(10, at=1), trade(9, at=2))
    await bench.run(trade(3, at=4), trade(2, at=5), trade(11, at=3))
    assert bench.counted() == 3


@in_virtual_time
async def test_a_trade_that_comes_twice_in_an_answer_is_one() -> None:
    bench = Bench()
    await bench.run(trade(1))
    await bench.run(trade(2), trade(2))
    assert bench.counted() == 1


@in_virtual_time
async def test_trades_that_were_missed_are_a_gap_and_the_rest_is_counted() -> None:
    bench = Bench(count=3)
    await bench.run(trade(1), trade(2))
    await bench.run(*map(trade, range(3, 9)))
    assert (bench.counted(), bench.gaps()) == (3, 1)
    await bench.run(trade(9))
    assert (bench.counted(), bench.gaps()) == (4, 1)


@in_virtual_time
async def test_an_answer_that_reaches_just_back_to_what_was_seen_has_no_gap() -> None:
    bench = Bench(count=3)
    await bench.run(trade(1))
    await bench.run(trade(2), trade(3))
    assert (bench.counted(), bench.gaps()) == (2, 0)


@in_virtual_time
async def test_older_trades_that_come_to_light_later_are_not_new() -> None:
    bench = Bench(count=3)
    bench.trades["KRW-BTC"] = [trade(1), trade(2), trade(3), trade(4)]
    await bench.run()
    bench.trades["KRW-BTC"] = [trade(1), trade(2, at=1), trade(4)]
    await bench.run()
    assert (bench.counted(), bench.gaps()) == (0, 0)


@in_virtual_time
async def test_an_answer_that_is_behind_lets_nothing_be_counted_twice() -> None:
    bench = Bench(count=3)
    await bench.run(*map(trade, range(1, 4)))
    await bench.run(trade(4), trade(5))
    fresh = bench.trades["KRW-BTC"]
    bench.trades["KRW-BTC"] = fresh[:3]
    await bench.run()
    bench.trades["KRW-BTC"] = fresh
    await bench.run()
    assert (bench.counted(), bench.gaps()) == (2, 0)


@in_virtual_time
async def test_an_empty_answer_forgets_nothing() -> None:
    bench = Bench()
    await bench.run()
    await bench.run(trade(1), trade(2))
    assert bench.counted() == 0, "the first trades that are seen are compared with nothing"
    known, bench.trades["KRW-BTC"] = bench.trades["KRW-BTC"], []
    await bench.run()
    assert bench.shown(LAST) == {}
    bench.trades["KRW-BTC"] = known
    await bench.run(trade(3))
    assert (bench.counted(), bench.gaps()) == (1, 0)


@given(
    bursts=st.lists(st.integers(0, 12), min_size=1, max_size=12),
    count=st.integers(1, 8),
    shared=st.integers(1, 4),
)
def test_what_is_counted_is_what_happened_or_there_was_a_gap(
    bursts: list[int], count: int, shared: int
) -> None:
    """So many trades happen between runs, some of which share their moment."""

    async def live() -> None:
        bench = Bench(count=count)
        happened = -1  # the first is only compared with
        number = 0
        for burst in (1, *bursts):
            trades = [trade(number + one, at=(number + one) // shared) for one in range(burst)]
            number += burst
            happened += burst
            await bench.run(*trades)
            assert bench.counted() <= happened
        if max(bursts) + shared <= count:
            assert bench.gaps() == 0
            assert bench.counted() >= happened - shared
        if shared == 1 and bench.gaps() == 0:
            assert bench.counted() == happened

    run(live())


@in_virtual_time
async def test_only_so_many_trades_are_remembered() -> None:
    bench = Bench(count=5)
    for start in range(0, 1000, 4):
        await bench.run(*map(trade, range(start, start + 4)))
    (memory,) = bench.poll._memories.values()  # noqa: SLF001 -- it must not grow
    assert len(memory._known) == 10  # noqa: SLF001 -- it must not grow
    assert (bench.counted(), bench.gaps()) == (996, 0)


@pytest.mark.parametrize(
    ("moments", "rate"), [((), None), ((1,), None), ((1, 1), None), ((1, 3), 0.5), ((3, 1, 2), 1)]
)
@in_virtual_time
async def test_trades_a_second_are_those_between_the_oldest_and_the_newest(
    moments: Iterable[float], rate: float | None
) -> None:
    bench = Bench()
    await bench.run(*(trade(number, at=at) for number, at in enumerate(moments)))
    assert bench.shown(PER_SECOND).get("KRW-BTC") == rate


@in_virtual_time
async def test_the_last_trade_has_a_time_and_an_age() -> None:
    bench = Bench()
    assert bench.observed(AGE) == (0, 0)
    await bench.run(trade(1, at=-9), trade(2, at=-2.5), trade(3, at=-4))
    assert bench.shown(LAST) == {"KRW-BTC": NOW - 2.5}
    assert bench.observed(AGE) == (1, 2.5)
    assert bench.poll.gist == "KRW-BTC: last trade 2.5 s ago"


@in_virtual_time
async def test_an_age_is_never_negative() -> None:
    bench = Bench()
    await bench.run(trade(1, at=5))
    assert bench.observed(AGE) == (1, 0)


@in_virtual_time
async def test_a_market_without_a_trade_has_no_time_and_no_age() -> None:
    bench = Bench()
    await bench.run()
    assert bench.shown(LAST) == bench.shown(PER_SECOND) == {}
    assert bench.observed(AGE) == (0, 0)
    assert bench.poll.gist == "no trade"


@pytest.mark.parametrize(
    "name", ["live/kr_trades_ticks_2026-07-30.json", "docs_global/recent_trades_history.json"]
)
@in_virtual_time
async def test_a_recorded_answer_is_shown(name: str) -> None:
    rows = TRADES_TICKS.read(captured.body(name))
    newest = max(row.timestamp or 0 for row in rows) / 1000
    bench = Bench()
    bench.exchange.answer = lambda path, _: (
        MARKET_ALL.sample if path == MARKET_ALL.path else captured.body(name)
    )
    await bench.run()
    assert bench.shown(LAST) == {"KRW-BTC": newest}
    assert {(row.ask_bid or "").lower() for row in rows} <= {"bid", "ask"}
    assert bench.counted() == 0


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_options_it_looks_at_bitcoin_in_the_money_of_the_region(region: str) -> None:
    money = REGIONS[region].quotes[0]
    bench = Bench(region)
    bench.trades = {f"{money}-BTC": [trade(1)], f"{money}-ETH": [trade(1)]}
    await bench.run()
    assert bench.shown(LAST).keys() == {f"{money}-BTC"}


@in_virtual_time
async def test_markets_are_asked_one_by_one_over_most_of_the_interval_and_shown_at_once() -> None:
    bench = Bench(watch=("KRW-*",), every=16)
    bench.trades = {f"KRW-C{number}": [trade(number)] for number in range(3)}
    running = asyncio.create_task(bench.run())
    await asyncio.sleep(6)
    assert len(bench.moments) == 2
    assert bench.shown(LAST) == {}
    await running
    assert bench.moments == [0, 4, 8]
    assert len(bench.shown(LAST)) == 3
    assert bench.poll.gist == "3 markets: last trade 0.0 s ago"


@in_virtual_time
async def test_of_a_market_that_vanishes_everything_goes() -> None:
    bench = Bench(watch=("KRW-*",))
    bench.trades = {"KRW-BTC": [trade(1), trade(2)], "KRW-ETH": [trade(1), trade(2)]}
    await bench.run()
    await bench.run(trade(3))
    assert bench.shown(GAPS).keys() == {"KRW-BTC", "KRW-ETH"}
    gone = bench.trades.pop("KRW-BTC")
    for _ in range(2):
        await bench.run()
        assert bench.shown(GAPS).keys() == bench.shown(LAST).keys() == {"KRW-ETH"}
        assert {market for market, _ in bench.table(SEEN)} == {"KRW-ETH"}
    bench.trades["KRW-BTC"] = [*gone, trade(9)]
    bench.now += 600
    await bench.run()
    assert bench.counted() == 0, "it begins anew"


@in_virtual_time
async def test_a_watched_market_that_is_not_listed_has_no_counters_and_concerns_people() -> None:
    bench = Bench(watch=("KRW-BTC", "KRW-NONE"))
    await bench.run(trade(1))
    assert bench.shown(GAPS).keys() == {"KRW-BTC"}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}
    assert len(bench.poll.concerns) == 1


@in_virtual_time
async def test_a_run_that_fails_counts_nothing_and_what_it_missed_is_counted_later() -> None:
    bench = Bench(watch=("KRW-BTC", "KRW-ETH"))
    bench.trades["KRW-ETH"] = [trade(1)]
    await bench.run(trade(1))
    broken = {"KRW-ETH"}

    def answer(path: str, query: dict[str, list[str]]) -> list[Any]:
        if broken & set(query.get("market", ())):
            raise Broken(502, None, "")
        return bench.answer(path, query)

    bench.exchange.answer = answer
    with pytest.raises(Broken):
        await bench.run(trade(2))
    assert bench.counted() == 0
    broken.clear()
    await bench.run()
    assert bench.counted() == 1


@pytest.mark.parametrize("field", ["timestamp", "sequential_id"])
@in_virtual_time
async def test_a_trade_without_its_time_or_id_counts_for_nothing(field: str) -> None:
    bench = Bench()
    rows = [trade(1), trade(2)]
    bench.exchange.answer = lambda path, _: MARKET_ALL.sample if path == MARKET_ALL.path else rows
    await bench.run()
    rows += [trade(3), trade(9) | {field: None}]
    await bench.run()
    assert (bench.counted(), bench.gaps()) == (1, 0)
    assert bench.shown(LAST) == {"KRW-BTC": NOW + 3}
    assert bench.shown(PER_SECOND) == {"KRW-BTC": 1}
    rows[:] = [row | {field: None} for row in rows]
    await bench.run()
    assert bench.shown(LAST) == bench.shown(PER_SECOND) == {}
    assert (bench.counted(), bench.gaps()) == (1, 0)


@in_virtual_time
async def test_a_market_in_limbo_is_missing_and_spoils_no_run() -> None:
    bench = Bench(watch=("KRW-BTC", "KRW-ETH"))
    bench.limbo.add("KRW-ETH")
    bench.trades["KRW-ETH"] = [trade(1)]
    for _ in range(3):
        await bench.run(trade(1))
        assert bench.shown(LAST).keys() == bench.shown(GAPS).keys() == {"KRW-BTC"}
        assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}
        (concern,) = bench.poll.concerns
        assert concern.what == ("watches KRW-ETH, which the exchange lists and then does not know")
    assert bench.log.told() == [("warning", "market_missing")]
    assert [path for path, _ in bench.exchange.asked].count(MARKET_ALL.path) == 2
    bench.limbo.clear()
    await bench.run()
    assert bench.shown(LAST).keys() == {"KRW-BTC", "KRW-ETH"}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 0}
    assert bench.poll.concerns == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("timestamp", value) for value in (-1, 10**20, "1")),
        *(("sequential_id", value) for value in (-1, 10**20, 1.5, "1")),
    ],
)
@in_virtual_time
async def test_a_time_or_id_that_can_be_none_is_unreadable(field: str, value: Any) -> None:  # noqa: ANN401 -- JSON
    bench = Bench()
    bench.exchange.answer = lambda path, _: (
        MARKET_ALL.sample if path == MARKET_ALL.path else [trade(1) | {field: value}]
    )
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


def test_a_run_asks_once_for_each_market_that_may_be_listed() -> None:
    options = TradesOptions(every=Seconds(60), watch=("KRW-*", "BTC-ETH"))
    requests = Trades.requests(options, REGIONS["kr"])
    assert requests == {TRADES_TICKS: 285, MARKET_ALL: pytest.approx(0.1)}
