from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Unreadable
from upbit_monitor.polls import Seconds
from upbit_monitor.polls.open_orders import (
    OF_MARKET,
    OLDEST,
    OPEN_ORDERS,
    SIDES,
    STATES,
    STUCK,
    VALUE,
    OpenOrders,
    OpenOrdersOptions,
)

NOTHING = {(side, state): 0.0 for side in SIDES for state in STATES}
HOUR = 3600.0
FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
NO_VALUE = {(side, quote): 0.0 for side in SIDES for quote in ("KRW", "BTC", "USDT")}


def order(
    number: int,
    side: str = "bid",
    state: str = "wait",
    *,
    age: float = 0,
    **fields: str,
) -> dict[str, Any]:
    """A row; ``age`` is seconds before ``NOW``, and ``fields`` are put in place of the usual."""
    return {
        "uuid": f"uuid-{number}",
        "market": "KRW-BTC",
        "side": side,
        "state": state,
        "created_at": datetime.fromtimestamp(NOW - age, UTC).isoformat(),
        "executed_volume": "0.0",
        "remaining_volume": "1.0",
        "price": "100",
        "locked": "0",
        "ord_type": "limit",
    } | fields


class Bench(Place):
    """The poll, and an exchange with an account whose orders can be changed."""

    def __init__(self, *orders: dict[str, Any], region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.orders = list(orders)
        self.exchange = FakeExchange(self.answer)
        self.poll = OpenOrders(self.context, OpenOrdersOptions(**options))

    def answer(self, _: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        assert query["states[]"] == ["wait", "watch"]
        assert query["order_by"] == ["asc"]
        (page,), (limit,) = map(int, query["page"]), map(int, query["limit"])
        return self.page(page, limit)

    def page(self, page: int, limit: int) -> list[dict[str, Any]]:
        return self.orders[(page - 1) * limit : page * limit]

    async def run(self) -> None:
        await self.poll.run(self.exchange)

    @property
    def pages(self) -> list[str]:
        return [query["page"][0] for _, query in self.exchange.asked]


@in_virtual_time
async def test_an_account_without_orders_shows_zeros_and_no_oldest() -> None:
    bench = Bench()
    await bench.run()
    assert bench.table(OPEN_ORDERS) == NOTHING
    assert bench.shown(OLDEST) == {}
    assert bench.shown(STUCK) == {"bid": 0, "ask": 0}
    assert bench.pages == ["1"]


@in_virtual_time
async def test_orders_are_counted_by_side_and_state() -> None:
    bench = Bench(order(1), order(2), order(3, "ask"), order(4, "ask", "watch"))
    await bench.run()
    counts = {("bid", "wait"): 2, ("ask", "wait"): 1, ("ask", "watch"): 1}
    assert bench.table(OPEN_ORDERS) == NOTHING | counts


@in_virtual_time
async def test_a_side_or_a_state_nobody_knows_is_folded_and_counted() -> None:
    bench = Bench(order(1, "short", age=2 * HOUR), order(2, "bid", "dreaming"))
    await bench.run()
    counts = {("other", "wait"): 1, ("bid", "other"): 1}
    assert bench.table(OPEN_ORDERS) == NOTHING | counts
    assert bench.shown(OLDEST).keys() == {"other", "bid"}
    assert bench.shown(STUCK) == {"bid": 0, "ask": 0, "other": 1}
    assert bench.overflows == {OPEN_ORDERS.name: 2, OLDEST.name: 1, STUCK.name: 1}


@pytest.mark.parametrize(
    ("number", "pages"), [(99, ["1"]), (100, ["1", "2"]), (250, ["1", "2", "3"])]
)
@in_virtual_time
async def test_it_follows_the_pages_to_the_end(number: int, pages: list[str]) -> None:
    bench = Bench(*map(order, range(number)))
    await bench.run()
    assert bench.pages == pages
    assert bench.table(OPEN_ORDERS) == NOTHING | {("bid", "wait"): number}


@in_virtual_time
async def test_an_order_that_moves_to_the_next_page_meanwhile_counts_once() -> None:
    class Moving(Bench):
        def page(self, page: int, limit: int) -> list[dict[str, Any]]:
            found = super().page(page, limit)
            if page == 1:
                # An older order comes to the front: the last of this page slides to the next.
                self.orders.insert(0, order(999))
            return found

    bench = Moving(*map(order, range(150)))
    await bench.run()
    assert bench.table(OPEN_ORDERS) == NOTHING | {("bid", "wait"): 150}


@in_virtual_time
async def test_a_server_that_repeats_its_page_for_ever_comes_to_an_end() -> None:
    class Endless(Bench):
        def page(self, page: int, limit: int) -> list[dict[str, Any]]:
            assert page < 5, "it would never end"
            return self.orders[:limit]

    bench = Endless(*map(order, range(100)))
    await bench.run()
    assert bench.pages == ["1", "2"]
    assert bench.table(OPEN_ORDERS) == NOTHING | {("bid", "wait"): 100}


@pytest.mark.parametrize(
    ("region", "created_at", "unix"),
    [
        ("kr", "2025-07-04T15:00:00+09:00", 1_751_608_800),
        ("kr", "2025-07-04T06:00:00Z", 1_751_608_800),
        ("kr", "2025-07-04T15:00:00.597751+09:00", 1_751_608_800.597751),
        ("kr", "2025-07-04T15:00:00", 1_751_608_800),
        ("sg", "2025-07-04T14:00:00", 1_751_608_800),
        ("id", "2025-07-04T13:00:00", 1_751_608_800),
        ("th", "2025-07-04T13:00:00", 1_751_608_800),
        ("th", "2025-07-04T15:00:00+09:00", 1_751_608_800),
    ],
)
@in_virtual_time
async def test_a_time_without_an_offset_is_the_local_time_of_the_region(
    region: str, created_at: str, unix: float
) -> None:
    bench = Bench(order(1, created_at=created_at), region=region)
    await bench.run()
    assert bench.shown(OLDEST) == {"bid": unix}


@in_virtual_time
async def test_the_oldest_order_of_each_side_is_shown_and_goes() -> None:
    bench = Bench(order(1, age=30), order(2, age=50), order(3, "ask", age=10))
    await bench.run()
    assert bench.shown(OLDEST) == {"bid": NOW - 50, "ask": NOW - 10}
    bench.orders.pop()
    await bench.run()
    assert bench.shown(OLDEST) == {"bid": NOW - 50}


@pytest.mark.parametrize("created_at", ["", "yesterday", "2025-13-01T00:00:00", "1751608800"])
@in_virtual_time
async def test_a_creation_time_that_is_no_time_is_unreadable(created_at: str) -> None:
    bench = Bench(order(1, created_at=created_at))
    with pytest.raises(Unreadable, match="created_at"):
        await bench.run()


@pytest.mark.parametrize("executed", ["NaN", "sNaN", "-Infinity"])
@in_virtual_time
async def test_an_executed_volume_that_is_no_number_is_unreadable(executed: str) -> None:
    with pytest.raises(Unreadable, match="no number"):
        await Bench(order(1, executed_volume=executed)).run()


@in_virtual_time
async def test_an_order_never_filled_is_stuck_once_it_is_older_than_the_threshold() -> None:
    bench = Bench(order(1, age=HOUR - 10), order(2, "ask", age=HOUR + 10), stuck_after=HOUR)
    await bench.run()
    assert bench.shown(STUCK) == {"bid": 0, "ask": 1}
    bench.now += 11
    await bench.run()
    assert bench.shown(STUCK) == {"bid": 1, "ask": 1}


@in_virtual_time
async def test_an_order_that_is_filled_further_is_not_stuck_for_as_long_again() -> None:
    bench = Bench(order(1, age=2 * HOUR), stuck_after=HOUR)
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 1
    bench.orders[0]["executed_volume"] = "0.5"
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 0
    bench.now += HOUR
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 0
    bench.now += 1
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 1


@in_virtual_time
async def test_the_same_volume_in_another_spelling_is_no_progress() -> None:
    bench = Bench(order(1, age=2 * HOUR, executed_volume="0.0"), stuck_after=HOUR)
    await bench.run()
    bench.orders[0]["executed_volume"] = "0.00000000"
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 1


@in_virtual_time
async def test_a_part_filled_order_seen_for_the_first_time_is_given_its_time() -> None:
    bench = Bench(order(1, age=2 * HOUR, executed_volume="0.5"), stuck_after=HOUR)
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 0
    bench.now += HOUR + 1
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 1


@in_virtual_time
async def test_an_order_that_one_answer_left_out_is_not_stuck_for_that() -> None:
    bench = Bench(order(1, age=2 * HOUR), stuck_after=HOUR)
    await bench.run()
    bench.orders[0]["executed_volume"] = "0.5"
    await bench.run()
    orders, bench.orders = bench.orders, []
    await bench.run()
    bench.orders = orders
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 0


@in_virtual_time
async def test_what_is_remembered_of_orders_goes_with_them() -> None:
    bench = Bench()
    for run in range(20):
        bench.orders = [order(100 * run + number) for number in range(50)]
        await bench.run()
    remembered = [value for value in vars(bench.poll).values() if isinstance(value, dict)]
    assert [len(memory) for memory in remembered] == [50]


@in_virtual_time
async def test_bids_bind_what_is_locked_and_asks_their_rest_at_their_own_price() -> None:
    bench = Bench(
        order(1, locked="140070000.0"),
        order(2, locked="30.5"),
        order(3, "ask", price="150000000", remaining_volume="0.5", locked="0.5"),
        order(4, "ask", market="BTC-ETH", price="5.485e-05", remaining_volume="2"),
        order(5, "short", locked="7"),
    )
    await bench.run()
    values = {("bid", "KRW"): 140070030.5, ("ask", "KRW"): 75000000, ("ask", "BTC"): 1.097e-4}
    assert bench.table(VALUE) == pytest.approx(NO_VALUE | values)
    bench.orders = []
    await bench.run()
    assert bench.table(VALUE) == NO_VALUE


@in_virtual_time
async def test_orders_without_price_or_volume_are_read_and_bind_what_they_lock() -> None:
    market_ask, sum_bid = order(1, "ask"), order(2, locked="9000")
    del market_ask["price"], sum_bid["remaining_volume"]
    bench = Bench(market_ask, sum_bid)
    await bench.run()
    assert bench.table(VALUE) == NO_VALUE | {("bid", "KRW"): 9000}


@pytest.mark.parametrize(("side", "fields"), [("bid", ("locked",)), ("ask", ("remaining_volume",))])
@in_virtual_time
async def test_a_value_of_which_a_part_is_not_told_is_absent(
    side: str, fields: tuple[str, ...]
) -> None:
    silent = {key: value for key, value in order(1, side).items() if key not in fields}
    bench = Bench(silent, order(2, side, market="BTC-ETH"), order(3, side))
    await bench.run()
    assert (side, "KRW") not in bench.table(VALUE)
    assert bench.table(VALUE).keys() == NO_VALUE.keys() - {(side, "KRW")}


@in_virtual_time
async def test_money_of_a_currency_nobody_knows_is_left_out_and_counted() -> None:
    bench = Bench(order(1, market="EUR-BTC", locked="5"))
    await bench.run()
    assert bench.table(VALUE) == NO_VALUE
    assert bench.overflows == {VALUE.name: 1}


@pytest.mark.parametrize("field", ["price", "remaining_volume", "locked"])
@pytest.mark.parametrize("amount", ["NaN", "1e400", "much"])
@in_virtual_time
async def test_an_amount_that_is_no_number_is_unreadable(field: str, amount: str) -> None:
    with pytest.raises(Unreadable, match="not as promised"):
        await Bench(order(1) | {field: amount}).run()


@in_virtual_time
async def test_orders_of_watched_markets_are_counted_one_by_one() -> None:
    bench = Bench(order(1), order(2), order(3, market="BTC-ETH"), order(4, market="KRW-ETH"))
    bench.poll = OpenOrders(bench.context, OpenOrdersOptions(watch=("KRW-BTC", "SGD-XRP", "BTC-*")))
    await bench.run()
    assert bench.shown(OF_MARKET) == {"KRW-BTC": 2, "SGD-XRP": 0, "BTC-ETH": 1}
    bench.orders = []
    await bench.run()
    assert bench.shown(OF_MARKET) == {"KRW-BTC": 0, "SGD-XRP": 0}
    assert bench.log.lines == [], "a market without orders is not missing"


@in_virtual_time
async def test_it_says_in_a_few_words_what_it_saw() -> None:
    bench = Bench()
    await bench.run()
    assert (bench.poll.gist, bench.poll.concerns) == ("none open", ())
    bench.orders = [order(1, age=3 * HOUR + 1), order(2, "ask", age=10)]
    await bench.run()
    assert bench.poll.gist == "2 open, 1 stuck, oldest 3 h"


@in_virtual_time
async def test_stuck_orders_are_a_concern_of_their_side_with_a_few_markets_and_no_uuid() -> None:
    codes = [f"KRW-C{number}" for number in range(5)]
    bids = [order(place, market=code, age=2 * HOUR) for place, code in enumerate(codes)]
    bench = Bench(*bids, order(9, "ask", age=2 * HOUR), order(10, "ask"))
    await bench.run()
    assert [concern.what for concern in bench.poll.concerns] == [
        "has 5 bids not filled any further for more than 1 h: KRW-C0, KRW-C1, KRW-C2 and 2 more",
        "has 1 ask not filled any further for more than 1 h: KRW-BTC",
    ]
    assert "uuid" not in f"{bench.poll.gist} {bench.poll.concerns}"


@in_virtual_time
async def test_the_documented_answer_is_read() -> None:
    bench = Bench()
    answer = (FIXTURES / "docs_kr/orders_open.json").read_bytes()
    await bench.poll.run(FakeExchange(lambda *_: answer))
    assert bench.table(VALUE) == NO_VALUE | {("bid", "KRW"): 140070000}
    assert bench.table(OPEN_ORDERS) == NOTHING | {("bid", "wait"): 1}


@in_virtual_time
async def test_a_conditional_order_is_not_stuck_until_its_price_has_come() -> None:
    bench = Bench(order(1, "ask", "watch"), stuck_after=Seconds(60))
    for _ in range(2):
        await bench.run()
        bench.now += 3600
    assert bench.shown(STUCK) == {"bid": 0, "ask": 0}
    bench.orders = [order(1, "ask", "wait")]
    await bench.run()
    assert bench.shown(STUCK)["ask"] == 1


@in_virtual_time
async def test_an_order_is_as_old_as_the_exchange_s_clock_says() -> None:
    bench = Bench(order(1), stuck_after=Seconds(60))
    bench.skew = -1e9
    await bench.run()
    assert bench.shown(STUCK)["bid"] == 0


@in_virtual_time
async def test_the_concerns_of_the_sides_are_told_apart() -> None:
    bench = Bench(order(1, "bid"), order(2, "ask"), stuck_after=Seconds(60))
    bench.now += 1e9
    await bench.run()
    assert len({concern.remedy for concern in bench.poll.concerns}) == 2
