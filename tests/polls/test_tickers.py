from __future__ import annotations

import json
from typing import Any

import pytest

from tests.exchange import captured
from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Broken, ExchangeError, Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.doubt import IMPLAUSIBLE, REASONS
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.ticker_row import TICKER, TICKER_ALL
from upbit_monitor.polls.tickers import (
    AGE,
    ANSWERED,
    CHANGE,
    LAST_TRADE,
    PRICE,
    STALE,
    VALUE,
    VOLUME,
    Tickers,
    TickersOptions,
)

LIST, ONE, ALL = "/v1/market/all", "/v1/ticker", "/v1/ticker/all"


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
    """The poll, and an exchange that lists some markets.

    ``listed``: more codes on the list than there are rows; ``body``: what it answers in any case.
    """

    def __init__(self, *rows: dict[str, Any], region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.rows = list(rows)
        self.listed: list[str] = []
        self.error: ExchangeError | None = None
        self.body: bytes | None = None
        self.exchange = FakeExchange(self.answer)
        self.poll = Tickers(self.context, TickersOptions(**options))

    def answer(self, path: str, query: dict[str, list[str]]) -> list[dict[str, Any]] | bytes:
        by_code = {row["market"]: row for row in self.rows}
        if path == LIST:
            return [{"market": code} for code in (*by_code, *self.listed)]
        if self.error is not None:
            raise self.error
        if self.body is not None:
            return self.body
        if path == ALL:
            quotes = query["quote_currencies"][0].split(",")
            return [row for row in self.rows if row["market"].partition("-")[0] in quotes]
        codes = query["markets"][0].split(",")
        if not {*by_code, *self.listed} >= {*codes}:
            raise Mistaken(404, "404", "Code not found")
        return [by_code[code] for code in codes if code in by_code]

    async def run(self) -> None:
        await self.poll.run(self.exchange)

    @property
    def questions(self) -> list[tuple[str, str]]:
        """Give path and parameter of all that was asked, but for the market list."""
        asked = [(path, query) for path, query in self.exchange.asked if path != LIST]
        return [(path, value) for path, query in asked for (value,) in query.values()]

    @property
    def lists_read(self) -> int:
        return sum(path == LIST for path, _ in self.exchange.asked)

    @property
    def worries(self) -> list[str]:
        return [concern.what for concern in self.poll.concerns]

    def ages(self) -> tuple[float | None, float | None]:
        """Give the number and the sum of the ages seen."""
        count, total = (
            self.board.value(f"{AGE.name}_{what}", target="target") for what in ("count", "sum")
        )
        return count, total


@pytest.mark.parametrize(
    ("options", "question", "endpoint"),
    [
        ({}, (ALL, "KRW"), TICKER_ALL),
        ({"quotes": ("BTC", "USDT")}, (ALL, "BTC,USDT"), TICKER_ALL),
        ({"quotes": ("BTC",), "watch": ("KRW-BTC",)}, (ALL, "BTC,KRW"), TICKER_ALL),
        ({"quotes": ("KRW",), "watch": ("KRW-BTC",)}, (ALL, "KRW"), TICKER_ALL),
        ({"watch": ("BTC-ETH", "KRW-BTC")}, (ONE, "KRW-BTC,BTC-ETH"), TICKER),
        ({"watch": ("KRW-*",)}, (ONE, "KRW-BTC,KRW-ETH"), TICKER),
        ({"watch": ("*-ETH", "KRW-ETH")}, (ONE, "KRW-ETH,BTC-ETH"), TICKER),
    ],
)
@in_virtual_time
async def test_it_asks_one_question_as_its_options_say(
    options: Any,  # noqa: ANN401 -- options of any kind
    question: tuple[str, str],
    endpoint: Any,  # noqa: ANN401 -- of either
) -> None:
    bench = Bench(*map(ticker, ("KRW-BTC", "KRW-ETH", "BTC-ETH")), **options)
    await bench.run()
    assert bench.questions == [question]
    planned = Tickers.requests(TickersOptions(**options), REGIONS["kr"])
    assert planned[endpoint] == 1
    assert planned.keys() <= {endpoint, MARKET_ALL}
    assert bench.lists_read == (MARKET_ALL in planned)


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_options_it_asks_for_the_money_of_the_region(region: str) -> None:
    bench = Bench(region=region)
    await bench.run()
    money = {"kr": "KRW", "sg": "SGD", "id": "IDR", "th": "THB"}[region]
    assert bench.questions == [(ALL, money)]
    assert bench.lists_read == 0


@pytest.mark.parametrize("pattern", [False, True])
@pytest.mark.parametrize(("codes", "path"), [(100, ONE), (101, ALL), (800, ALL)])
@in_virtual_time
async def test_more_codes_than_fit_into_one_question_are_asked_for_by_quote(
    codes: int, path: str, *, pattern: bool
) -> None:
    listed = tuple(f"{'BTC' if number % 2 else 'KRW'}-C{number}" for number in range(codes))
    bench = Bench(*map(ticker, listed), watch=("*-C*",) if pattern else listed)
    await bench.run()
    question = ",".join(listed) if path == ONE else "KRW,BTC"
    assert bench.questions == [(path, question)]
    assert bench.shown(PRICE).keys() == set(listed)


@pytest.mark.parametrize(("every", "lists"), [(5, 1 / 120), (60, 0.1), (600, 1), (3600, 1)])
def test_the_list_is_planned_for_once_in_ten_minutes(every: float, lists: float) -> None:
    options = TickersOptions(every=every, watch=("KRW-BTC",))  # type: ignore[arg-type]
    assert Tickers.requests(options, REGIONS["kr"]) == {TICKER: 1, MARKET_ALL: lists}


@in_virtual_time
async def test_the_list_is_asked_for_once_in_ten_minutes() -> None:
    bench = Bench(ticker("KRW-BTC"), watch=("KRW-BTC",))
    for _ in range(120):
        await bench.run()
        bench.now += 5
    assert bench.lists_read == 1
    await bench.run()
    assert bench.lists_read == 2


@in_virtual_time
async def test_a_code_that_is_not_listed_is_not_asked_for() -> None:
    bench = Bench(ticker("KRW-BTC"), watch=("KRW-BTC", "KWR-ETH", "BTC"))
    await bench.run()
    assert bench.questions == [(ONE, "KRW-BTC")]
    assert bench.shown(PRICE) == {"KRW-BTC": 100}
    assert bench.shown(STALE) == {"KRW": 0}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 2}
    assert bench.log.told() == [("warning", "market_missing")] * 2
    assert bench.worries == ["watches BTC, KWR-ETH, which the exchange does not list"]


@in_virtual_time
async def test_if_nothing_watched_is_listed_it_still_looks_at_the_money_of_the_region() -> None:
    bench = Bench(ticker("KRW-BTC"), watch=("KWR-BTC",))
    await bench.run()
    assert bench.questions == [(ALL, "KRW")]
    assert bench.shown(PRICE) == bench.shown(STALE) == {}
    assert bench.shown(ANSWERED) == {"KRW": 1}
    assert bench.ages() == (0, 0)


@in_virtual_time
async def test_a_delisted_market_spoils_no_run_and_its_series_go() -> None:
    btc, eth = ticker("KRW-BTC"), ticker("KRW-ETH")
    bench = Bench(btc, eth, watch=("KRW-BTC", "KRW-ETH"))
    await bench.run()
    bench.rows = [btc]
    for _ in range(3):
        await bench.run()
        assert bench.shown(PRICE) == {"KRW-BTC": 100}
    both = (ONE, "KRW-BTC,KRW-ETH")
    assert bench.questions == [both, both, *[(ONE, "KRW-BTC")] * 3]
    assert bench.lists_read == 2
    assert bench.log.told() == [("warning", "market_missing")]
    assert bench.shown(STALE) == {"KRW": 0}


@in_virtual_time
async def test_when_the_last_watched_market_goes_nothing_is_shown_of_any() -> None:
    bench = Bench(ticker("KRW-BTC"), ticker("KRW-ETH"), watch=("KRW-ETH",))
    await bench.run()
    bench.rows.pop()
    await bench.run()
    assert bench.shown(PRICE) == {}
    assert bench.shown(ANSWERED) == {"KRW": 0}
    assert bench.shown(STALE) == {"KRW": 1}


@pytest.mark.parametrize("error", [Mistaken(400, "400", "Type mismatch"), Broken(502, None, "")])
@in_virtual_time
async def test_any_other_error_goes_through(error: ExchangeError) -> None:
    bench = Bench(ticker("KRW-BTC"), watch=("KRW-BTC",))
    bench.error = error
    with pytest.raises(type(error)):
        await bench.run()
    assert len(bench.questions) == 1


@in_virtual_time
async def test_prices_and_trade_times_of_watched_markets_are_shown() -> None:
    rows = [ticker("KRW-BTC", 162876000.5, traded=30), ticker("KRW-ETH", 5.485e-05, traded=40)]
    bench = Bench(*rows, ticker("KRW-XRP"), quotes=("KRW",), watch=("KRW-BTC", "KRW-ETH"))
    await bench.run()
    assert bench.shown(PRICE) == {"KRW-BTC": 162876000.5, "KRW-ETH": 5.485e-05}
    assert bench.shown(LAST_TRADE) == {"KRW-BTC": NOW - 30, "KRW-ETH": NOW - 40}
    assert bench.shown(VOLUME) == bench.shown(VALUE) == bench.shown(CHANGE) == {}


@in_virtual_time
async def test_a_recorded_answer_is_shown_as_it_was() -> None:
    rows = json.loads(captured.body("live/kr_ticker_2025-07-30.json"))
    bench = Bench(*rows, watch=("KRW-BTC", "KRW-ETH"))
    bench.body = captured.body("live/kr_ticker_2025-07-30.json")
    bench.now = 1753894995.513
    await bench.run()
    assert bench.shown(PRICE) == {"KRW-BTC": 162876000, "KRW-ETH": 5252000}
    assert bench.shown(VOLUME) == {"KRW-BTC": 1029.2736991, "KRW-ETH": 42001.31603004}
    assert bench.shown(VALUE) == {"KRW-BTC": 167740032580.71786, "KRW-ETH": 219851544443.94134}
    assert bench.shown(CHANGE) == {"KRW-BTC": -0.001728386, "KRW-ETH": 0}
    assert bench.shown(LAST_TRADE) == {"KRW-BTC": 1753894995.076, "KRW-ETH": 1753894992.075}
    assert bench.shown(STALE) == {"KRW": 0}
    assert bench.shown(ANSWERED) == {"KRW": 2}
    assert bench.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0)
    assert bench.poll.gist == "2 prices, newest 0.4 s old, 0 stale"
    assert list(bench.poll.concerns) == []


@in_virtual_time
async def test_a_market_that_has_never_traded_has_no_price_and_is_stale() -> None:
    bench = Bench(ticker("KRW-NEW", None, traded=None), watch=("KRW-NEW",))
    await bench.run()
    assert bench.shown(PRICE) == bench.shown(LAST_TRADE) == {}
    assert bench.shown(STALE) == {"KRW": 1}
    assert bench.poll.gist == "0 prices, newest 0.0 s old, 1 stale"
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
async def test_a_listed_market_without_a_ticker_is_stale() -> None:
    bench = Bench(ticker("KRW-BTC"), quotes=("KRW",), watch=("KRW-*",))
    bench.listed = ["KRW-NEW"]
    await bench.run()
    assert bench.shown(STALE) == {"KRW": 1}
    assert bench.worries == ["sees no trade within `stale_after` on KRW-NEW"]


@in_virtual_time
async def test_of_many_stale_markets_three_are_named() -> None:
    rows = [ticker(f"KRW-C{number}", traded=5000) for number in range(5)]
    bench = Bench(*rows, watch=("KRW-*",))
    await bench.run()
    assert bench.worries == [
        "sees no trade within `stale_after` on KRW-C0, KRW-C1, KRW-C2 and 2 more"
    ]


@in_virtual_time
async def test_markets_of_a_quote_that_the_region_does_not_have_are_folded() -> None:
    bench = Bench(ticker("EUR-BTC"), ticker("KRW-BTC"), watch=("*",))
    await bench.run()
    assert bench.shown(ANSWERED) == {"other": 1, "KRW": 1}
    assert bench.shown(STALE) == {"other": 0, "KRW": 0}
    assert bench.overflows == {ANSWERED.name: 1, STALE.name: 1}


@in_virtual_time
async def test_markets_in_the_answer_are_counted_by_quote_and_none_is_a_count() -> None:
    bench = Bench(ticker("KRW-BTC"), ticker("KRW-ETH"), quotes=("KRW", "USDT"))
    await bench.run()
    assert bench.shown(ANSWERED) == {"KRW": 2, "USDT": 0}
    assert bench.poll.gist == "2 prices, newest 0.0 s old"
    bench.rows.clear()
    await bench.run()
    assert bench.shown(ANSWERED) == {"KRW": 0, "USDT": 0}
    assert bench.poll.gist == "0 prices"


@in_virtual_time
async def test_a_market_that_comes_twice_is_counted_once() -> None:
    bench = Bench(ticker("KRW-BTC"))
    bench.body = json.dumps([ticker("KRW-BTC", 1), ticker("KRW-BTC", 2)]).encode()
    await bench.run()
    assert bench.shown(ANSWERED) == {"KRW": 1}
    assert bench.ages() == (1, 0)
    assert bench.poll.gist == "1 price, newest 0.0 s old"


@in_virtual_time
async def test_what_cannot_be_true_is_counted_over_all_and_is_a_concern() -> None:
    bench = Bench(ticker("KRW-BTC"), ticker("KRW-ETH", -1), watch=("KRW-BTC",), quotes=("KRW",))
    await bench.run()
    assert bench.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0) | {"negative": 1}
    assert bench.worries == ["was given tickers that cannot be true (negative) of KRW-ETH"]
    assert bench.log.told() == [("warning", "ticker_implausible")]
    bench.rows[1] = ticker("KRW-ETH")
    await bench.run()
    assert bench.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0)
    assert bench.worries == []


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


@in_virtual_time
async def test_ages_are_told_by_the_clock_of_the_exchange() -> None:
    bench = Bench(ticker("KRW-BTC", age=1, traded=30), watch=("KRW-BTC",), stale_after=60)
    bench.skew = 50
    await bench.run()
    assert bench.ages() == (1, 1)
    assert bench.shown(STALE) == {"KRW": 0}
    assert bench.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0)


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "1"])
@in_virtual_time
async def test_a_price_that_is_a_text_is_unreadable(price: str) -> None:
    bench = Bench(ticker("KRW-BTC", price))
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


@pytest.mark.parametrize("field", ["timestamp", "trade_timestamp"])
@pytest.mark.parametrize("moment", [-1, 10**15, 10**400])
@in_virtual_time
async def test_a_time_that_is_no_moment_is_unreadable(field: str, moment: int) -> None:
    bench = Bench()
    bench.body = json.dumps([ticker("KRW-BTC") | {field: moment}]).encode()
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


@pytest.mark.parametrize("gone", [False, True])
@in_virtual_time
async def test_a_ticker_without_its_time_counts_and_has_no_age(gone: bool) -> None:  # noqa: FBT001 -- parametrized
    row = ticker("KRW-BTC") | {"timestamp": None}
    if gone:
        del row["timestamp"]
    bench = Bench(row)
    await bench.run()
    assert bench.poll.gist == "1 price"
    assert bench.shown(ANSWERED) == {"KRW": 1}
    bench.rows.append(ticker("KRW-ETH", age=3))
    await bench.run()
    assert bench.poll.gist == "2 prices, newest 3.0 s old"
    assert bench.ages() == (1, 3)
    assert bench.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0)
