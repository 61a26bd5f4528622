"""The host beside the exchange: asked in virtual time, and over real sockets."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.wall import Wall
from tests.fakes import NOW, FakeBoard, FakeLog
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.app.second_opinion import Asker
from upbit_monitor.config import SecondOpinion
from upbit_monitor.exposition import Opinion
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import Seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

STREAM = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
HOST = SecondOpinion("second.test:443", Seconds(15), Seconds(3))


class World:
    """A resolver and hosts behind it, an asker, and where it shows and tells.

    Its state: what a look-up gives after so many seconds, and how each address takes a call.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.board, self.log, self.wall = FakeBoard(), FakeLog(), Wall()
        self.asker = Asker(board=self.board, log=self.log, wall=self.wall)
        self.look_ups: list[tuple[str, int]] = []
        self.calls: list[tuple[float, str]] = []
        self.resolving = 0.25
        self.addresses: list[str] = ["192.0.2.1"]
        self.unresolved: Exception | None = None
        self.answer: Callable[[str], Awaitable[None]] = takes(0.5)
        loop = VirtualLoop.running()
        patch.setattr(loop, "getaddrinfo", self._getaddrinfo)
        patch.setattr(loop, "sock_connect", self._sock_connect)

    async def _getaddrinfo(self, host: str, port: int, **_: object) -> list[Any]:
        self.look_ups.append((host, port))
        await asyncio.sleep(self.resolving)
        if self.unresolved is not None:
            raise self.unresolved
        return [(*STREAM, (address, port)) for address in self.addresses]

    async def _sock_connect(self, door: socket.socket, address: tuple[str, int]) -> None:
        assert not door.getblocking()
        self.calls.append((asyncio.get_running_loop().time(), address[0]))
        await self.answer(address[0])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.asker.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def failures(self) -> dict[str, float]:
        shown = self.board.series(c.OPINION_FAILED.name, "reason")
        return {reason: number for (reason,), number in shown.items()}

    def took(self, phase: str, what: str = "sum") -> float | None:
        return self.board.value(f"{c.OPINION_DURATION.name}_{what}", phase=phase)

    def up(self) -> float | None:
        return self.board.value(c.OPINION_UP.name)


def takes(seconds: float, error: Exception | None = None) -> Callable[[str], Awaitable[None]]:
    async def answer(_: str) -> None:
        await asyncio.sleep(seconds)
        if error is not None:
            raise error

    return answer


REFUSED = takes(0.0, ConnectionRefusedError(111, "Connection refused"))
SILENT = takes(3600.0)


@in_virtual_time
async def test_without_a_host_nobody_is_asked_and_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    async with world.running():
        await asyncio.sleep(3600)
        await world.asker.ask()
    assert world.asker.opinion is None
    assert (world.look_ups, world.calls) == ([], [])
    assert [*world.board.registry.collect()] == []


@in_virtual_time
async def test_a_host_that_is_named_is_unknown_until_it_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    assert world.asker.opinion == Opinion("second.test:443")
    assert world.up() is None
    assert world.failures() == {"dns": 0, "connect": 0, "timeout": 0}
    assert world.took("resolve", "count") == world.took("connect", "count") == 0


@in_virtual_time
async def test_a_host_that_is_reached_is_up_and_each_phase_is_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    await world.asker.ask()
    assert world.look_ups == [("second.test", 443)]
    assert world.asker.opinion == Opinion("second.test:443", up=True, since=NOW + 0.75)
    assert (world.up(), world.took("resolve"), world.took("connect")) == (1, 0.25, 0.5)
    assert sum(world.failures().values()) == 0
    assert world.log.told() == [], "at first all is as it should be"


@pytest.mark.parametrize(
    ("reason", "why", "arrange"),
    [
        (
            "dns",
            "the host's name cannot be resolved: [Errno -2] unknown",
            {"unresolved": socket.gaierror(-2, "unknown")},
        ),
        (
            "dns",
            "the host's name cannot be resolved: label too long",
            {"unresolved": UnicodeError("label too long")},
        ),
        ("connect", "no connection: Connection refused", {"answer": REFUSED}),
        ("connect", "the host has no address", {"addresses": []}),
        ("timeout", "no connection in time", {"answer": SILENT}),
        ("timeout", "no connection in time", {"resolving": 3600.0}),
    ],
)
@in_virtual_time
async def test_a_host_that_is_not_reached_is_not_up_and_the_reason_is_counted(
    monkeypatch: pytest.MonkeyPatch, reason: str, why: str, arrange: dict[str, Any]
) -> None:
    world = World(monkeypatch)
    world.__dict__.update(arrange)
    world.asker.follow(HOST)
    await world.asker.ask()
    now = asyncio.get_running_loop().time()
    assert now <= HOST.timeout
    assert world.asker.opinion == Opinion("second.test:443", up=False, since=NOW + now, why=why)
    assert world.up() == 0
    assert {name for name, number in world.failures().items() if number} == {reason}
    assert world.log.told() == [("warning", "second_opinion_lost")]
    world.asker.close()


@in_virtual_time
async def test_it_is_asked_at_once_and_then_at_each_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(50)
    assert [at for at, _ in world.calls] == [0.25, 15.25, 30.25, 45.25]


@in_virtual_time
async def test_only_a_change_is_told_and_since_when_it_is_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(20)
        world.answer = REFUSED
        await asyncio.sleep(60)
        assert world.log.told() == [("warning", "second_opinion_lost")]
        assert world.asker.opinion is not None
        assert world.asker.opinion.since == NOW + 30.25
        world.answer = takes(0.5)
        await asyncio.sleep(60)
    (line,) = world.log.lines
    assert (line.level, line.event) == ("info", "second_opinion_back")
    assert line.fields == {"address": "second.test:443", "down_seconds": 60.5}
    assert world.asker.opinion == Opinion("second.test:443", up=True, since=NOW + 90.75)
    assert world.failures()["connect"] == 4


@in_virtual_time
async def test_a_silent_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.resolving, world.addresses = 0.0, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]

    async def answer(address: str) -> None:
        await asyncio.sleep(3600 if address != "192.0.2.3" else 0.25)

    world.answer = answer
    world.asker.follow(HOST)
    await world.asker.ask()
    assert world.up() == 1
    assert world.calls == [(0.0, "192.0.2.1"), (1.0, "192.0.2.2"), (2.0, "192.0.2.3")]


@in_virtual_time
async def test_a_look_up_that_hangs_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up takes up a thread that the exchange's names need too."""
    world = World(monkeypatch)
    world.resolving = 100.0
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(99)
        assert len(world.look_ups) == 1
        world.resolving = 0.25
        await asyncio.sleep(30)
        assert world.up() == 1
    assert world.failures()["timeout"] == 7
    assert world.failures()["dns"] == 0


@in_virtual_time
async def test_a_look_up_goes_on_no_longer_than_the_asker(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.resolving = 100.0
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(5)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_other_settings_are_followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(5)
        assert world.up() == 1
        world.asker.follow(SecondOpinion("other.test:53"))
        assert (world.asker.opinion, world.up()) == (Opinion("other.test:53"), None)
        await asyncio.sleep(1)
        assert (world.look_ups[-1], world.up()) == (("other.test", 53), 1)
        world.asker.follow(None)
        await asyncio.sleep(60)
    assert (world.asker.opinion, world.up(), len(world.look_ups)) == (None, None, 2)


@in_virtual_time
async def test_a_question_under_way_does_not_hold_up_other_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.answer = SILENT
    world.asker.follow(SecondOpinion("silent.test:1", every=Seconds(600), timeout=Seconds(600)))
    async with world.running():
        await asyncio.sleep(10)
        world.answer = takes(0.5)
        world.asker.follow(HOST)
        await asyncio.sleep(1)
        assert world.asker.opinion == Opinion(HOST.address, up=True, since=NOW + 10.75)
    assert sum(world.failures().values()) == 0


@in_virtual_time
async def test_an_answer_about_a_host_that_is_asked_no_more_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.answer = REFUSED
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(0.1)
        world.asker.follow(None)
        await asyncio.sleep(10)
    assert (world.asker.opinion, world.up(), world.log.lines) == (None, None, [])


@in_virtual_time
async def test_what_is_known_stays_if_the_host_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(5)
        known = world.asker.opinion
        world.asker.follow(SecondOpinion(HOST.address))
        await asyncio.sleep(5)
        assert len(world.calls) == 1, "nothing has changed"
        world.asker.follow(SecondOpinion(HOST.address, every=Seconds(60)))
        assert (world.asker.opinion, world.up()) == (known, 1)


@in_virtual_time
async def test_a_fault_of_ours_is_told_and_says_nothing_of_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch)
    world.answer = takes(0.0, RuntimeError("a bug"))
    world.asker.follow(HOST)
    async with world.running():
        await asyncio.sleep(5)
        assert world.asker.opinion == Opinion(HOST.address)
        assert world.log.told() == [("error", "uncaught_exception")]
        world.answer = takes(0.5)
        await asyncio.sleep(15)
    assert world.up() == 1


async def test_nothing_but_a_tcp_connection_happens() -> None:
    received: list[bytes] = []
    over = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())
        writer.close()
        over.set()

    board = FakeBoard()
    asker = Asker(board=board, log=FakeLog(), wall=lambda: NOW)
    async with await asyncio.start_server(listen, "127.0.0.2", 0) as server:
        asker.follow(SecondOpinion(f"127.0.0.2:{server.sockets[0].getsockname()[1]}"))
        await asker.ask()
        await over.wait()
    assert received == [b""]
    assert board.value(c.OPINION_UP.name) == 1
    assert asker.opinion is not None
    assert (asker.opinion.up, asker.opinion.since, asker.opinion.why) == (True, NOW, None)


async def test_a_port_that_nobody_listens_at_is_not_reached() -> None:
    asker = Asker(board=FakeBoard(), log=FakeLog(), wall=lambda: NOW)
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.2", 0))
        asker.follow(SecondOpinion(f"127.0.0.2:{taken.getsockname()[1]}"))
        await asker.ask()
    assert asker.opinion is not None
    assert (asker.opinion.up, asker.opinion.why) == (False, "no connection: Connection refused")
