from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange import captured
from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import VirtualLoop, in_virtual_time, run
from upbit_monitor.errors import Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.metrics.catalogue import POLL_MISSING_MARKETS
from upbit_monitor.polls import Seconds
from upbit_monitor.polls.candles import (
    CANDLES_MINUTES,
    DELAY,
    LATE,
    NEWEST_END,
    PERIOD,
    UNITS,
    Candles,
    CandlesOptions,
)
from upbit_monitor.polls.market_row import MARKET_ALL


def candle(start: float) -> dict[str, Any]:
    """A row; ``start`` is in seconds after ``NOW``, a whole minute."""
    moment = datetime.fromtimestamp(NOW + start, UTC)
    return {"market": "KRW-BTC", "candle_date_time_utc": f"{moment:%Y-%m-%dT%H:%M:%S}", "unit": 1}


class Bench(Place):
    """The poll, and an exchange with candles. Its state: when they begin, after ``NOW``."""

    def __init__(self, *starts: float, region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.starts: dict[str, list[float]] = {"KRW-BTC": list(starts)}
        self.limbo: set[str] = set()
        self.moments: list[float] = []
        self.exchange = FakeExchange(self.answer)
        self.poll = Candles(self.context, CandlesOptions(**options))

    def answer(self, path: str, query: dict[str, list[str]]) -> list[Any]:
        if path == MARKET_ALL.path:
            return [{"market": code} for code in self.starts]
        self.moments.append(VirtualLoop.running().time())
        (market,), (count,) = query["market"], query["count"]
        if market not in self.starts or market in self.limbo:
            raise Mistaken(404, "404", "Code not found")
        newest = sorted(self.starts[market], reverse=True)
        return [candle(start) for start in newest[: int(count)]]

    async def run(self, after: float, *starts: float) -> None:
        """Let these candles come, and run so many seconds after ``NOW``."""
        self.now = NOW + after
        if starts:
            self.starts["KRW-BTC"] += starts
        await self.poll.run(self.exchange)

    def end(self, market: str = "KRW-BTC") -> float | None:
        """Give when the newest finished candle ended, after ``NOW``."""
        shown = self.shown(NEWEST_END)
        return shown[market] - NOW if market in shown else None

    @property
    def late(self) -> float:
        return self.table(LATE)[()]

    @property
    def concerns(self) -> list[str]:
        return [concern.what for concern in self.poll.concerns]


@pytest.mark.parametrize(("after", "end"), [(59.9, 0), (60, 60), (61, 60), (119, 60), (120, 120)])
@in_virtual_time
async def test_a_candle_is_finished_when_its_period_is_over(after: float, end: float) -> None:
    bench = Bench(-60, 0, 60)
    await bench.run(after)
    assert bench.end() == end


@in_virtual_time
async def test_the_next_period_may_have_begun_at_the_exchange_already() -> None:
    bench = Bench(-60, 0, 60)
    await bench.run(59.9)
    assert bench.end() == 0
    assert bench.late == 0


@in_virtual_time
async def test_candles_that_come_in_time_concern_nobody() -> None:
    bench = Bench(-60)
    await bench.run(1)
    assert (bench.end(), bench.late, bench.concerns) == (0, 0, [])
    assert bench.poll.gist == "KRW-BTC: newest candle ended 1.0 s ago"
    assert bench.table(PERIOD) == {(): 60}


@pytest.mark.parametrize(("after", "late"), [(60, 0), (119.9, 0), (120, 1), (121, 1), (400, 1)])
@in_virtual_time
async def test_a_market_is_late_when_a_candle_is_missing_for_longer_than_allowed(
    after: float, late: int
) -> None:
    bench = Bench(-60, late_after=60)
    await bench.run(after)
    assert bench.late == late
    assert len(bench.concerns) == late


@in_virtual_time
async def test_the_latest_market_is_named_with_how_late_it_is() -> None:
    bench = Bench(-240, watch=("KRW-*",))
    bench.starts |= {"KRW-ETH": [-120], "KRW-XRP": [0]}
    await bench.run(61)
    assert bench.concerns == ["the candle of KRW-BTC is 3 min 1 s late, and 1 more"]
    assert bench.late == 2
    assert bench.poll.gist == "3 markets: newest candle ended 1.0 s ago"


@in_virtual_time
async def test_a_market_without_a_candle_is_late_and_shows_no_time() -> None:
    bench = Bench()
    await bench.run(0)
    assert (bench.end(), bench.late) == (None, 1)
    assert bench.concerns == ["KRW-BTC has no finished candle"]
    assert bench.poll.gist == "no finished candle"


@in_virtual_time
async def test_a_delay_is_from_the_end_of_a_period_to_when_its_candle_is_first_seen() -> None:
    bench = Bench(-60)
    assert bench.observed(DELAY) == (0, 0)
    await bench.run(5)
    assert bench.observed(DELAY) == (0, 0), "it may have been there for long"
    await bench.run(35, 0)
    await bench.run(65)
    await bench.run(95)
    assert bench.observed(DELAY) == (1, 5)
    await bench.run(125)
    await bench.run(155, 60)
    assert bench.observed(DELAY) == (2, 5 + 35)


@in_virtual_time
async def test_an_answer_that_is_behind_brings_no_new_candle() -> None:
    bench = Bench(-60, 0)
    await bench.run(61)
    bench.starts["KRW-BTC"] = [-60]
    await bench.run(62)
    assert bench.observed(DELAY) == (0, 0)
    assert bench.end() == 0


@given(
    unit=st.sampled_from(UNITS),
    after=st.floats(0, 100_000),
    behind=st.integers(0, 5),
    late_after=st.floats(1, 5000),
)
def test_a_market_is_late_exactly_if_what_is_due_is_missing(
    unit: int, after: float, behind: int, late_after: float
) -> None:
    """All candles are there but for those of the last periods."""
    period = unit * 60
    begun = (NOW + after) // period * period - NOW
    starts = [begun - (behind + 1 + one) * period for one in range(3)]

    async def live() -> Bench:
        bench = Bench(*starts, unit=unit, late_after=late_after)
        await bench.run(after)
        return bench

    bench = run(live())
    assert bench.end() == begun - behind * period
    missing = after - (begun - (behind - 1) * period) if behind else -1.0
    assert bench.late == (missing >= late_after) or missing == pytest.approx(late_after)


@pytest.mark.parametrize(
    "name",
    ["live/kr_candles_minutes5_2026-08-03.json", "docs_global/seconds_candles.json",
     "live/kr_candles_days_2025-07-30.json"],
)  # fmt: skip
@in_virtual_time
async def test_a_recorded_answer_is_shown(name: str) -> None:
    body = captured.body(name)
    (row, *_) = CANDLES_MINUTES[5].read(body)
    assert row.candle_date_time_utc is not None
    start = datetime.fromisoformat(row.candle_date_time_utc).replace(tzinfo=UTC).timestamp()
    bench = Bench(unit=5)
    bench.exchange.answer = lambda path, _: MARKET_ALL.sample if path == MARKET_ALL.path else body
    await bench.run(start + 300 - NOW)
    assert bench.shown(NEWEST_END) == {"KRW-BTC": start + 300}


@pytest.mark.parametrize("unit", UNITS)
@in_virtual_time
async def test_it_asks_for_candles_of_its_unit(unit: int) -> None:
    bench = Bench(-60, unit=unit)
    await bench.run(0)
    assert bench.exchange.asked[-1] == (
        f"/v1/candles/minutes/{unit}", {"market": ["KRW-BTC"], "count": ["3"]},
    )  # fmt: skip
    requests = Candles.requests(CandlesOptions(unit=unit, every=Seconds(60)), REGIONS["kr"])
    assert requests == {CANDLES_MINUTES[unit]: 1, MARKET_ALL: pytest.approx(0.1)}


@pytest.mark.parametrize("unit", [2, 7, 120])
def test_a_unit_that_the_exchange_does_not_have_is_refused_with_a_remedy(unit: int) -> None:
    with pytest.raises(ValueError, match="; write one of 1, 3, 5, 10, 15, 30, 60, 240"):
        CandlesOptions(unit=unit)


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_options_it_looks_at_bitcoin_in_the_money_of_the_region(region: str) -> None:
    money = REGIONS[region].quotes[0]
    bench = Bench(region=region)
    bench.starts = {f"{money}-BTC": [-60], f"{money}-ETH": [-60]}
    await bench.run(0)
    assert bench.shown(NEWEST_END).keys() == {f"{money}-BTC"}


@in_virtual_time
async def test_markets_are_asked_one_by_one_over_most_of_the_interval_and_shown_at_once() -> None:
    bench = Bench(watch=("KRW-*",), every=16)
    bench.starts = {f"KRW-C{number}": [-60] for number in range(3)}
    running = asyncio.create_task(bench.run(0))
    await asyncio.sleep(6)
    assert len(bench.moments) == 2
    assert bench.shown(NEWEST_END) == {}
    await running
    assert bench.moments == [0, 4, 8]
    assert len(bench.shown(NEWEST_END)) == 3


@in_virtual_time
async def test_a_market_that_is_delisted_is_not_late() -> None:
    bench = Bench(-60, watch=("KRW-BTC", "KRW-ETH"))
    bench.starts["KRW-ETH"] = [-60]
    await bench.run(0)
    del bench.starts["KRW-BTC"]
    for _ in range(2):
        await bench.run(1)
        assert bench.shown(NEWEST_END).keys() == {"KRW-ETH"}
        assert bench.late == 0
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}
    assert len(bench.concerns) == 1


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00", "0001-01-01T00:00:00+23:59"])
@in_virtual_time
async def test_a_time_that_is_none_is_unreadable(text: str) -> None:
    bench = Bench()
    bench.exchange.answer = lambda path, _: (
        MARKET_ALL.sample if path == MARKET_ALL.path else [{"candle_date_time_utc": text}]
    )
    if text.startswith("0001"):  # a time, though before all others
        await bench.run(0)
        assert bench.late == 1
        return
    with pytest.raises(Unreadable, match="no ISO 8601 time"):
        await bench.run(0)


@in_virtual_time
async def test_a_candle_without_its_time_is_left_out_and_makes_nobody_late() -> None:
    bench = Bench()
    rows = [candle(0), candle(60) | {"candle_date_time_utc": None}]
    bench.exchange.answer = lambda path, _: MARKET_ALL.sample if path == MARKET_ALL.path else rows
    await bench.run(600)
    assert (bench.end(), bench.late, bench.concerns) == (60, 0, [])
    del rows[0]
    await bench.run(600)
    assert (bench.end(), bench.late, bench.concerns) == (None, 0, [])


@in_virtual_time
async def test_a_market_in_limbo_is_missing_and_not_late() -> None:
    bench = Bench(-60, watch=("KRW-BTC", "KRW-ETH"))
    bench.starts["KRW-ETH"] = [-60]
    bench.limbo.add("KRW-ETH")
    await bench.run(1)
    assert (bench.end(), bench.end("KRW-ETH"), bench.late) == (0, None, 0)
    assert bench.shown(POLL_MISSING_MARKETS) == {"poll": 1}
    assert bench.concerns == ["watches KRW-ETH, which the exchange lists and then does not know"]
