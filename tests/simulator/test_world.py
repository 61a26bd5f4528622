"""The simulated world is the same for the same seed, and moves as a market does."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.asking import NOW
from upbit_monitor.simulator.world import REGIONS, World
from upbit_monitor.simulator.world.coins import coins
from upbit_monitor.simulator.world.markets import founding_markets
from upbit_monitor.simulator.world.prices import DAY, HOUR, Path, noise_table

KR = World(REGIONS["kr"], seed=0)
SCOPE = ("pocket", "main", "main")

PATHS = st.builds(
    Path,
    noise=st.integers(0, 5).map(lambda seed: noise_table(Random(seed))),
    offset=st.integers(0, 4095),
    base=st.sampled_from([0.00002, 1.3, 48_000.0, 160_000_000.0]),
    tick=st.just(0.00000001),
    interval=st.floats(0.3, 200_000),
    mean_volume=st.just(1.0),
)


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_has_its_markets_in_its_currencies(region: str) -> None:
    markets = founding_markets(region, 3)
    by_quote = {
        quote: sum(market.quote == quote for market in markets) for quote in REGIONS[region].markets
    }
    assert by_quote == REGIONS[region].markets
    assert len({market.code for market in markets}) == len(markets)


def test_the_recorded_counts_of_korea_and_indonesia() -> None:
    assert sum(REGIONS["kr"].markets.values()) == 800
    assert REGIONS["kr"].markets["KRW"] == 284
    assert sum(REGIONS["id"].markets.values()) == 447


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    def prices(seed: int) -> dict[str, float | None]:
        world = World(REGIONS["sg"], seed)
        world.advance(NOW, 0)
        return {market.code: world.price(market.code) for market in world.markets}

    assert prices(1) == prices(1)
    assert prices(1) != prices(2)


@given(st.floats(0, 4e9))
def test_the_shares_of_warnings_and_cautions_hold_at_every_hour(now: float) -> None:
    flags = [market.flags(now, len(KR)) for market in KR.markets]
    lone = [cautions == ("GLOBAL_PRICE_DIFFERENCES",) for _, cautions in flags]
    assert sum(warned for warned, _ in flags) == 11
    assert sum(bool(cautions) for _, cautions in flags) == 190
    assert sum(lone) == 175
    assert sum(warned and bool(cautions) for warned, cautions in flags) == 4


def test_a_new_market_is_warned_of_by_command_only() -> None:
    world = World(REGIONS["kr"], 0)
    world.advance(NOW, 0)
    world.list_market("KRW-FRESH")
    for warned in (False, True, False):
        world.flag("KRW-FRESH", warned=warned)
        market = world.find("KRW-FRESH")
        assert market is not None
        assert market.flags(NOW, len(world)) == (warned, ())


def test_warnings_come_and_go_within_a_day() -> None:
    def warned(now: float) -> set[str]:
        return {market.code for market in KR.markets if market.flags(now, len(KR))[0]}

    assert warned(NOW) != warned(NOW + DAY)


@given(PATHS, st.floats(0, 2e9))
def test_the_last_trade_is_the_latest_one_not_after_now(path: Path, now: float) -> None:
    number = path.last_trade(now)
    assert path.trade_time(number) <= now < path.trade_time(number + 1)


@given(PATHS, st.floats(0, 2e9), st.floats(0, DAY))
def test_no_trade_leaves_the_extremes_of_its_stretch(
    path: Path, start: float, length: float
) -> None:
    low, high = path.extremes(start, start + length)
    for part in range(9):
        number = path.last_trade(start + part * length / 8)
        if start <= path.trade_time(number) <= start + length:
            assert low <= path.trade_price(number) <= high
    assert path.bounds[0] <= low
    assert high <= path.bounds[1]


def test_the_high_of_a_day_only_rises_and_its_low_only_falls() -> None:
    market = KR.find("KRW-BTC")
    assert market is not None
    midnight = math.floor(NOW / DAY) * DAY
    extremes = []
    for step in range(1, 200):
        time = midnight + step * DAY / 200
        extremes.append(KR.day(market, time).extremes(market.path.mid(time)))
    assert all(after[0] <= before[0] for before, after in pairwise(extremes))
    assert all(after[1] >= before[1] for before, after in pairwise(extremes))


def test_a_new_market_trades_after_its_time_and_not_before() -> None:
    world = World(REGIONS["kr"], 0)
    world.advance(NOW, 0)
    world.list_market("KRW-FRESH", names=("Fresh", "프레시"), after=2 * HOUR)
    world.advance(NOW + 2 * HOUR, 0)
    assert world.price("KRW-FRESH") is None
    world.advance(NOW + 3 * DAY, 0)
    assert world.price("KRW-FRESH") is not None


@pytest.mark.parametrize("code", ["KRW", "EUR-BTC", "KRW-", 'KRW-"', "KRW-btc"])
def test_a_code_that_is_none_cannot_be_listed(code: str) -> None:
    with pytest.raises(ValueError, match="cannot be a market of kr"):
        KR.list_market(code)


def test_a_stalled_market_keeps_its_last_trade_until_it_is_resumed() -> None:
    world = World(REGIONS["kr"], 0)
    world.advance(NOW, 0)
    world.stall("KRW-BTC")
    market = world.find("KRW-BTC")
    assert market is not None
    assert market.last_trade(NOW + DAY) == market.last_trade(NOW)
    world.resume("KRW-BTC")
    resumed = world.find("KRW-BTC")
    assert resumed is not None
    assert resumed.last_trade(NOW + DAY) != market.last_trade(NOW)


def test_orders_come_partly_fill_and_go() -> None:
    world = World(REGIONS["kr"], 0)
    account = world.account(SCOPE)
    states, parts = set(), 0
    for step in range(600):
        world.advance(NOW + 5 * step, orders_per_minute=6)
        states |= {order.state for order in account.open_orders()}
        parts += sum(0 < order.executed < (order.volume or 0) for order in account.open_orders())
    states |= {order.state for order in account.ended_orders()}
    assert states == {"wait", "watch", "done", "cancel"}
    assert parts
    assert 2 <= len(account.open_orders()) <= 40


def test_a_long_silence_costs_no_more_than_its_last_hour() -> None:
    world = World(REGIONS["kr"], 0)
    account = world.account(SCOPE)
    world.advance(NOW, orders_per_minute=6)
    world.advance(NOW + 300 * DAY, orders_per_minute=6)
    orders = [*account.open_orders(), *account.ended_orders()]
    assert min(order.created_at for order in orders) >= NOW + 300 * DAY - HOUR


def test_no_account_owes_what_it_locks() -> None:
    world = World(REGIONS["kr"], 0)
    account = world.account(SCOPE)
    for step in range(200):
        world.advance(NOW + 60 * step, orders_per_minute=10)
        assert all(account.available(currency) >= 0 for currency in account.funds)


def test_there_are_only_so_many_names_for_coins() -> None:
    assert len({coin.code for coin in coins(1700, Random(0))}) == 1700
    with pytest.raises(ValueError, match="cannot name"):
        coins(2000, Random(0))
