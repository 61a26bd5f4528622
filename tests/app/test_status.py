from __future__ import annotations

import asyncio
from dataclasses import replace
from email.utils import formatdate

import pytest

from tests.app.house import House, settings, target
from tests.app.wall import Wall
from tests.fakes import NOW, FakeTransport
from tests.virtual import in_virtual_time
from upbit_monitor.app.status import show_states, status
from upbit_monitor.cadence import State
from upbit_monitor.config import Idle
from upbit_monitor.errors import Unreachable
from upbit_monitor.exchange import Answer
from upbit_monitor.exposition import Counted, Opinion, PollState, Status
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key

KEY = Key(access="access", secret="secret" * 8)
MARKETS = POLLS["markets"].endpoints[0].sample
OPTIONS = {name: POLLS[name].options() for name in ("markets", "open_orders")}
HEADERS = {"Remaining-Req": "group=market; min=600; sec=7"}


def test_every_state_of_a_poller_has_its_word_on_the_page() -> None:
    assert {state.value for state in State} == {str(state) for state in PollState} - {
        "no key",
        "not here",
    }


def answer(asked: str) -> Answer:
    if asked.startswith("/v1/orders"):
        return Answer(401, {}, b'{"error":{"name":"out_of_scope","message":"not allowed"}}')
    return Answer(200, HEADERS, MARKETS)


async def look(house: House, *, key: Key | None = KEY, draining: bool = False) -> list[Status]:
    """Give the status before and after one run of each poll."""
    polls = dict(OPTIONS)
    idle = {} if key else {"open_orders": Idle.NO_KEY}
    if key is None:
        del polls["open_orders"]
    wanted = settings(target("korea", polls, key=key, idle=idle))
    seen = []
    async with house.watch(wanted, lambda _: FakeTransport(answer)) as watch:
        for _ in range(2):
            now = house.wall()
            seen.append(status(watch, started_at=NOW, now=now, draining=draining))
            for poller in watch.pollers:
                await poller.tick()
    return seen


@in_virtual_time
async def test_before_the_first_run_everything_waits_and_no_quota_is_shown() -> None:
    before, _ = await look(House(Wall()))
    assert [poll.state for _, poll in before.polls()] == [PollState.WAITING, PollState.WAITING]
    assert before.targets[0].quotas == ()
    assert not before.ready


@in_virtual_time
async def test_a_poll_is_described_as_it_stands() -> None:
    _, after = await look(House(Wall()))
    markets, orders = (poll for _, poll in after.polls())
    assert (markets.state, markets.last_success_at) == (PollState.FRESH, NOW + 0.05)
    assert (markets.every_seconds, markets.failures, markets.why) == (60, 0, None)
    assert (orders.state, orders.last_success_at) == (PollState.PARKED, None)
    assert orders.failures == 1
    assert orders.why == (
        "401 out_of_scope: not allowed (the key lacks the permission that this needs); "
        "give it 'View orders'"
    )


@in_virtual_time
async def test_a_quota_is_shown_once_an_answer_told_of_it() -> None:
    _, after = await look(House(Wall()))
    (quota,) = after.targets[0].quotas
    assert (quota.group, quota.limit, quota.budget, quota.left) == ("market", 10, 5, 7)
    assert (quota.waiting, quota.shut_until) == (0, None)
    assert quota.planned == 1 / 60
    assert (quota.counted_by, quota.blocked) == (Counted.ADDRESS, False)
    assert (quota.foreign, quota.others, quota.period) == (2, 2, 1)


@in_virtual_time
async def test_what_is_planned_of_a_quota_is_the_plan_of_all_who_share_it() -> None:
    house = House(Wall())
    polls = {"markets": OPTIONS["markets"]}
    elsewhere = target("singapore", polls, region="sg")
    wanted = settings(target("one", polls), target("two", polls), elsewhere)
    async with house.watch(wanted, lambda _: FakeTransport(answer)) as watch:
        for poller in watch.pollers:
            await poller.tick()
        seen = status(watch, started_at=NOW, now=house.wall(), draining=False)
    planned = {each.name: each.quotas[0].planned for each in seen.targets}
    assert planned == {"one": 2 / 60, "two": 2 / 60, "singapore": 1 / 60}


@in_virtual_time
async def test_a_shut_group_shows_when_it_opens() -> None:
    house = House(Wall())
    refusal = Answer(429, {"Retry-After": "40"}, b"")
    wanted = settings(target("korea", {"markets": OPTIONS["markets"]}))
    async with house.watch(wanted, lambda _: FakeTransport(lambda _: refusal)) as watch:
        await watch.pollers[0].tick()
        await asyncio.sleep(10)
        seen = status(watch, started_at=NOW, now=house.wall(), draining=False)
    assert seen.targets[0].quotas[0].shut_until == pytest.approx(NOW + 40.05)


@in_virtual_time
@pytest.mark.parametrize(("code", "blocked"), [(418, True), (429, False)])
async def test_a_block_is_told_from_a_refusal(code: int, blocked: bool) -> None:  # noqa: FBT001 -- an outcome
    house = House(Wall())
    refusal = Answer(code, {"Retry-After": "40"}, b"")
    wanted = settings(target("korea", OPTIONS, key=KEY))
    async with house.watch(wanted, lambda _: FakeTransport(lambda _: refusal)) as watch:
        for poller in watch.pollers:
            await poller.tick()
        seen = status(watch, started_at=NOW, now=house.wall())
    shut = {(quota.counted_by, quota.group): quota.blocked for quota in seen.targets[0].quotas}
    assert shut[Counted.ADDRESS, "market"] is blocked
    assert shut[Counted.ACCOUNT, "default"] is blocked
    assert len(shut) > 2 if blocked else len(shut) == 2


@in_virtual_time
async def test_only_a_poll_of_the_account_depends_on_a_key_of_the_environment() -> None:
    house = House(Wall())
    keyed = target("korea", OPTIONS, key=KEY)
    assert keyed.credentials is not None
    credentials = replace(keyed.credentials, from_environment=True)
    wanted = settings(replace(keyed, credentials=credentials))
    async with house.watch(wanted, lambda _: FakeTransport(answer)) as watch:
        seen = status(watch, started_at=NOW, now=house.wall())
    assert {poll.name: poll.key_from_environment for _, poll in seen.polls()} == {
        "markets": False,
        "open_orders": True,
    }


@in_virtual_time
async def test_when_the_exchange_was_heard_and_since_when_it_is_not_is_told() -> None:
    house = House(Wall())
    wanted = settings(target("korea", {"markets": OPTIONS["markets"]}))

    def gone(_: str) -> Answer:
        raise Unreachable("connect", "refused")

    async with house.watch(wanted, lambda _: FakeTransport(gone)) as watch:
        await watch.pollers[0].tick()
        ((_, poll),) = status(watch, started_at=NOW, now=house.wall()).polls()
    assert (poll.heard_at, poll.withheld) == (None, False)
    assert poll.unreachable_since == house.wall()


@in_virtual_time
async def test_a_poll_without_its_key_is_shown_and_keeps_nobody_waiting() -> None:
    _, after = await look(House(Wall()), key=None)
    assert [(poll.name, poll.state) for _, poll in after.polls()] == [
        ("markets", PollState.FRESH),
        ("open_orders", PollState.NO_KEY),
    ]
    assert after.targets[0].account == "no key"
    assert after.ready


@in_virtual_time
async def test_where_each_poll_stands_is_shown_as_one_of_all_states() -> None:
    house = House(Wall())
    _, after = await look(house, key=None)
    show_states(house.board, after)
    shown = house.board.series(c.POLL_STATE.name, "target", "poll", "state")
    assert len(shown) == 2 * len(PollState)
    assert {key for key, value in shown.items() if value} == {
        ("korea", "markets", "fresh"), ("korea", "open_orders", "no_key"),
    }  # fmt: skip


@in_virtual_time
async def test_on_the_way_out_it_is_not_ready() -> None:
    _, after = await look(House(Wall()), key=None, draining=True)
    assert not after.ready


@in_virtual_time
async def test_a_second_opinion_is_passed_on_and_the_way_to_a_target_is_described() -> None:
    opinion = Opinion("one.one.one.one:443", up=True, since=NOW)
    house, date = House(Wall()), {"Date": formatdate(NOW - 30, usegmt=True)}
    road = FakeTransport(lambda _: Answer(200, HEADERS | date, MARKETS), seconds=0.0)
    wanted = settings(target("korea", {"markets": OPTIONS["markets"]}))
    async with house.watch(wanted, lambda _: road) as watch:
        await watch.pollers[0].tick()
        seen = status(watch, started_at=NOW, now=NOW, draining=False, second_opinion=opinion)
    assert seen.second_opinion == opinion
    (korea,) = seen.targets
    assert (korea.reachable, korea.certificate_not_after) == (True, None)
    assert korea.skew == pytest.approx((29.5, 0.5))


@in_virtual_time
async def test_before_the_first_attempt_nothing_is_known_of_the_way() -> None:
    before, _ = await look(House(Wall()))
    (korea,) = before.targets
    assert (korea.reachable, korea.certificate_not_after, korea.skew) == (None, None, None)
    assert before.second_opinion is None
