"""Blocks across limiters, as the daemon restores, saves and tells them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from tests.app.house import target
from tests.app.wall import Wall
from tests.fakes import FakeBoard, FakeLog
from tests.quota.callers import Caller, blocked, look, settled
from tests.virtual import in_virtual_time
from upbit_monitor.app.memory import Memory
from upbit_monitor.app.scopes import Scopes
from upbit_monitor.errors import Withheld
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.simulator import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from upbit_monitor.quota import RateLimiter

KEY = Key(access="CanaryAccess", secret="CanarySecret")


class House:
    """A machine on which processes come and go. Its state: the clock, and what they told."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.wall = Wall()
        self.log = FakeLog()
        self.board = FakeBoard()

    def process(self) -> Scopes:
        memory = Memory(self.directory, board=self.board, log=self.log, wall=self.wall)
        memory.rehearse()
        return Scopes(memory)

    def limiters(self) -> tuple[RateLimiter, RateLimiter]:
        public, account = self.process().open([target(key=KEY)])["korea"]
        return public, account

    @property
    def failures(self) -> float:
        return self.board.series(c.STATE_FAILURES.name)[()]


async def block_it(limiter: RateLimiter, group: str, seconds: float | None) -> None:
    caller = Caller(limiter, group)
    await settled()
    caller.end(blocked(seconds))
    await settled()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "state")


def test_without_a_block_nothing_is_written_or_told(house: House) -> None:
    @in_virtual_time
    async def world() -> None:
        house.limiters()

    world()
    assert house.directory is not None
    assert [*house.directory.iterdir()] == []
    assert house.log.told() == []
    assert house.failures == 0


def test_a_block_holds_in_the_next_process_for_its_own_scope_alone(house: House) -> None:
    @in_virtual_time
    async def world() -> None:
        public, _ = house.limiters()
        await block_it(public, "ticker", 600.0)
        house.wall.set_by(30)
        public, account = house.limiters()
        assert {state.shut_for for state in public.look()} == {600.0}
        assert {state.shut_for for state in account.look()} == {0.0}

    world()
    (line,) = house.log.lines
    assert (line.level, line.event) == ("warning", "block_restored")
    assert line.fields == {"base_url": "https://api.upbit.com", "seconds": 600.0}


def test_an_account_is_named_by_a_short_fingerprint_and_no_key_is_in_the_file(house: House) -> None:
    @in_virtual_time
    async def world() -> None:
        _, account = house.limiters()
        await block_it(account, "default", None)
        _, account = house.limiters()
        assert look(account, "default").shut_for == pytest.approx(63)

    world()
    (line,) = house.log.lines
    assert len(str(line.fields["account"])) == 16
    assert house.directory is not None
    text = (house.directory / "blocks.json").read_text()
    assert f'"{line.fields["account"]}"' in text
    assert "Canary" not in text


def test_many_restarts_do_not_lengthen_a_block_and_the_doubling_goes_on(house: House) -> None:
    @in_virtual_time
    async def world() -> None:
        public, _ = house.limiters()
        for lasts in (63.0, 126.0, 252.0):
            await block_it(public, "ticker", None)
            for gone in range(1, 11):
                house.wall.set_by(lasts / 10)
                public, _ = house.limiters()
                left = lasts * (1 - gone / 10)
                assert look(public).shut_for == pytest.approx(left, abs=1e-3)
            house.wall.set_by(0.1)
            public, _ = house.limiters()

    world()


def test_after_a_clock_was_set_back_the_length_is_waited_for_once(house: House) -> None:
    @in_virtual_time
    async def world() -> None:
        public, _ = house.limiters()
        await block_it(public, "ticker", None)
        house.wall.set_by(-86_400)
        public, _ = house.limiters()
        assert look(public).shut_for == pytest.approx(63)
        house.wall.set_by(40)
        public, _ = house.limiters()
        assert look(public).shut_for == pytest.approx(23)

    world()


def test_a_bad_file_is_told_once_a_process_and_it_goes_on(house: House) -> None:
    assert house.directory is not None
    house.directory.mkdir()
    (house.directory / "blocks.json").write_text("{")

    @in_virtual_time
    async def world() -> None:
        public, _ = house.limiters()
        assert look(public).shut_for == 0
        await block_it(public, "ticker", 10.0)

    world()
    assert house.log.told() == [("warning", "state_unreadable")]
    assert house.failures == 1
    assert (house.directory / "blocks.json.bad").exists()


def test_a_directory_that_cannot_be_written_is_told_at_the_start_and_at_a_block(
    tmp_path: Path,
) -> None:
    (tmp_path / "taken").write_text("")
    house = House(tmp_path / "taken")

    @in_virtual_time
    async def world() -> None:
        house.process()
        assert house.log.told() == [("warning", "state_unusable")]
        public, _ = house.limiters()
        house.log.told()
        await block_it(public, "ticker", 10.0)
        assert look(public).shut_for == 11

    world()
    (line,) = house.log.lines
    assert (line.level, line.event) == ("error", "block_not_saved")
    assert str(tmp_path / "taken") in str(line.fields["error"])
    assert "--state.directory" in str(line.fields["error"])


def test_without_a_home_it_is_told_and_nothing_is_kept() -> None:
    house = House(None)

    @in_virtual_time
    async def world() -> None:
        public, _ = house.limiters()
        await block_it(public, "ticker", 10.0)
        assert look(public).shut_for == 11

    world()
    assert house.log.told() == [("warning", "state_unusable")]


# --- a process beside this one --------------------------------------------------------------------


def play(house: House, world: Callable[[Scopes, Scopes], Coroutine[object, object, None]]) -> None:
    """Let two processes share a machine; nothing that was told before counts."""

    @in_virtual_time
    async def shared() -> None:
        ours, beside = house.process(), house.process()
        for scopes in (ours, beside):
            scopes.open([target(key=KEY)])
        house.log.told()
        await world(ours, beside)

    shared()


def limiters(scopes: Scopes) -> tuple[RateLimiter, RateLimiter]:
    public, account = scopes.open([target(key=KEY)])["korea"]
    return public, account


def test_a_block_that_a_process_beside_got_holds_here_at_the_next_look(house: House) -> None:
    async def world(ours: Scopes, beside: Scopes) -> None:
        await block_it(limiters(beside)[0], "ticker", 100.0)
        await asyncio.sleep(10)
        public, account = limiters(ours)
        assert look(public).shut_for == 0
        ours.refresh()
        for state in public.look():
            assert state.shut_for == pytest.approx(95)
        assert {state.shut_for for state in account.look()} == {0}
        with pytest.raises(Withheld):
            await public.permit("market", patience=90).__aenter__()
        async with public.permit("market", patience=100) as permit:
            assert permit.waited == pytest.approx(95)

    play(house, world)
    (line,) = house.log.lines
    assert (line.level, line.event) == ("warning", "block_learned")
    assert line.fields == {"base_url": "https://api.upbit.com", "seconds": 95.0}


def test_a_block_of_ones_own_is_no_news(house: House) -> None:
    async def world(ours: Scopes, _: Scopes) -> None:
        public, _account = limiters(ours)
        await block_it(public, "ticker", 100.0)
        await asyncio.sleep(50)
        ours.refresh()
        assert look(public).shut_for == pytest.approx(55)

    play(house, world)
    assert house.log.told() == []


def test_a_shorter_block_beside_shortens_nothing(house: House) -> None:
    async def world(ours: Scopes, beside: Scopes) -> None:
        public, _account = limiters(ours)
        await block_it(public, "ticker", 100.0)
        (house.directory / "blocks.json").unlink()  # type: ignore[operator]  # there is one
        await block_it(limiters(beside)[0], "ticker", 10.0)
        ours.refresh()
        assert look(public).shut_for == pytest.approx(105)

    play(house, world)
    assert house.log.told() == []


def test_a_block_beside_is_told_once_and_its_end_is_not_lengthened_by_looking(house: House) -> None:
    async def world(ours: Scopes, beside: Scopes) -> None:
        public, account = limiters(beside)
        await block_it(public, "ticker", 100.0)
        for _ in range(20):
            await asyncio.sleep(1)
            ours.refresh()
        await block_it(account, "default", 50.0)
        ours.refresh()
        assert look(limiters(ours)[0]).shut_for == pytest.approx(85)
        assert look(limiters(ours)[1], "default").shut_for == pytest.approx(52.5)

    play(house, world)
    assert house.log.told() == [("warning", "block_learned")] * 2


def test_a_clock_that_is_set_back_lengthens_nothing_while_nobody_is_blocked_anew(
    house: House,
) -> None:
    async def world(ours: Scopes, beside: Scopes) -> None:
        await block_it(limiters(beside)[0], "ticker", 100.0)
        ours.refresh()
        house.wall.set_by(-86_400)
        await asyncio.sleep(50)
        ours.refresh()
        assert look(limiters(ours)[0]).shut_for == pytest.approx(55)

    play(house, world)


def test_a_file_that_has_not_changed_is_not_read(house: House) -> None:
    async def world(ours: Scopes, beside: Scopes) -> None:
        await block_it(limiters(beside)[0], "ticker", 100.0)
        ours.refresh()
        path = house.directory / "blocks.json"  # type: ignore[operator]  # there is one
        stat = path.stat()
        path.write_bytes(b"{" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        ours.refresh()
        assert house.log.told() == [("warning", "block_learned")]
        os.utime(path)
        ours.refresh()
        assert house.log.told() == [("warning", "state_unreadable")]
        ours.refresh()
        assert house.log.told() == []

    play(house, world)


def test_who_remembers_nothing_learns_nothing() -> None:
    @in_virtual_time
    async def world() -> None:
        for scopes in (Scopes(), House(None).process()):
            public, _account = limiters(scopes)
            scopes.refresh()
            assert look(public).shut_for == 0

    world()
