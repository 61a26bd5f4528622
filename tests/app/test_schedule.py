"""The schedule over the real APScheduler, in virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.wall import Wall
from tests.fakes import FakeBoard, FakeExchange, FakeLog, ScriptedPoll, takes
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.app.schedule import Schedule
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from upbit_monitor.metrics import Family

HOUR = 3600.0


def now() -> float:
    return VirtualLoop.running().time()


class Hall:
    """A schedule with some pollers. Its state: when each of them began a run."""

    def __init__(self, wall: Wall, *intervals: float) -> None:
        self.board = FakeBoard()
        self.log = FakeLog()
        self.began: list[list[float]] = [[] for _ in intervals]
        self.pollers = [self._poller(n, every, wall) for n, every in enumerate(intervals)]
        self.schedule = Schedule(self.pollers, board=self.board, log=self.log, wall=wall)
        self.after: Callable[[], Awaitable[None]] = takes(0)

    def _poller(self, number: int, every: float, wall: Wall) -> Poller:
        async def note() -> None:
            self.began[number].append(now())
            await self.after()

        class Noting(ScriptedPoll):
            name = f"poll_{number}"

            async def run(self, _: object) -> None:
                await note()

        return Poller(
            target="korea",
            poll=Noting(),
            every=every,
            timeout=HOUR,
            exchange=FakeExchange(lambda *_: []),
            board=self.board,
            log=self.log,
            wall=wall,
        )

    def shown(self, family: Family, suffix: str = "") -> float | None:
        return self.board.value(family.name + suffix, target="korea", poll="poll_0")


@pytest.fixture(autouse=True)
def _no_errors(caplog: pytest.LogCaptureFixture) -> Any:  # noqa: ANN401 -- a generator
    """Hold every test to it: APScheduler and asyncio have nothing to complain of."""
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@in_virtual_time
async def _beats(wall: Wall, *intervals: float, seconds: float = 60.25) -> list[list[float]]:
    hall = Hall(wall, *intervals)
    hall.schedule.start()
    await asyncio.sleep(seconds)
    await hall.schedule.stop(1)
    return hall.began


def test_each_poll_runs_at_its_interval_from_a_moment_of_its_own(wall: Wall) -> None:
    first, second, third = _beats(wall, 60, 10, 10)
    assert first == pytest.approx([0, 60], abs=1e-3)
    assert second == pytest.approx([0.5 + 10 * beat for beat in range(6)], abs=1e-3)
    assert third == pytest.approx([1.0 + 10 * beat for beat in range(6)], abs=1e-3)


@given(st.lists(st.floats(0.05, 30), min_size=1, max_size=12))
def test_first_runs_are_spread_within_the_shortest_interval(intervals: list[float]) -> None:
    apart = min(0.5, min(intervals) / len(intervals))
    with pytest.MonkeyPatch.context() as patch:
        wall = Wall()
        wall.rule(patch)
        began = _beats(wall, *intervals, seconds=apart * len(intervals))
        firsts = [moments[0] for moments in began]
    assert firsts == pytest.approx([apart * n for n in range(len(intervals))], abs=2e-3)


@pytest.mark.parametrize("every", [0.05, 0.3, 1.7, 2.5])
def test_beats_do_not_drift(wall: Wall, every: float) -> None:
    (moments,) = _beats(wall, every)
    assert len(moments) == int(60.25 // every) + 1
    assert moments[-1] == pytest.approx((len(moments) - 1) * every, abs=2e-3)


@in_virtual_time
async def _a_hung_run(wall: Wall) -> Hall:
    hall = Hall(wall, 10)
    hall.after = takes(35)
    hall.schedule.start()
    await asyncio.sleep(38)
    await hall.schedule.stop(0)
    return hall


def test_a_run_that_outlasts_its_interval_costs_beats_that_are_counted(wall: Wall) -> None:
    hall = _a_hung_run(wall)
    assert hall.began == [pytest.approx([0], abs=1e-3)]
    assert hall.shown(c.POLL_RUNS) == 1
    assert hall.shown(c.POLL_OVERLAPS) == 3
    assert hall.shown(c.POLL_MISFIRES) == 0
    assert hall.log.told() == [("debug", "poll_overlapped")] * 3


@pytest.mark.parametrize(("stall", "lost"), [(2, 0), (7, 0), (12, 0), (18, 1), (47, 4)])
def test_what_a_stalled_loop_swallows_is_counted_and_the_rest_runs_late(
    wall: Wall, stall: float, lost: int
) -> None:
    @in_virtual_time
    async def stalled() -> Hall:
        hall = Hall(wall, 10)
        hall.schedule.start()
        await asyncio.sleep(5)
        VirtualLoop.running().stall(stall)
        await asyncio.sleep(60)
        await hall.schedule.stop(1)
        return hall

    hall = stalled()
    beats = (65 + stall) // 10 + 1
    assert hall.shown(c.POLL_MISFIRES) == lost
    assert hall.shown(c.POLL_RUNS) == len(hall.began[0]) == beats - lost
    assert hall.shown(c.POLL_START_DELAY, "_sum") == pytest.approx(max(stall - 5, 0), abs=1e-2)


def test_a_clock_set_forward_by_years_costs_one_run(wall: Wall) -> None:
    @in_virtual_time
    async def leaped() -> Hall:
        hall = Hall(wall, 10)
        hall.schedule.start()
        await asyncio.sleep(5)
        wall.set_by(50 * 365 * 24 * HOUR)
        await asyncio.sleep(10.5)
        await hall.schedule.stop(1)
        return hall

    hall = leaped()
    assert len(hall.began[0]) == 2


def test_a_clock_set_back_by_an_hour_stops_the_beat_until_it_begins_anew(wall: Wall) -> None:
    @in_virtual_time
    async def set_back() -> Hall:
        hall = Hall(wall, 10)
        hall.schedule.start()
        await asyncio.sleep(5)
        wall.set_by(-HOUR)
        await asyncio.sleep(95)
        assert len(hall.began[0]) == 1
        hall.schedule.rephase()
        await asyncio.sleep(20.5)
        await hall.schedule.stop(1)
        return hall

    hall = set_back()
    assert hall.began == [pytest.approx([0, 100, 110, 120], abs=1e-3)]
    assert hall.shown(c.POLL_MISFIRES) == 0
    assert hall.shown(c.POLL_START_DELAY, "_sum") == pytest.approx(0, abs=1e-2)


@in_virtual_time
async def _rephased_outside_its_life(wall: Wall) -> list[list[float]]:
    hall = Hall(wall, 10)
    hall.schedule.rephase()
    hall.schedule.start()
    await asyncio.sleep(5)
    await hall.schedule.stop(1)
    hall.schedule.rephase()
    await asyncio.sleep(100)
    return hall.began


def test_to_begin_anew_before_the_start_or_after_the_end_does_nothing(wall: Wall) -> None:
    assert _rephased_outside_its_life(wall) == [pytest.approx([0], abs=1e-3)]


@in_virtual_time
async def test_stop_lets_a_run_end_in_its_grace(wall: Wall) -> None:
    hall = Hall(wall, 10)
    hall.after = takes(3)
    hall.schedule.start()
    await asyncio.sleep(2)
    await hall.schedule.stop(1.5)
    assert now() == pytest.approx(3, abs=1e-3)
    assert hall.pollers[0].why is None
    assert hall.shown(c.POLL_LAST_SUCCESS) is not None
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_no_run_begins_while_the_last_ones_end(wall: Wall) -> None:
    hall = Hall(wall, 10, 10)
    hall.after = takes(3)
    hall.schedule.start()
    await asyncio.sleep(0.25)
    await hall.schedule.stop(5)
    assert hall.began == [[0], []]


@in_virtual_time
async def test_stop_ends_a_run_that_outlasts_its_grace(wall: Wall) -> None:
    hall = Hall(wall, 10, 10)
    hall.after = takes(HOUR)
    hall.schedule.start()
    await asyncio.sleep(2)
    await hall.schedule.stop(1.5)
    assert now() == pytest.approx(3.5, abs=1e-3)
    ended = hall.board.series(c.POLL_FAILURES.name, "poll", "reason")
    assert ended["poll_0", "cancelled"] == ended["poll_1", "cancelled"] == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await asyncio.sleep(HOUR)
    assert [len(moments) for moments in hall.began] == [1, 1]


@in_virtual_time
async def test_stop_in_the_instant_of_a_beat_leaves_nothing_behind(wall: Wall) -> None:
    hall = Hall(wall, 10)
    hall.schedule.start()
    while len(asyncio.all_tasks()) == 1:  # noqa: ASYNC110 -- each sleep is one turn of the loop
        await asyncio.sleep(0)
    await hall.schedule.stop(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert hall.began == [[]]
    assert hall.shown(c.POLL_RUNS) == 0


@in_virtual_time
async def test_stop_before_the_start_and_twice_does_nothing(wall: Wall) -> None:
    hall = Hall(wall, 10)
    await hall.schedule.stop(1)
    hall.schedule.start()
    await asyncio.sleep(1)
    await hall.schedule.stop(1)
    await hall.schedule.stop(1)
    assert now() == 1


@in_virtual_time
async def test_a_schedule_of_nothing_starts_and_stops(wall: Wall) -> None:
    hall = Hall(wall)
    hall.schedule.start()
    await asyncio.sleep(1)
    await hall.schedule.stop(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}
