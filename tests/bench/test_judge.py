"""The judge itself: it repeats, it is fair to strangers, and it sees what it is there to see."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest

from bench.limiter.contender import Entry, Quota
from bench.limiter.exchange import Exchange, yardstick
from bench.limiter.ours import OURS
from bench.limiter.play import play
from bench.limiter.rivals import RIVALS
from bench.limiter.scenario import MODELS, Change, Scenario, Strangers, way
from bench.limiter.scenarios import SCENARIOS, SUMMARY
from bench.limiter.verdict import harm
from tests.bench.contenders import CRASHING, GREEDY, SILENT, STALLING, Made

STRANGERS = (Strangers(3.0), Strangers(8 / 3, burst=8), Strangers(14.0))
IN_COMPANY = [one for one in SCENARIOS if one.strangers.rate]
UNDER_EACH_MODEL = pytest.mark.parametrize("model", MODELS)


def named(what: Entry | Scenario) -> str:
    return what.name


def at_once(exchange: Exchange, now: float, requests: int) -> list[int]:
    return [exchange.receive(now).status for _ in range(requests)]


# --- it repeats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [*OURS, *RIVALS], ids=named)
def test_a_play_repeats_to_the_last_digit(entry: Entry) -> None:
    world = Scenario(name="twice", seconds=8.0, strangers=Strangers(3.0), losses=0.02)
    assert play(world, entry) == play(world, entry)


def test_another_seed_is_another_world() -> None:
    world = Scenario(name="twice", seconds=8.0, strangers=Strangers(3.0))
    other = replace(world, seed=1)
    assert play(world, GREEDY) != play(other, GREEDY)
    assert yardstick(world) != yardstick(other)


def test_all_scenarios_have_names_of_their_own_and_all_columns_but_the_bucket_each_model() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    for column in SUMMARY:
        models = ("bucket",) if column.name.startswith("bucket") else MODELS
        assert tuple(scenario.model for scenario in column.scenarios) == models


# --- it is fair to strangers ----------------------------------------------------------------------


@pytest.mark.parametrize("scenario", IN_COMPANY, ids=named)
def test_the_clairvoyant_takes_nothing_from_strangers(scenario: Scenario) -> None:
    stick = yardstick(scenario.lasting(10.0))
    assert stick.strangers_beside >= stick.strangers_alone


@pytest.mark.parametrize("scenario", SCENARIOS, ids=named)
def test_the_clairvoyant_gets_no_more_than_the_quota(scenario: Scenario) -> None:
    world = scenario.lasting(4.0)
    stick = yardstick(world)
    most = max(world.limit, world.limit_at(4.0))
    quota = (world.limit + world.limit_at(4.0)) / 2 * world.seconds / world.period
    # The strangers are counted since a period before; and a window reaches beyond either end.
    assert stick.admitted + stick.strangers_beside <= quota + 3 * most
    if world.is_alone:
        assert stick.admitted >= quota - most


@pytest.mark.parametrize("strangers", STRANGERS)
@UNDER_EACH_MODEL
def test_who_sends_nothing_takes_nothing(model: str, strangers: Strangers) -> None:
    world = Scenario(name="silence", model=model, strangers=strangers, seconds=20.0)
    stick, score = yardstick(world), play(world, SILENT)
    assert score.sent == score.admitted == score.refused == 0
    assert score.strangers_admitted == stick.strangers_alone
    assert harm(stick, score) == 0


# --- it sees --------------------------------------------------------------------------------------


@UNDER_EACH_MODEL
def test_who_never_waits_is_refused_and_blocked_and_strangers_suffer(model: str) -> None:
    world = Scenario(name="greed", model=model, strangers=Strangers(3.0), seconds=20.0)
    stick, score = yardstick(world), play(world, GREEDY)
    assert score.refused == world.block_after
    assert score.blocks == 1
    assert score.knocks > 0
    # A block is the strangers' too: from then on they get nothing.
    assert harm(stick, score) > 0.8 * stick.strangers_alone


def test_without_blocks_the_greedy_leave_strangers_next_to_nothing() -> None:
    world = Scenario(name="greed", strangers=Strangers(3.0), seconds=20.0, block_after=0)
    stick, score = yardstick(world), play(world, GREEDY)
    assert score.blocks == score.knocks == 0
    assert score.admitted > 9 * world.seconds
    assert harm(stick, score) > 0.5 * stick.strangers_alone


@UNDER_EACH_MODEL
def test_the_page_is_refused_though_nobody_else_is_there(model: str) -> None:
    score = play(Scenario(name="page", model=model, round_trip=0.01, seconds=10.0), RIVALS[0])
    assert score.refused > 0


def test_those_who_still_wait_at_the_end_have_waited() -> None:
    score = play(Scenario(name="silence", seconds=20.0, callers=3), SILENT)
    assert score.waits == (20.0, 20.0, 20.0)


@pytest.mark.parametrize("entry", STALLING, ids=named)
def test_a_limiter_that_stalls_is_told_from_one_that_waits(entry: Entry) -> None:
    world = Scenario(name="stall", seconds=20.0, callers=2)
    assert play(world, entry).failure.startswith("stalled at 0.0")
    assert not play(world, SILENT).failure


@pytest.mark.parametrize("entry", CRASHING, ids=named)
def test_a_limiter_that_crashes_is_told(entry: Entry) -> None:
    score = play(Scenario(name="crash", seconds=20.0), entry)
    assert score.failure in ("crashed: LookupError", "crashed: KeyError")


@pytest.mark.parametrize("entry", RIVALS, ids=named)
def test_none_of_the_rivals_stalls_or_crashes(entry: Entry) -> None:
    for world in (
        Scenario(name="bad days", header="lying", strangers=Strangers(14.0), seconds=20.0),
        Scenario(name="bad days", limit=1, period=2.0, losses=0.1, block_after=5, seconds=90.0),
    ):
        assert not play(world, entry).failure


# --- the exchange ---------------------------------------------------------------------------------


def test_a_block_lasts_a_minute_and_the_next_one_two() -> None:
    exchange = Exchange(Scenario(name="blocks"))
    ends, now = [], 0.0
    while exchange.blocks < 3:
        at_once(exchange, now, 80)
        ends.append(exchange.blocked_until - now)
        assert set(at_once(exchange, exchange.blocked_until - 0.001, 1)) == {418}
        now = exchange.blocked_until
        assert at_once(exchange, now, 1) == [200]
    assert ends == [60.0, 120.0, 240.0]


def test_a_418_says_how_long_it_lasts() -> None:
    exchange = Exchange(Scenario(name="blocks"))
    at_once(exchange, 0.0, 70)
    reply = exchange.receive(29.5)
    assert (reply.status, reply.retry_after) == (418, "31")


def test_refusals_of_more_than_a_minute_ago_bring_no_block() -> None:
    exchange = Exchange(Scenario(name="blocks", model="sliding", block_after=3))
    blocks = []
    for now in (0.0, 31.0, 62.0, 93.0, 95.0):
        assert at_once(exchange, now, 11).count(429) == 1
        blocks.append(exchange.blocks)
    assert blocks == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("announced", [True, False])
@UNDER_EACH_MODEL
def test_a_limit_changes_at_its_moment(model: str, announced: bool) -> None:  # noqa: FBT001
    world = Scenario(name="cut", model=model, change=Change(5, announced), block_after=0)
    exchange, at = Exchange(world), world.changes_at
    assert at == 30.0
    assert at_once(exchange, at - 5, 20).count(200) == 10
    # Idle for more than a window, and not to the last moment: a bucket would have run dry.
    assert exchange.receive(at - 1e-6).remaining_req == "group=ticker; min=600; sec=9"
    after = exchange.receive(at + 2).remaining_req
    assert after == f"group=ticker; min={300 if announced else 600}; sec=4"
    assert at_once(exchange, at + 4, 20).count(200) == 5


def test_a_bucket_fills_at_the_new_rate_from_the_moment_of_the_change() -> None:
    world = Scenario(name="raise", model="bucket", limit=1, change=Change(10), block_after=0)
    exchange = Exchange(world)
    assert at_once(exchange, 30.0 - 0.5, 2) == [200, 429]
    # Half a token by the old law, and six by the new one.
    assert at_once(exchange, 30.0 + 0.6, 9).count(200) == 6


@pytest.mark.parametrize(
    ("header", "expected"),
    [("honest", {"group=ticker; min=600; sec=9"}), ("missing", {None})],
)
def test_headers_are_as_the_scenario_says(header: str, expected: set[str | None]) -> None:
    exchange = Exchange(Scenario(name="headers", header=header))
    assert {exchange.receive(2.0 * second).remaining_req for second in range(20)} == expected


@pytest.mark.parametrize("header", ["malformed", "lying"])
def test_wrong_headers_are_wrong_in_many_ways(header: str) -> None:
    exchange = Exchange(Scenario(name="headers", header=header))
    seen = {exchange.receive(2.0 * second).remaining_req for second in range(50)}
    assert len(seen) >= 4


# --- the way --------------------------------------------------------------------------------------


def test_what_is_lost_is_given_up() -> None:
    made: list[Made] = []

    def make(quota: Quota, dice: Random) -> Made:
        contender = GREEDY.make(quota, dice)
        assert isinstance(contender, Made)
        made.append(contender)
        return contender

    world = Scenario(name="lost", losses=1.0, seconds=11.0, callers=2)
    score = play(world, Entry("greedy", "", make))
    assert score.sent == 6
    assert score.admitted == score.round_trip == 0
    assert made[0].answers == [None] * 4


def test_ways_have_heavy_tails_and_the_median_that_was_asked_for() -> None:
    world = Scenario(name="ways", round_trip=0.1, losses=0.02)
    dice = Random(1)
    ways = [way(world, dice) for _ in range(20_000)]
    took = sorted(one for one in ways if one is not None)
    assert took[len(took) // 2] == pytest.approx(0.05, rel=0.02)
    assert 1 - len(took) / len(ways) == pytest.approx(0.02, rel=0.2)
    late = sum(one > 0.15 for one in took) / len(took)
    assert 0.5 * world.spikes < late < world.spikes
    assert max(took) < 0.05 * math.exp(5 * world.jitter) + 0.4


@pytest.mark.parametrize("strangers", [*STRANGERS, Strangers(2.0, even=True)])
def test_strangers_come_as_often_as_they_should(strangers: Strangers) -> None:
    times = strangers.times(2000.0, Random(1))
    assert times == sorted(times)
    assert times[0] < 0
    assert len(times) / 2003 == pytest.approx(strangers.rate, rel=0.05)
