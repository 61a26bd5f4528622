"""What is learnt of the way to a target, from records and over HTTP."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.house import House, settings, target
from tests.app.wall import Wall
from tests.exchange.road import SUCCESS
from tests.fakes import NOW, FakeBoard, FakeTransport
from tests.virtual import in_virtual_time
from upbit_monitor.app.status import status
from upbit_monitor.app.way import Way
from upbit_monitor.exchange import Answer, Dated, HttpTransport
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS, Poll
from upbit_monitor.simulator import Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.config import Target
    from upbit_monitor.metrics import Family
    from upbit_monitor.polls import Exchange

MARKETS = POLLS["markets"]
BODY = MARKETS.endpoints[0].sample


class Bench:
    """A way, and the board that it shows on."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self.board = FakeBoard()
        self.way = Way("kr", board=self.board, wall=wall)

    def shown(self, family: Family) -> float | None:
        return self.board.value(family.name, target="kr")


def test_before_the_first_attempt_nothing_is_known_and_nothing_shown() -> None:
    bench = Bench(lambda: NOW)
    for family in (c.REACHABLE, c.CERTIFICATE_END, c.CLOCK_SKEW, c.CLOCK_SKEW_UNCERTAINTY):
        assert bench.shown(family) is None
    assert (bench.way.not_after, bench.way.reachable) == (None, None)


def test_an_answer_of_any_status_says_that_the_exchange_is_reachable() -> None:
    bench = Bench(lambda: NOW)
    bench.way.told(replace(SUCCESS, status=503, failure="http_5xx"))
    assert (bench.way.reachable, bench.shown(c.REACHABLE)) == (True, 1)


@pytest.mark.parametrize("failure", ["timeout", "dns", "connect", "tls", "disconnect", "payload"])
def test_an_attempt_without_an_answer_says_that_it_is_not(failure: str) -> None:
    bench = Bench(lambda: NOW)
    bench.way.told(SUCCESS)
    bench.way.told(replace(SUCCESS, status=None, failure=failure))
    assert (bench.way.reachable, bench.shown(c.REACHABLE)) == (False, 0)


def test_a_cancelled_attempt_says_nothing_of_it() -> None:
    bench = Bench(lambda: NOW)
    bench.way.told(replace(SUCCESS, status=None, failure="cancelled"))
    assert (bench.way.reachable, bench.shown(c.REACHABLE)) == (None, None)


def test_the_end_of_the_certificate_stays_until_a_new_connection_shows_another() -> None:
    bench = Bench(lambda: NOW)
    seen = []
    for end in (NOW + 10, None, NOW + 20, None):
        bench.way.told(replace(SUCCESS, not_after=end))
        seen.append((bench.way.not_after, bench.shown(c.CERTIFICATE_END)))
    assert seen == [(NOW + 10,) * 2] * 2 + [(NOW + 20,) * 2] * 2


@in_virtual_time
async def test_the_skew_is_shown_and_its_uncertainty_grows_by_itself() -> None:
    bench = Bench(lambda: NOW + asyncio.get_running_loop().time())
    bench.way.told(replace(SUCCESS, dated=Dated(NOW - 30, 0.0, 0.0)))
    assert bench.shown(c.CLOCK_SKEW) == pytest.approx(29.5)
    assert bench.shown(c.CLOCK_SKEW_UNCERTAINTY) == pytest.approx(0.5)
    await asyncio.sleep(1000)
    bench.way.show_clock()
    assert bench.shown(c.CLOCK_SKEW) == pytest.approx(29.5)
    assert bench.shown(c.CLOCK_SKEW_UNCERTAINTY) == pytest.approx(1.0)


@in_virtual_time
async def test_a_step_of_our_own_clock_is_shown_at_once_and_exchange_time_takes_no_part() -> None:
    wall = Wall()
    bench = Bench(wall)
    bench.way.told(replace(SUCCESS, dated=Dated(NOW, 0.0, 0.0)))
    wall.set_by(30)
    bench.way.show_clock()
    assert bench.shown(c.CLOCK_SKEW) == pytest.approx(29.5)
    assert bench.way.exchange_time() == pytest.approx(NOW + 1)


@in_virtual_time
async def test_a_poll_sees_its_answer_by_the_exchange_s_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[float] = []

    async def run(self: Poll[Any], exchange: Exchange) -> None:
        await exchange.get(self.endpoints[0])
        seen.append(self._context.exchange_time())

    monkeypatch.setattr(MARKETS, "run", run)
    wall = Wall()
    wall.set_by(30)
    truth = {"Date": formatdate(NOW, usegmt=True)}
    async with House(wall).watch(
        settings(target("korea", {"markets": MARKETS.options()})),
        lambda _: FakeTransport(lambda _: Answer(200, truth, BODY), seconds=0.25),
    ) as watch:
        await watch.pollers[0].tick()
    (time_of_it,) = seen
    assert NOW <= time_of_it <= NOW + 1.26


@pytest.mark.parametrize("offset", [-30.0, -0.4, 0.0, 0.4, 30.0])
async def test_over_http_the_skew_is_found_within_its_uncertainty(offset: float) -> None:
    exchange = SimulatedExchange("kr", seed=3, knobs=Knobs(clock_offset_seconds=offset))
    house = House(time.time)
    async with SimulatorServer(exchange) as server:
        korea = target("korea", {"markets": MARKETS.options()}, base_url=server.url)
        async with house.watch(settings(korea), _http) as watch:
            for _ in range(4):
                await watch.pollers[0].tick()
                await asyncio.sleep(0.21)
            watch.show_clocks()
            seen = status(watch, started_at=0.0, now=time.time(), draining=False).targets[0]
            exchange_time = watch.ways["korea"].exchange_time()
            assert exchange_time == pytest.approx(time.time() + offset, abs=1.1)
    skew = house.board.value(c.CLOCK_SKEW.name, target="korea")
    within = house.board.value(c.CLOCK_SKEW_UNCERTAINTY.name, target="korea")
    assert skew is not None
    assert within is not None
    assert abs(skew + offset) <= within + 1e-6
    # Four answers that are a fifth of a second apart leave less than a second and a round trip.
    assert within < 0.5
    assert (seen.reachable, seen.certificate_not_after) == (True, None)
    assert seen.skew is not None
    assert seen.skew == pytest.approx((skew, within), abs=0.01)


def _http(one: Target) -> HttpTransport:
    return HttpTransport(one.base_url)
