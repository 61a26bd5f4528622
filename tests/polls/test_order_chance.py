from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Broken, ExchangeError, Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.order_chance import (
    ACTIVE,
    FEE,
    MAX_VALUE,
    MIN_VALUE,
    ORDERS_CHANCE,
    OrderChance,
    OrderChanceOptions,
)

FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
DOCUMENTED = json.loads((FIXTURES / "docs_kr/orders_chance.json").read_bytes())
FEES = [(side, role) for side in ("bid", "ask") for role in ("taker", "maker")]


class Bench(Place):
    """The poll, and an exchange with markets. Its state: their terms; when each was asked for."""

    def __init__(self, *watch: str, region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        money = REGIONS[region].quotes[0]
        self.terms = {code: copy.deepcopy(DOCUMENTED) for code in ("KRW-BTC", "KRW-ETH", "BTC-ETH")}
        self.terms[f"{money}-BTC"] = copy.deepcopy(DOCUMENTED)
        self.listed = [*self.terms]
        self.error: ExchangeError | None = None
        self.refusal: ExchangeError = Mistaken(400, "notfoundmarket", "not here")
        self.asked: list[tuple[str, float]] = []
        self.exchange = FakeExchange(self.answer)
        self.poll = OrderChance(self.context, OrderChanceOptions(watch=watch, **options))

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:  # noqa: ANN401 -- JSON
        if path == MARKET_ALL.path:
            return [{"market": code} for code in self.listed]
        (market,) = query["market"]
        self.asked.append((market, asyncio.get_running_loop().time()))
        if self.error:
            raise self.error
        if market not in self.terms:
            raise self.refusal
        return json.dumps(self.terms[market]).encode()

    async def run(self) -> None:
        await self.poll.run(self.exchange)


@in_virtual_time
async def test_fees_and_sizes_are_shown_by_market() -> None:
    bench = Bench("KRW-BTC")
    bench.terms["KRW-BTC"]["maker_ask_fee"] = "0.0002"
    await bench.run()
    fees = {("KRW-BTC", side, role): 0.0005 for side, role in FEES}
    assert bench.table(FEE) == fees | {("KRW-BTC", "ask", "maker"): 0.0002}
    assert bench.table(MIN_VALUE) == {("KRW-BTC", "bid"): 5000, ("KRW-BTC", "ask"): 5000}
    assert bench.shown(MAX_VALUE) == {"KRW-BTC": 1_000_000_000}
    assert bench.shown(ACTIVE) == {"KRW-BTC": 1}
    assert (bench.poll.gist, bench.poll.concerns) == ("1 market", ())


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
@in_virtual_time
async def test_without_a_watch_list_it_asks_about_bitcoin_in_local_money(region: str) -> None:
    bench = Bench(region=region)
    await bench.run()
    assert [market for market, _ in bench.asked] == [f"{REGIONS[region].quotes[0]}-BTC"]


@in_virtual_time
async def test_what_is_not_told_is_absent() -> None:
    bench = Bench("KRW-BTC")
    terms = bench.terms["KRW-BTC"]
    del terms["maker_bid_fee"], terms["maker_ask_fee"], terms["market"]["ask"]
    terms["market"] |= {"max_total": None, "bid": {"currency": "KRW"}, "state": None}
    terms["ask_fee"] = None
    await bench.run()
    assert bench.table(FEE) == {("KRW-BTC", "bid", "taker"): 0.0005}
    assert bench.table(MIN_VALUE) == bench.table(MAX_VALUE) == bench.table(ACTIVE) == {}
    assert bench.poll.concerns == ()


@in_virtual_time
async def test_a_market_in_another_state_is_not_active_and_a_concern() -> None:
    bench = Bench("KRW-BTC", "KRW-ETH")
    bench.terms["KRW-ETH"]["market"]["state"] = "delisting"
    await bench.run()
    assert bench.shown(ACTIVE) == {"KRW-BTC": 1, "KRW-ETH": 0}
    assert bench.poll.gist == "2 markets, 1 not active"
    (concern,) = bench.poll.concerns
    assert concern.what == "watches KRW-ETH, which the exchange does not call active"


@in_virtual_time
async def test_a_misspelt_market_is_missing_and_never_asked_about() -> None:
    bench = Bench("KRW-BTC", "KWR-ETH")
    for _ in range(2):
        await bench.run()
    assert {market for market, _ in bench.asked} == {"KRW-BTC"}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}
    assert bench.shown(ACTIVE) == {"KRW-BTC": 1}
    assert "KWR-ETH" in bench.poll.concerns[0].what
    assert bench.log.told() == [("warning", "market_missing")]


@pytest.mark.parametrize(
    "refusal",
    [Mistaken(400, "notfoundmarket", ""), Mistaken(400, "400", ""), Mistaken(404, "404", "")],
)
@in_virtual_time
async def test_a_market_that_went_since_the_list_was_read_is_missing(
    refusal: ExchangeError,
) -> None:
    bench = Bench("KRW-BTC", "KRW-ETH")
    await bench.run()
    del bench.terms["KRW-BTC"]
    bench.refusal = refusal
    await bench.run()
    (concern,) = bench.poll.concerns
    assert concern.what.endswith("KRW-BTC, which the exchange lists and then does not know")
    assert bench.shown(ACTIVE) == {"KRW-ETH": 1}
    assert bench.shown(c.POLL_MISSING_MARKETS) == {"poll": 1}


@pytest.mark.parametrize("error", [Mistaken(401, "out_of_scope", ""), Broken(502, None, "")])
@in_virtual_time
async def test_any_other_refusal_goes_through_and_changes_nothing(error: ExchangeError) -> None:
    bench = Bench("KRW-BTC", "KRW-ETH")
    await bench.run()
    bench.error = error
    with pytest.raises(type(error)):
        await bench.run()
    assert bench.shown(ACTIVE) == {"KRW-BTC": 1, "KRW-ETH": 1}


@pytest.mark.parametrize(("every", "apart"), [(600, 5.0), (4, 1.0)])
@in_virtual_time
async def test_questions_are_spread_over_the_interval_but_not_for_ever(
    every: float, apart: float
) -> None:
    bench = Bench("KRW-BTC", "KRW-ETH", "BTC-ETH", every=every)
    await bench.run()
    assert bench.asked == [("KRW-BTC", 0), ("KRW-ETH", apart), ("BTC-ETH", 2 * apart)]


@pytest.mark.parametrize("fee", ["NaN", "Infinity", "1e400", "free"])
@in_virtual_time
async def test_a_fee_that_is_no_number_is_unreadable(fee: str) -> None:
    bench = Bench("KRW-BTC")
    bench.terms["KRW-BTC"]["bid_fee"] = fee
    with pytest.raises(Unreadable, match="not as promised"):
        await bench.run()


@in_virtual_time
async def test_the_documented_answer_of_the_other_regions_is_read() -> None:
    """The captured page ends in the middle of the balances, which nobody reads."""
    page = (FIXTURES / "docs_global/available_order_information.PARTIAL.txt").read_text()
    bench = Bench(region="sg")
    bench.terms["SGD-BTC"] = json.loads(page[: page.index(',"bid_account"')] + "}")
    await bench.run()
    assert bench.table(FEE) == {("SGD-BTC", side, role): 0.0025 for side, role in FEES}
    assert bench.table(MIN_VALUE) == {("SGD-BTC", "bid"): 1, ("SGD-BTC", "ask"): 1}
    assert bench.shown(MAX_VALUE) == {"SGD-BTC": 1_000_000}


@pytest.mark.parametrize(("watch", "cost"), [((), 1), (("KRW-BTC", "KRW-ETH", "KRW-BTC"), 2)])
def test_it_tells_what_a_run_costs(watch: tuple[str, ...], cost: float) -> None:
    requests = OrderChance.requests(OrderChanceOptions(watch=watch), REGIONS["kr"])
    assert requests == {ORDERS_CHANCE: cost, MARKET_ALL: 1}


def test_a_pattern_is_no_market() -> None:
    with pytest.raises(ValueError, match="name each market"):
        OrderChanceOptions(watch=("KRW-*",))
