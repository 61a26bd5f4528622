"""The plan: figures worked out by hand, sums that agree, and a limiter that keeps its word."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.house import House, settings, target
from tests.simulated import SimulatedTransport
from tests.virtual import in_virtual_time
from upbit_monitor.app.plan import Ask, GroupPlan, plan, rates_of
from upbit_monitor.app.plan_report import figures, problems, table
from upbit_monitor.cadence import State
from upbit_monitor.config import Idle
from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS, Poll, key_id
from upbit_monitor.quota import Quota, budget_of
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.app.wall import Wall
    from upbit_monitor.config import Target
    from upbit_monitor.exchange import Region
    from upbit_monitor.metrics import Family
    from upbit_monitor.polls import Exchange

KEY = Key(access="mine", secret="secret")
OTHER_KEY = Key(access="yours", secret="secret")

MARKET = Endpoint("a", "/a", "market", list[int], b"[]")
MARKET_TOO = Endpoint("b", "/b", "market", list[int], b"[]")
TICKER = Endpoint("c", "/c", "ticker", list[int], b"[]")
ACCOUNT = Endpoint("d", "/d", "default", list[int], b"[]", private=True)
NEW = Endpoint("e", "/e", "of-next-year", list[int], b"[]")
ENDPOINTS: Final = (MARKET, MARKET_TOO, TICKER, ACCOUNT, NEW)


@dataclass(frozen=True)
class Options:
    every: float = 1.0
    costs: tuple[float, ...] = (0, 0, 0, 0, 0)
    """Requests a run of each of the endpoints."""


class Asking(Poll[Options]):
    name: ClassVar[str] = "asking"
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = ENDPOINTS
    families: ClassVar[tuple[Family, ...]] = ()

    @classmethod
    def requests(cls, options: Options, region: Region) -> Mapping[Endpoint[Any], float]:
        local = 2 if region.name == "id" else 1
        return {
            end: local * cost for end, cost in zip(ENDPOINTS, options.costs, strict=True) if cost
        }

    async def run(self, exchange: Exchange) -> None:
        raise NotImplementedError


KINDS: Final = {"one": Asking, "two": Asking}


def planned(*targets: Target) -> dict[tuple[str, str], GroupPlan]:
    return {(group.base_url, group.group): group for group in plan(targets, KINDS)}


KR, SG = "https://api.upbit.com", "https://sg-api.upbit.com"


def test_what_the_polls_ask_for_is_added_up_by_group() -> None:
    polls = {
        "one": Options(every=2, costs=(1, 3, 4, 0, 0)),
        "two": Options(every=10, costs=(0, 0, 5, 0, 0)),
    }
    groups = planned(target("korea", polls))
    assert {key: group.planned for key, group in groups.items()} == {
        (KR, "market"): 2.0,
        (KR, "ticker"): 2.5,
    }
    assert groups[KR, "ticker"].asks == (
        Ask("korea", "one", 4, 2, questions=8),
        Ask("korea", "two", 5, 10, questions=5),
    )


def test_targets_at_one_host_are_added_up_by_the_smallest_of_their_shares() -> None:
    polls = {"one": Options(every=1, costs=(1, 0, 0, 0, 0))}
    groups = planned(target("one", polls), target("two", polls, share=0.2))
    assert (groups[KR, "market"].planned, groups[KR, "market"].share) == (2, 0.2)
    assert groups[KR, "market"].budget == 2


def test_regions_are_apart_and_each_counts_its_own_cost() -> None:
    polls = {"one": Options(every=1, costs=(1, 0, 0, 0, 0))}
    groups = planned(target("korea", polls), target("indonesia", polls, region="id"))
    assert groups[KR, "market"].planned == 1
    assert groups["https://id-api.upbit.com", "market"].planned == 2


def test_accounts_are_apart_and_known_by_the_short_hash_of_their_key() -> None:
    polls = {"one": Options(every=1, costs=(0, 0, 0, 3, 0))}
    targets = [
        target("mine", polls, key=KEY),
        target("too", polls, key=KEY),
        target("yours", polls, key=OTHER_KEY),
    ]
    mine, yours = plan(targets, KINDS)
    assert (mine.key_id, mine.planned) == (key_id("mine"), 6)
    assert (yours.key_id, yours.planned) == (key_id("yours"), 3)
    assert (mine.limit, mine.budget) == (30, 15)


def test_a_group_that_nobody_documents_may_have_one_request_a_second() -> None:
    groups = planned(target("korea", {"one": Options(every=4, costs=(0, 0, 0, 0, 1))}))
    assert groups[KR, "of-next-year"].limit == 1
    assert groups[KR, "of-next-year"].holds


def test_what_is_off_or_asks_for_nothing_has_no_plan() -> None:
    off = target("korea", {"one": Options()}, idle={"two": Idle.NO_KEY})
    assert plan([off], KINDS) == ()
    assert table(()) == "Nothing is planned: no poll asks for anything."


def group(rate: float, *, quota: Quota = Quota(10), share: float = 0.5) -> GroupPlan:  # noqa: B008 -- frozen
    """Give what a hundred polls ask for, of which none is in a hurry."""
    asks = (Ask("korea", "tickers", 1.0, 100 / rate, 1.0),) * 100
    return GroupPlan((KR,), None, "ticker", quota, share, asks)


def alone(requests: float, every: float = 1.0, *, questions: float | None = None) -> GroupPlan:
    """Give what one poll asks for of a quota that suffices for 4.54 a second."""
    ask = Ask("korea", "tickers", requests, every, requests if questions is None else questions)
    return GroupPlan((KR,), None, "ticker", Quota(10), 0.5, (ask,))


def test_a_budget_sustains_itself_a_window_and_a_round_trip() -> None:
    # 5 slots, each held for 1 s and a round trip of 0.1 s: 5 / 1.1.
    assert group(1).sustained() == pytest.approx(4.545_454)
    assert group(1).sustained(1.0) == 2.5
    assert group(1, quota=Quota(1, 2.0)).sustained() == pytest.approx(1 / 2.1)


@pytest.mark.parametrize(
    ("rate", "holds", "longest", "share"),
    [
        (2.5, True, 1.0, 0.3),  # 5 slots at 2.5 a second: each may be held for 2 s
        (4.0, True, 0.25, 0.5),
        (4.545, True, 0.100_110, 0.5),
        (4.546, False, 0.099_868, 0.6),
        (5.0, False, 0.0, 0.6),
        (9.0, False, -0.444_444, 1.0),
        (9.1, False, -0.450_549, None),  # 9.1 * 1.1 = 10.01 slots
    ],
)
def test_a_plan_holds_up_to_a_round_trip(
    rate: float, holds: bool, longest: float, share: float | None # noqa: FBT001 -- a parameter
) -> None:  # fmt: skip
    asked = group(rate)
    assert asked.holds == holds
    assert asked.longest_round_trip == pytest.approx(longest, abs=1e-5)
    assert asked.needed_share == share


@pytest.mark.parametrize(
    ("asked", "longest", "holds"),
    [
        (alone(1, every=0.25), 0.25, True),  # 5 slots at 4 a second: each may be held for 1.25 s
        (alone(2, every=1), 0.5, True),  # by the share 1.5 s
        (alone(40, every=30), 0.75, True),  # by the share 2.75 s
        (alone(0.05, every=30, questions=40), 0.75, True),  # by the share 2999 s
        (alone(40, every=4), -0.5, False),  # 5 slots at 10 a second; by its interval 0.1 s
        (alone(1, every=4, questions=40), 0.1, True),
        (alone(1, every=4, questions=41), 4 / 41, False),  # by the share 19 s
    ],
)
def test_a_poll_that_asks_one_after_the_other_holds_while_that_fits_into_its_interval(
    asked: GroupPlan,
    longest: float,
    holds: bool,  # noqa: FBT001 -- a parameter
) -> None:
    assert asked.longest_round_trip == pytest.approx(longest)
    assert asked.holds == holds == (not [*problems([asked])])


def test_the_questions_of_a_run_are_those_of_all_groups() -> None:
    groups = planned(target("korea", {"one": Options(every=6, costs=(1, 3, 4, 0, 0))}))
    assert groups[KR, "market"].longest_round_trip == 0.75
    assert groups[KR, "ticker"].longest_round_trip == 0.75


@given(
    rate=st.floats(0.001, 100),
    share=st.floats(0.01, 1),
    quota=st.sampled_from([Quota(10), Quota(30), Quota(8), Quota(1, 2.0)]),
)
def test_what_holds_and_what_would_do_agree(rate: float, share: float, quota: Quota) -> None:
    asked = group(rate, quota=quota, share=share)
    assert asked.holds == (asked.used <= 1) == (not [*problems([asked])])
    if asked.longest_round_trip > 0.100_001:
        assert asked.holds
        assert rate <= asked.sustained(asked.longest_round_trip) * 1.000_001
    if asked.needed_share is None:
        assert not group(rate, quota=quota, share=1).holds
    else:
        assert budget_of(quota.limit, asked.needed_share) / (quota.period + 0.1) >= rate * 0.999_999


costs = st.tuples(*[st.integers(0, 9)] * len(ENDPOINTS))
polls = st.dictionaries(st.sampled_from([*KINDS]), st.builds(Options, st.floats(0.05, 99), costs))


@given(st.lists(st.tuples(polls, st.sampled_from(["kr", "sg"]), st.sampled_from([KEY, OTHER_KEY]))))
def test_the_sums_agree_however_they_are_taken(drawn: list[Any]) -> None:
    targets = [
        target(f"t{place}", polls, region=region, key=key)
        for place, (polls, region, key) in enumerate(drawn)
    ]
    groups = plan(targets, KINDS)
    by_hand = sum(
        sum(options.costs) / options.every for one in targets for options in one.polls.values()
    )
    assert sum(group.planned for group in groups) == pytest.approx(by_hand)
    by_target = sum(sum(rates_of(one.name, groups).values()) for one in targets)
    assert by_target == pytest.approx(by_hand)
    assert len({(group.scope, group.group) for group in groups}) == len(groups)
    for each in groups:
        assert {ask.target for ask in each.asks} <= {one.name for one in targets}


def test_the_table_tells_who_asks_for_what() -> None:
    polls = {"one": Options(every=0.25, costs=(0, 0, 1, 0, 0)), "two": Options(60, (1, 1, 0, 2, 0))}
    text = table(plan([target("korea", polls, key=KEY)], KINDS))
    assert text.partition("\n\n")[0].splitlines() == [
        "https://api.upbit.com",
        "  group             planned/s  share allows/s  limit/s    used  holds",
        "  ticker                    4            4.55       10    88 %  yes, up to 0.25 s",
        "    korea/one: 1 request every 250ms",
        "  market               0.0333            4.55       10     1 %  yes, up to 15 s",
        "    korea/two: 2 requests every 1m",
        f"https://api.upbit.com, key {key_id('mine')}",
        "  group             planned/s  share allows/s  limit/s    used  holds",
        "  default              0.0333            13.6       30     1 %  yes, up to 15 s",
        "    korea/two: 2 requests every 1m",
    ]


def test_a_problem_tells_place_figures_and_remedy() -> None:
    (problem,) = problems([alone(1), alone(8)])
    assert str(problem) == (
        "https://api.upbit.com, group ticker: 8 requests a second are planned (korea/tickers 8), "
        "and share 0.5 of 10 sustains 4.55; make the intervals 1.76 times as long or watch fewer "
        "markets (share 0.9 would do)"
    )
    hopeless, _ = problems([alone(1200)])
    assert "1200 requests a second" in hopeless.what
    assert hopeless.remedy.endswith("(even the whole quota is too little)")


def test_a_poll_that_is_too_slow_is_told_once_with_its_remedy() -> None:
    asked = target("korea", {"one": Options(every=4, costs=(1, 0, 8, 33, 0))}, key=KEY)
    groups = plan([asked], KINDS)
    assert [group.holds for group in groups] == [False] * 3
    (problem,) = problems(groups)
    assert str(problem) == (
        "korea/one: a run asks 42 questions one after the other: 4.2 s at a round trip of 0.1 s, "
        "and its interval is 4s; make its interval 4s200ms or longer, or watch fewer markets"
    )
    assert figures(groups[0])["remedy"] == (
        "korea/one: make its interval 4s200ms or longer, or watch fewer markets"
    )


def test_the_log_gets_the_same_figures() -> None:
    assert figures(alone(8)) == {
        "base_url": KR,
        "group": "ticker",
        "planned_per_second": 8,
        "share_allows_per_second": 4.545,
        "limit_per_second": 10,
        "share": 0.5,
        "polls": ["korea/tickers"],
        "remedy": "make the intervals 1.76 times as long or watch fewer markets (share 0.9 would "
        "do)",
    }


@pytest.mark.parametrize("watchers", [8, 9, 10, 12])
def test_a_plan_said_to_hold_does_and_one_said_not_to_does_not(watchers: int, wall: Wall) -> None:
    random.seed(watchers)  # the dice of pollers and limiters
    house = House(wall)
    exchange = SimulatedExchange("kr", seed=1, knobs=Knobs(latency_ms=0.0))
    polls = {"markets": POLLS["markets"].options(every=2.0)}
    wanted = settings(*(target(f"t{number}", polls) for number in range(watchers)))

    async def a_while() -> tuple[bool, Mapping[str, float]]:
        road = SimulatedTransport(exchange, wall=wall, travel=0.05)
        async with house.watch(wanted, lambda _: road) as watch:
            schedule = house.schedule(watch)
            schedule.start()
            await asyncio.sleep(120)
            await schedule.stop(1.5)
            shown = _totals(house, c.PLANNED, c.REQUESTS, c.POLL_OVERLAPS, c.POLL_FAILURES)
            return all(group.holds for group in watch.plan), shown

    holds, shown = in_virtual_time(a_while)()
    # One request each 2 s from each of them, and 5 slots, each held for 1.1 s.
    assert holds == (watchers / 2 <= 5 / 1.1)
    assert (shown[c.POLL_OVERLAPS.name] + shown[c.POLL_FAILURES.name] == 0) == holds
    assert not [key for key in exchange.ledger if key[2] == 429]
    assert shown[c.PLANNED.name] == watchers / 2
    assert shown[c.REQUESTS.name] == sum(exchange.ledger.values())
    if holds:
        assert shown[c.REQUESTS.name] == pytest.approx(120 * shown[c.PLANNED.name], abs=watchers)


def test_a_plan_too_slow_by_a_little_succeeds_late_and_not_never(wall: Wall) -> None:
    house = House(wall)
    exchange = SimulatedExchange("kr", seed=1, knobs=Knobs(latency_ms=0.0))
    watched = tuple(market.code for market in islice(exchange.world.markets, 40))
    candles = POLLS["candles"].options(every=30.0, watch=watched)

    async def ten_minutes() -> tuple[GroupPlan, State, Mapping[str, float]]:
        road = SimulatedTransport(exchange, wall=wall, travel=0.4)
        async with house.watch(settings(target("t", {"candles": candles})), lambda _: road) as seen:
            schedule = house.schedule(seen)
            schedule.start()
            await asyncio.sleep(599)
            state = seen.pollers[0].state()
            await schedule.stop(40)
            (asked,) = (group for group in seen.plan if group.group == "candles")
            return asked, state, _totals(house, c.POLL_RUNS, c.POLL_OVERLAPS, c.POLL_FAILURES)

    asked, state, shown = in_virtual_time(ten_minutes)()
    # 40 questions, and in one run of twenty one more: 30 / 40.05.
    assert asked.longest_round_trip == pytest.approx(0.75, abs=0.001)
    assert asked.holds
    # A run takes 32 s at 0.8 s: it has every second beat, and is in progress at the next.
    assert state is State.FRESH
    assert shown == {
        c.POLL_RUNS.name: 10,
        c.POLL_OVERLAPS.name: 10,
        c.POLL_FAILURES.name: 0,
    }


def _totals(house: House, *families: Family) -> Mapping[str, float]:
    return {
        family.name: sum(house.board.series(family.name, *family.labels).values())
        for family in families
    }
