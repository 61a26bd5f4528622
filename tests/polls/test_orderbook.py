from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.exchange import captured
from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.errors import Broken, Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.book import ORDERBOOK
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.orderbook import (
    AGE,
    BEST,
    BOOKS,
    DEPTH,
    IRREGULAR,
    REACH,
    SPREAD,
    SPREADS,
    Orderbook,
    OrderbookOptions,
)

CALM = {"crossed": 0, "one_sided": 0, "empty": 0, "missing": 0, "stale": 0}


def book(market: str, bid: Any = 99, ask: Any = 101, *, age: float = 0, size: Any = 1) -> Any:  # noqa: ANN401 -- JSON
    """A row; ``age`` is seconds before ``NOW``."""
    units = [{"bid_price": bid, "ask_price": ask, "bid_size": size, "ask_size": size}]
    return {
        "market": market,
        "timestamp": round((NOW - age) * 1000),
        "total_ask_size": size,
        "total_bid_size": size,
        "orderbook_units": units,
    }


class Bench(Place):
    """The poll, and an exchange that lists some books. Its state: the books, what is left out."""

    def __init__(self, *rows: Any, region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- JSON; the poll's own
        super().__init__(region)
        self.rows = {row["market"]: row for row in rows}
        self.left_out: set[str] = set()
        self.gone: set[str] = set()
        self.moments: list[float] = []
        self.exchange = FakeExchange(self.answer)
        self.poll = Orderbook(self.context, OrderbookOptions(**options))

    def answer(self, path: str, query: dict[str, list[str]]) -> list[Any]:
        if path == MARKET_ALL.path:
            return [{"market": code} for code in self.rows if code not in self.gone]
        self.moments.append(VirtualLoop.running().time())
        codes = query["markets"][0].split(",")
        if self.gone & set(codes):
            raise Mistaken(404, "404", "Code not found")
        return [self.rows[code] for code in codes if code not in self.left_out]

    async def run(self) -> None:
        await self.poll.run(self.exchange)

    @property
    def questions(self) -> list[tuple[int, str]]:
        """Give how many books were asked for, and how many steps of each."""
        return [
            (len(query["markets"][0].split(",")), query["count"][0])
            for path, query in self.exchange.asked
            if path == ORDERBOOK.path
        ]

    @property
    def concerns(self) -> list[str]:
        return [concern.what for concern in self.poll.concerns]


@in_virtual_time
async def test_a_watched_book_is_shown_with_prices_spread_depth_and_reach() -> None:
    bench = Bench(book("KRW-BTC"), book("KRW-ETH"), watch=("KRW-BTC",), bands=("0.5%", "1.0%"))
    await bench.run()
    assert bench.questions == [(1, "30")]
    assert bench.table(BEST) == {("KRW-BTC", "bid"): 99, ("KRW-BTC", "ask"): 101}
    assert bench.shown(SPREAD) == {"KRW-BTC": 0.02}
    assert bench.table(DEPTH) == {
        ("KRW-BTC", "bid", "0.5%"): 0,
        ("KRW-BTC", "ask", "0.5%"): 0,
        ("KRW-BTC", "bid", "1%"): 99,
        ("KRW-BTC", "ask", "1%"): 101,
    }
    assert bench.table(REACH) == {("KRW-BTC", "bid"): 0.01, ("KRW-BTC", "ask"): 0.01}
    assert bench.table(BOOKS) == {(): 1}
    assert bench.shown(IRREGULAR) == CALM
    assert bench.poll.gist == "1 book, newest 0.0 s old"
    assert bench.concerns == []


@pytest.mark.parametrize(
    "name",
    [
        "docs_kr/orderbook_KRW-BTC_level10000_2025-07-04.json",
        "docs_global/order_book_list.PARTIAL.json",
    ],
)
@in_virtual_time
async def test_a_recorded_answer_is_shown(name: str) -> None:
    (row,) = ORDERBOOK.read(captured.body(name))
    code = row.market
    place = Place("kr" if code == "KRW-BTC" else "sg", now=(row.timestamp or 0) / 1000 + 2)
    listed = b'[{"market":"%s"}]' % code.encode()
    exchange = FakeExchange(
        lambda path, _: listed if path == MARKET_ALL.path else captured.body(name)
    )
    poll = Orderbook(place.context, OrderbookOptions())
    await poll.run(exchange)
    assert place.table(BEST).keys() == {(code, "bid"), (code, "ask")}
    assert {name for *_, name in place.table(DEPTH)} <= {"0.01%", "0.1%", "1%"}
    assert place.table(DEPTH)
    assert place.shown(IRREGULAR) == CALM
    assert place.board.value(f"{AGE.name}_sum", target="target") == pytest.approx(2)
    assert poll.gist == "1 book, newest 2.0 s old"


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_options_it_looks_at_bitcoin_in_the_money_of_the_region(region: str) -> None:
    money = REGIONS[region].quotes[0]
    bench = Bench(book(f"{money}-BTC"), book(f"{money}-ETH"), region=region)
    await bench.run()
    assert bench.shown(SPREAD).keys() == {f"{money}-BTC"}


@in_virtual_time
async def test_a_sweep_asks_for_the_best_prices_only_and_is_spread_over_the_interval() -> None:
    codes = [f"KRW-C{number}" for number in range(250)]
    bench = Bench(
        *map(book, codes), book("BTC-ETH"), quotes=("KRW",), watch=("KRW-C7", "BTC-ETH"), every=20
    )
    await bench.run()
    assert bench.questions == [(2, "30"), (100, "1"), (100, "1"), (49, "1")]
    assert bench.moments == [0, 3.75, 7.5, 11.25]
    assert bench.table(BOOKS) == {(): 251}
    assert bench.observed(SPREADS) == pytest.approx((251, 251 * 0.02))
    assert bench.shown(SPREAD).keys() == {"KRW-C7", "BTC-ETH"}
    assert bench.poll.gist == "251 books, newest 0.0 s old"


@in_virtual_time
async def test_a_sweep_alone_shows_no_market_by_itself() -> None:
    bench = Bench(book("KRW-BTC"), quotes=("KRW",))
    await bench.run()
    assert bench.questions == [(1, "1")]
    assert bench.table(BOOKS) == {(): 1}
    assert bench.table(BEST) == bench.table(SPREAD) == bench.table(DEPTH) == {}


@in_virtual_time
async def test_without_bands_no_more_than_the_best_prices_is_asked_for() -> None:
    bench = Bench(book("KRW-BTC"), bands=())
    await bench.run()
    assert bench.questions == [(1, "1")]
    assert bench.shown(SPREAD) == {"KRW-BTC": 0.02}
    assert bench.table(DEPTH) == bench.table(REACH) == {}


@in_virtual_time
async def test_nothing_is_shown_before_everything_is_there() -> None:
    codes = [f"KRW-C{number}" for number in range(150)]
    bench = Bench(*map(book, codes), watch=("KRW-*",))
    running = asyncio.create_task(bench.run())
    await asyncio.sleep(3)
    assert len(bench.questions) == 1
    assert bench.table(BEST) == bench.table(BOOKS) == {}
    await running
    assert len(bench.table(BEST)) == 300


@in_virtual_time
async def test_each_book_is_as_old_as_when_it_came() -> None:
    codes = [f"KRW-C{number}" for number in range(150)]
    bench = Bench(*map(book, codes), watch=("KRW-*",))
    bench.exchange.answer = _passing(bench, 2)
    await bench.run()
    assert bench.observed(AGE) == (150, 100 * 2 + 50 * 4)


def _passing(bench: Bench, seconds: float) -> Any:  # noqa: ANN401 -- a function
    def answer(path: str, query: dict[str, list[str]]) -> list[Any]:
        if path == ORDERBOOK.path:
            bench.now += seconds
        return bench.answer(path, query)

    return answer


@in_virtual_time
async def test_an_age_is_never_negative() -> None:
    bench = Bench(book("KRW-BTC", age=-5))
    await bench.run()
    assert bench.observed(AGE) == (1, 0)


@in_virtual_time
async def test_irregular_books_are_counted_by_what_they_are() -> None:
    bench = Bench(
        book("KRW-A", 102, 101),
        book("KRW-B", 101, 101),
        book("KRW-C", None, 101),
        book("KRW-D", 0, 0, size=0, age=601),
        book("KRW-E", age=600),
        book("KRW-F"),
        quotes=("KRW",),
    )
    bench.left_out = {"KRW-F"}
    await bench.run()
    assert bench.shown(IRREGULAR) == {
        "crossed": 2, "one_sided": 1, "empty": 1, "missing": 1, "stale": 1,
    }  # fmt: skip
    assert bench.table(BOOKS) == {(): 5}
    assert bench.observed(SPREADS) == pytest.approx((1, 0.02)), "only of what is not crossed"
    assert bench.concerns == [
        "2 books are crossed: KRW-A, KRW-B",
        "1 book is missing: KRW-F",
    ]


@in_virtual_time
async def test_what_is_usual_of_quiet_markets_concerns_people_if_they_watch_them() -> None:
    rows = [book("KRW-A", None, 101), book("KRW-B", 0, 0, age=601), book("KRW-C", None, 101)]
    bench = Bench(*rows, quotes=("KRW",), watch=("KRW-A", "KRW-B"))
    await bench.run()
    assert bench.concerns == [
        "1 book is one-sided: KRW-A",
        "1 book is empty: KRW-B",
        "1 book is stale: KRW-B",
    ]
    assert bench.shown(IRREGULAR)["one_sided"] == 2


@in_virtual_time
async def test_a_crossed_book_has_a_spread_below_nothing() -> None:
    bench = Bench(book("KRW-BTC", 101, 99))
    await bench.run()
    assert bench.shown(SPREAD) == {"KRW-BTC": -0.02}
    assert bench.observed(SPREADS) == (0, 0)


@in_virtual_time
async def test_of_many_markets_a_concern_names_a_few() -> None:
    bench = Bench(*(book(f"KRW-C{number}", 2, 1) for number in range(9)), quotes=("KRW",))
    await bench.run()
    assert bench.concerns == ["9 books are crossed: KRW-C0, KRW-C1, KRW-C2, KRW-C3, KRW-C4, …"]


@in_virtual_time
async def test_no_answer_at_all_is_a_missing_book_and_its_series_go() -> None:
    bench = Bench(book("KRW-BTC"))
    await bench.run()
    bench.left_out = {"KRW-BTC"}
    await bench.run()
    assert (
        bench.table(BEST) == bench.table(SPREAD) == bench.table(DEPTH) == bench.table(REACH) == {}
    )
    assert bench.shown(IRREGULAR) == CALM | {"missing": 1}
    assert bench.table(BOOKS) == {(): 0}
    assert bench.poll.gist == "no book"


@in_virtual_time
async def test_a_market_that_is_delisted_spoils_no_question_and_is_not_missing() -> None:
    bench = Bench(book("KRW-BTC"), book("KRW-ETH"), quotes=("KRW",), watch=("KRW-BTC",))
    await bench.run()
    bench.gone = {"KRW-BTC"}
    for _ in range(2):
        await bench.run()
        assert bench.table(BOOKS) == {(): 1}
        assert bench.shown(IRREGULAR) == CALM
        assert bench.table(BEST) == {}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}
    assert len(bench.concerns) == 1
    assert "KRW-BTC" in bench.concerns[0]


@in_virtual_time
async def test_a_quote_currency_that_nothing_has_concerns_people() -> None:
    bench = Bench(book("KRW-BTC"), quotes=("KRW", "KWR"))
    await bench.run()
    assert bench.concerns == ["asks for all of KWR, of which no market is listed"]


@in_virtual_time
async def test_an_error_goes_through_and_what_was_shown_stays() -> None:
    bench = Bench(book("KRW-BTC"))
    await bench.run()
    bench.exchange.answer = _failing
    with pytest.raises(Broken):
        await bench.run()
    assert bench.shown(SPREAD) == {"KRW-BTC": 0.02}


def _failing(*_: object) -> list[Any]:
    raise Broken(502, None, "")


@pytest.mark.parametrize("price", ["1e19", "1e400", '"99"', "true"])
@in_virtual_time
async def test_a_price_that_can_be_none_is_unreadable(price: str) -> None:
    row = '[{"market":"KRW-BTC","timestamp":1,"orderbook_units":[{"bid_price":%s}]}]' % price  # noqa: UP031 -- JSON is full of braces
    bench = Bench(book("KRW-BTC"))
    listed = b'[{"market":"KRW-BTC"}]'
    bench.exchange.answer = lambda path, _: listed if path == MARKET_ALL.path else row.encode()
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, 1),
        ({"watch": ("KRW-BTC", "KRW-ETH")}, 1),
        ({"watch": ("KRW-*",)}, 3),
        ({"quotes": ("KRW",)}, 3),
        ({"quotes": ("KRW", "BTC", "USDT")}, 8),
        ({"quotes": ("KRW", "BTC", "USDT"), "watch": ("KRW-BTC",)}, 9),
    ],
)
def test_a_run_asks_no_more_often_than_it_says(options: Any, asked: int) -> None:  # noqa: ANN401 -- options of any kind
    requests = Orderbook.requests(OrderbookOptions(**options), REGIONS["kr"])
    assert requests == {ORDERBOOK: asked, MARKET_ALL: pytest.approx(10 / 600)}


@pytest.mark.parametrize("bands", [("1",), ("0%",), ("1%", "1.0%")])
def test_bands_that_make_no_sense_are_refused_with_a_remedy(bands: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="; write "):
        OrderbookOptions(bands=bands)


@in_virtual_time
async def test_a_book_without_its_time_counts_and_is_neither_old_nor_stale() -> None:
    bench = Bench(book("KRW-A") | {"timestamp": None}, watch=("KRW-A", "KRW-B"))
    await bench.run()
    assert bench.poll.gist == "1 book"
    bench.rows["KRW-B"] = book("KRW-B", age=5)
    bench.now += 600
    await bench.run()
    assert bench.table(BOOKS) == {(): 2}
    assert bench.observed(AGE) == (1, 605)
    assert bench.shown(IRREGULAR) == CALM | {"stale": 1}
    assert bench.poll.gist == "2 books, newest 10 min 5 s old"
