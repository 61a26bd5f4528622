from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.app.house import House, settings, target
from tests.app.wall import Wall
from tests.fakes import FakeTransport
from tests.virtual import in_virtual_time
from upbit_monitor.errors import ExchangeError, Unreachable
from upbit_monitor.exchange import Answer, Timeouts
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.metrics.family import SERIES_LIMIT_HITS
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_monitor.config import Target

KEY = Key(access="access", secret="secret" * 8)
PUBLIC = {name: poll.options() for name, poll in POLLS.items() if not poll.private}
ALL = {name: poll.options() for name, poll in POLLS.items()}
SAMPLES = {end.path: end.sample for poll in POLLS.values() for end in poll.endpoints}


def answer(asked: str) -> Answer | ExchangeError:
    return Answer(200, {}, SAMPLES[asked.partition("?")[0]])


@in_virtual_time
async def test_each_poll_of_each_target_gets_a_poller_in_the_order_of_the_settings() -> None:
    house = House(Wall())
    wanted = settings(target("korea", ALL, key=KEY), target("singapore", PUBLIC, region="sg"))
    async with house.watch(wanted, lambda _: FakeTransport(answer)) as watch:
        made = [(poller.target, poller.poll.name) for poller in watch.pollers]
    expected = [("korea", name) for name in ALL] + [("singapore", name) for name in PUBLIC]
    assert made == expected


@in_virtual_time
async def test_every_connection_is_closed_at_the_end() -> None:
    opened: list[FakeTransport] = []

    def transport(_: Target) -> FakeTransport:
        opened.append(FakeTransport(answer))
        return opened[-1]

    house = House(Wall())
    async with house.watch(settings(target("one", PUBLIC), target("two", PUBLIC)), transport):
        assert [road.is_open for road in opened] == [True, True]
    assert [road.is_open for road in opened] == [False, False]


@in_virtual_time
async def test_a_connection_that_cannot_be_made_leaves_none_open() -> None:
    first = FakeTransport(answer)

    def transport(one: Target) -> FakeTransport:
        if one.name == "two":
            raise OSError("no sockets left")
        return first

    house = House(Wall())
    with pytest.raises(OSError, match="no sockets"):
        async with house.watch(settings(target("one", PUBLIC), target("two", PUBLIC)), transport):
            pass
    assert not first.is_open


@in_virtual_time
async def test_only_private_questions_are_signed() -> None:
    road, house = FakeTransport(answer), House(Wall())
    async with house.watch(settings(target("korea", ALL, key=KEY)), lambda _: road) as watch:
        for poller in watch.pollers:
            await poller.tick()
    signed = {one.target.partition("?")[0]: "Authorization" in one.headers for one in road.requests}
    private = {end.path: end.private for poll in POLLS.values() for end in poll.endpoints}
    assert signed.items() <= private.items()
    assert {*signed.values()} == {True, False}


@pytest.mark.parametrize(
    ("every", "total", "seconds"), [(60, 10, 54), (10, 10, 20), (0.05, 3, 6), (60, 40, 80)]
)
@in_virtual_time
async def test_a_run_may_take_most_of_its_interval_or_two_attempts(
    every: float, total: float, seconds: float
) -> None:
    polls = {"markets": POLLS["markets"].options(every=every)}
    wanted = settings(target("korea", polls, timeouts=Timeouts(total=total)))
    async with House(Wall()).watch(wanted, lambda _: FakeTransport(answer)) as watch:
        assert [poller.timeout for poller in watch.pollers] == [pytest.approx(seconds)]


@pytest.mark.parametrize(
    ("every", "markets", "seconds"),
    # An attempt of 10 s for each market, one for the market list, and one to wait in.
    [(30, 1, 30), (30, 40, 420), (600, 40, 540), (0.05, 3, 50)],
)
@in_virtual_time
async def test_a_run_may_take_an_attempt_for_each_of_its_questions(
    every: float, markets: int, seconds: float
) -> None:
    watched = tuple(f"KRW-C{number}" for number in range(markets))
    polls = {"candles": POLLS["candles"].options(every=every, watch=watched)}
    async with House(Wall()).watch(
        settings(target("korea", polls)), lambda _: FakeTransport(answer)
    ) as watch:
        (poller,) = watch.pollers
        assert poller.timeout == pytest.approx(seconds)
        assert poller.grace == pytest.approx(max(0.9 * every, 20))


@pytest.mark.parametrize("every", [5, 10, 60])
@in_virtual_time
async def test_a_run_that_the_limiter_holds_back_is_withheld_and_not_timed_out(
    every: float,
) -> None:
    house = House(Wall())
    wanted = settings(target("korea", {"markets": POLLS["markets"].options(every=every)}))
    async with house.watch(wanted, lambda _: FakeTransport(answer)) as watch:
        (poller,) = watch.pollers
        async with watch.limiters["korea"][0].permit("market") as permit:
            permit.departed()
            permit.refused(poller.timeout + 1)
        await poller.tick()
    failures = house.board.series(c.POLL_FAILURES.name, "reason")
    assert {reason for (reason,), number in failures.items() if number} == {"withheld"}


def zeros(house: House) -> Iterable[tuple[str, Any]]:
    for metric in house.board.registry.collect():
        if metric.type == "counter":
            yield from ((one.name, one.labels) for one in metric.samples if one.value == 0)
        if metric.type == "histogram":
            yield from (
                (one.name.removesuffix("_count"), one.labels)
                for one in metric.samples
                if one.name.endswith("_count") and one.value == 0
            )


@in_virtual_time
async def test_every_series_that_can_be_known_is_there_at_zero_before_the_first_run() -> None:
    house = House(Wall())
    wanted = settings(target("korea", ALL, key=KEY))
    async with house.watch(wanted, lambda _: FakeTransport(answer)):
        shown = list(zeros(house))
    names = {name for name, _ in shown}
    for family in (*c.CATALOGUE, *(family for poll in POLLS.values() for family in poll.families)):
        if family.kind != "gauge" and family.labels[:1] == ("target",):
            assert family.name in names, family.name
    responses = {(one["endpoint"], one["code"]) for name, one in shown if name == c.RESPONSES.name}
    endpoints = {end.name for poll in POLLS.values() for end in poll.endpoints}
    assert responses == {(end, code) for end in endpoints for code in c.CODES}
    overflow = {one["metric"] for name, one in shown if name == SERIES_LIMIT_HITS.name}
    polled = {family.name for poll in POLLS.values() for family in poll.families}
    assert overflow == {*polled, c.RESPONSES.name, c.EXCHANGE_ERRORS.name}


@in_virtual_time
async def test_no_series_but_gauges_is_born_by_a_good_run_or_a_bad_one() -> None:
    house = House(Wall())
    bad: list[Answer | ExchangeError]
    bad = [Unreachable("timeout", ""), Answer(500, {}, b"<html>"), Answer(429, {}, b"")]
    road = FakeTransport(lambda asked: bad.pop() if bad else answer(asked))
    async with house.watch(settings(target("korea", ALL, key=KEY)), lambda _: road) as watch:
        before = {(name, *labels.values()) for name, labels in zeros(house)}
        for poller in (*watch.pollers, *watch.pollers):
            await poller.tick()
        after = {
            (sample.name.removesuffix("_count"), *sample.labels.values())
            for metric in house.board.registry.collect()
            for sample in metric.samples
            if (metric.type == "counter") or sample.name.endswith("_count")
        }
    assert not bad
    assert len(road.requests) >= 2 * len(ALL)
    assert after == before
