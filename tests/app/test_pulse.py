from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.app.wall import Wall
from tests.fakes import FakeBoard
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.app.pulse import Pulse
from upbit_monitor.metrics import catalogue as c


@dataclass
class Patient:
    """Whose pulse is felt. Its state: what was seen."""

    board: FakeBoard = field(default_factory=FakeBoard)
    wall: Wall = field(default_factory=Wall)
    looks: int = 0
    steps: list[float] = field(default_factory=list)

    async def live(self, seconds: float) -> None:
        """Feel the pulse for so long."""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.pulse.run()

    def __post_init__(self) -> None:
        self.pulse = Pulse(
            self.board, on_look=self.look, on_clock_step=self.steps.append, wall=self.wall
        )

    def look(self) -> None:
        self.looks += 1

    def lag(self, what: str) -> float | None:
        return self.board.value(f"{c.LOOP_LAG.name}_{what}")


@in_virtual_time
async def test_it_looks_twice_a_second() -> None:
    patient = Patient()
    await patient.live(10.25)
    assert patient.looks == 20
    assert patient.lag("count") == 20
    assert patient.lag("sum") == 0
    assert patient.board.value(c.TASKS.name) == 1
    assert patient.steps == []


@in_virtual_time
async def test_a_loop_that_stands_still_is_seen_as_lag_and_is_no_step_of_the_clock() -> None:
    patient = Patient()
    loop = VirtualLoop.running()
    loop.call_later(1.25, loop.stall, 3)
    await patient.live(10.25)
    assert patient.lag("sum") == pytest.approx(2.75)
    assert patient.steps == []


@pytest.mark.parametrize("moment", [0.25, 1.25])
@pytest.mark.parametrize("seconds", [-3600.0, -1.1, 1.1, 86_400.0])
@in_virtual_time
async def test_a_step_of_the_wall_clock_is_told_once(seconds: float, moment: float) -> None:
    patient = Patient()
    VirtualLoop.running().call_later(moment, patient.wall.set_by, seconds)
    await patient.live(10.25)
    assert patient.steps == [pytest.approx(seconds)]


@in_virtual_time
async def test_a_clock_that_is_slewed_is_no_step() -> None:
    patient = Patient()
    for beat in range(20):
        VirtualLoop.running().call_later(beat / 2, patient.wall.set_by, 0.3)
    await patient.live(10.25)
    assert patient.steps == []
