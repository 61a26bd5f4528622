from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Broken, ExchangeError, Mistaken, Unreadable
from upbit_monitor.polls.tickers import AGE, LAST_TRADE, PRICE, STALE, Tickers, TickersOptions


def ticker(market: str, price: Any = 100, *, traded: float | None = 1, age: float = 0) -> Any:  # noqa: ANN401 -- JSON
    """A row; ``traded`` and ``age`` are seconds before ``NOW``."""
    return {
        "market": market,
        "trade_price": price,
        "timestamp": round((NOW - age) * 1000),
        "trade_timestamp": None if traded is None else round((NOW - traded) * 1000),
        "change": "EVEN",
    }


class Bench(Place):
    """The poll, and an exchange that lists some markets."""

    def __init__(self, *rows: dict[str, Any], region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.rows = list(rows)
        self.error: ExchangeError | None = None
        self.exchange = FakeExchange(self.answer)
        self.poll = Tickers(self.context, TickersOptions(**options))

    def answer(self, path: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        if self.error is not None:
            raise self.error
        if path == "/v1/ticker/all":
            quotes = query["quote_currencies"][0].split(",")
            return [row for row in self.rows if row["market"].partition("-")[0] in quotes]
        by_code = {row["market"]: row for row in self.rows}
        codes = query["markets"][0].split(",")
        if not by_code.keys() >= set(codes):
            raise Mistaken(404, "404", "Code not found")
        return [by_code[code] for code in codes]

    async def run(self) -> None:
        await self.poll.run(self.exchange)

    @property
    def questions(self) -> list[tuple[str, str]]:
        """Give path and parameter of all that was asked."""
        return [(path, value) for path, query in self.exchange.asked for (value,) in query.values()]

    def ages(self) -> tuple[float | None, float | None]:
        """Give the number and the sum of the ages seen."""
        count, total = (
            self.board.value(f"{AGE.name}_{what}", target="target") for what in ("count", "sum")
        )
        return count, total


@pytest.mark.parametrize(
    ("options", "question"),
    [
        ({}, ("/v1/ticker/all", "KRW")),
        ({"quotes": ("BTC", "USDT")}, ("/v1/ticker/all", "BTC,USDT")),
        ({"quotes": ("BTC",), "watch": ("KRW-BTC",)}, ("/v1/ticker/all", "BTC,KRW")),
        ({"quotes": ("KRW",), "watch": ("KRW-BTC",)}, ("/v1/ticker/all", "KRW")),
        ({"watch": ("KRW-BTC", "BTC-ETH")}, ("/v1/ticker", "KRW-BTC,BTC-ETH")),
    ],
)
@in_virtual_time
async def test_it_asks_as_its_options_say(options: Any, question: tuple[str, str]) -> None:  # noqa: ANN401 -- options of any kind
    bench = Bench(ticker("KRW-BTC"), ticker("BTC-ETH"), **options)
    await bench.run()
    assert bench.questions == [question]


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_options_it_asks_for_the_money_of_the_region(region: str) -> None:
    bench = Bench(region=region)
    await bench.run()
    money = {"kr": "KRW", "sg": "SGD", "id": "IDR", "th": "THB"}[region]
    assert bench.questions == [("/v1/ticker/all", money)]


@pytest.mark.parametrize(("codes", "sizes"), [(100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
@in_virtual_time
async def test_many_codes_are_asked_for_by_the_hundred(codes: int, sizes: list[int]) -> None:
    watch = tuple(f"KRW-C{number}" for number in range(codes))
    bench = Bench(*map(ticker, watch), watch=watch)
    await bench.run()
    assert [len(value.split(",")) for _, value in bench.questions] == sizes
    assert bench.shown(PRICE).keys() == set(watch)


@in_virtual_time
async def test_a_code_that_is_not_listed_changes_the_question_for_good() -> None:
    watch = ("KRW-BTC", "BTC-ETH", "KRW-GONE")
    bench = Bench(ticker("KRW-BTC"), ticker("BTC-ETH"), watch=watch)
    await bench.run()
    await bench.run()
    by_quote = ("/v1/ticker/all", "KRW,BTC")
    assert bench.questions == [("/v1/ticker", ",".join(watch)), by_quote, by_quote]
    assert bench.shown(PRICE) == {"KRW-BTC": 100, "BTC-ETH": 100}


@in_virtual_time
async def test_a_code_with_a_slip_of_the_pen_does_not_spoil_the_others() -> None:
    bench = Bench(ticker("KRW-BTC"), watch=("KRW-BTC", "KWR-ETH", "BTC"))
    await bench.run()
    assert bench.questions[-1] == ("/v1/ticker/all", "KRW")
    assert bench.shown(PRICE) == {"KRW-BTC": 100}
    assert bench.shown(STALE) == {"KRW": 0, "KWR": 1, "other": 1}


@pytest.mark.parametrize("error", [Mistaken(400, "400", "Type mismatch"), Broken(502, None, "")])
@in_virtual_time
async def test_any_other_error_goes_through(error: ExchangeError) -> None:
    bench = Bench(watch=("KRW-BTC",))
    bench.error = error
    with pytest.raises(type(error)):
        await bench.run()
    assert len(bench.questions) == 1


@in_virtual_time
async def test_prices_and_trade_times_of_watched_markets_are_shown() -> None:
    rows = [ticker("KRW-BTC", 162876000.5, traded=30), ticker("KRW-ETH", "5.485e-05", traded=40)]
    bench = Bench(*rows, ticker("KRW-XRP"), quotes=("KRW",), watch=("KRW-BTC", "KRW-ETH"))
    await bench.run()
    assert bench.shown(PRICE) == {"KRW-BTC": 162876000.5, "KRW-ETH": 5.485e-05}
    assert bench.shown(LAST_TRADE) == {"KRW-BTC": NOW - 30, "KRW-ETH": NOW - 40}


@in_virtual_time
async def test_a_market_that_has_never_traded_has_no_price_and_is_stale() -> None:
    bench = Bench(ticker("KRW-NEW", None, traded=None), watch=("KRW-NEW",))
    await bench.run()
    assert bench.shown(PRICE) == bench.shown(LAST_TRADE) == {}
    assert bench.shown(STALE) == {"KRW": 1}
    assert bench.log.told() == [], "it is listed"


@in_virtual_time
async def test_a_market_is_stale_when_its_last_trade_is_older_than_the_threshold() -> None:
    rows = [ticker("KRW-BTC", traded=600), ticker("KRW-ETH", traded=601), ticker("BTC-ETH")]
    watch = ("KRW-BTC", "KRW-ETH", "BTC-ETH")
    bench = Bench(*rows, quotes=("KRW",), watch=watch, stale_after=600)
    await bench.run()
    assert bench.shown(STALE) == {"KRW": 1, "BTC": 0}
    bench.now += 1
    await bench.run()
    assert bench.shown(STALE) == {"KRW": 2, "BTC": 0}


@in_virtual_time
async def test_a_missing_market_is_stale_told_once_and_its_series_go() -> None:
    btc, eth = ticker("KRW-BTC"), ticker("KRW-ETH")
    bench = Bench(btc, eth, quotes=("KRW",), watch=("KRW-BTC", "KRW-ETH"))
    await bench.run()
    for _ in range(2):
        bench.rows = [btc]
        await bench.run()
        await bench.run()
        assert bench.shown(PRICE) == {"KRW-BTC": 100}
        assert bench.shown(STALE) == {"KRW": 1}
        assert [line.fields for line in bench.log.lines] == [{"market": "KRW-ETH"}]
        assert bench.log.told() == [("warning", "market_missing")]
        bench.rows = [btc, eth]
        await bench.run()
        assert bench.shown(STALE) == {"KRW": 0}


@in_virtual_time
async def test_ages_are_seen_of_all_that_was_asked_for_if_none_is_watched() -> None:
    bench = Bench(ticker("KRW-BTC", age=1), ticker("KRW-ETH", age=2))
    assert bench.ages() == (0, 0)
    await bench.run()
    assert bench.ages() == (2, 3)
    assert bench.shown(PRICE) == bench.shown(STALE) == {}


@in_virtual_time
async def test_ages_are_seen_of_the_watched_markets_only() -> None:
    rows = (ticker("KRW-BTC", age=1), ticker("KRW-ETH", age=2))
    bench = Bench(*rows, quotes=("KRW",), watch=("KRW-ETH",))
    await bench.run()
    assert bench.ages() == (1, 2)


@in_virtual_time
async def test_an_age_is_never_negative() -> None:
    bench = Bench(ticker("KRW-BTC", age=-5, traded=-5), watch=("KRW-BTC",))
    await bench.run()
    assert bench.ages() == (1, 0)
    assert bench.shown(STALE) == {"KRW": 0}


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "1e400", "-1e400"])
@in_virtual_time
async def test_a_price_that_is_no_number_is_unreadable(price: str) -> None:
    bench = Bench(ticker("KRW-BTC", price))
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


@pytest.mark.parametrize("field", ["timestamp", "trade_timestamp"])
@pytest.mark.parametrize("moment", [-1, 10**15, 10**400])
@in_virtual_time
async def test_a_time_that_is_no_moment_is_unreadable(field: str, moment: int) -> None:
    row = json.dumps([ticker("KRW-BTC") | {field: moment}]).encode()
    poll = Bench().poll
    with pytest.raises(Unreadable, match="not as promised"):
        await poll.run(FakeExchange(lambda *_: row))
