"""Fakes of what the daemon's rooms are given: a log, a board, an exchange, a poll."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import msgspec
from prometheus_client import CollectorRegistry

from upbit_monitor.errors import ExchangeError
from upbit_monitor.metrics import Board
from upbit_monitor.polls import Poll

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from upbit_monitor.exchange import Answer, Endpoint, Flight, Request
    from upbit_monitor.metrics import Family
    from upbit_monitor.polls import Exchange

T = TypeVar("T")

NOW = 1_785_397_260.0
"""2026-07-30 07:41:00 UTC."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was told."""

    level: str
    event: str
    fields: dict[str, object]


class FakeLog:
    """Remembers what it is told, in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def debug(self, event: str, **fields: object) -> None:
        self.lines.append(Line("debug", str(event), fields))

    def info(self, event: str, **fields: object) -> None:
        self.lines.append(Line("info", str(event), fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append(Line("warning", str(event), fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(Line("error", str(event), fields))

    def exception(self, event: str, **fields: object) -> None:
        self.lines.append(Line("error", str(event), {"exc_info": True, **fields}))

    def told(self) -> list[tuple[str, str]]:
        """Give level and event of each line, and forget them all."""
        told = [(line.level, line.event) for line in self.lines]
        self.lines.clear()
        return told


@dataclass
class FakeExchange:
    """Answers by a function of path and parameters; remembers what it was asked.

    The function gives rows, or bytes as they are on the wire, or raises. All is decoded by the
    endpoint itself, so that a shape which the endpoint refuses is refused here too.
    """

    answer: Callable[[str, dict[str, list[str]]], Iterable[Any] | bytes]
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    async def get(self, endpoint: Endpoint[T], *params: tuple[str, str]) -> T:
        query: dict[str, list[str]] = {}
        for key, value in params:
            query.setdefault(key, []).append(value)
        self.asked.append((endpoint.path, query))
        answer = self.answer(endpoint.path, query)
        return endpoint.read(answer if isinstance(answer, bytes) else msgspec.json.encode(answer))


@dataclass
class FakeTransport:
    """Answers each request by a function, after a while. Its state: requests, and whether open."""

    answer: Callable[[str], Answer | ExchangeError]
    seconds: float = 0.05
    requests: list[Request] = field(default_factory=list)
    is_open: bool = False

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_open = False

    async def send(self, request: Request, flight: Flight) -> Answer:
        loop = asyncio.get_running_loop()
        flight.reused = bool(self.requests)
        self.requests.append(request)
        flight.departed(loop.time())
        await asyncio.sleep(self.seconds)
        answer = self.answer(request.target)
        if isinstance(answer, ExchangeError):
            raise answer
        flight.head_at = loop.time()
        flight.phases["processing"] = self.seconds
        flight.status, flight.headers = answer.status, answer.headers
        flight.size = len(answer.body)
        return answer


class FakeBoard(Board):
    """A board of its own, that can be asked what stands on it."""

    def __init__(self) -> None:
        super().__init__(CollectorRegistry(auto_describe=True))

    def value(self, name: str, **labels: str) -> float | None:
        """Give one sample's value; ``None`` if there is no such series."""
        return self.registry.get_sample_value(name, labels)

    def series(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """Give every sample of this name, by the values of these labels."""
        return {
            tuple(sample.labels[label] for label in labels): sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name
        }


class ScriptedPoll(Poll[None]):
    """Each run does what the script says next; without one left, it succeeds."""

    name: ClassVar[str] = "scripted"
    summary: ClassVar[str] = "A poll of the tests."
    private: ClassVar[bool] = False
    priority: ClassVar[int] = 0
    options: ClassVar[type[Any]] = object
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = ()
    families: ClassVar[tuple[Family, ...]] = ()

    def __init__(self, *script: Callable[[], Awaitable[None]]) -> None:
        # It shows nothing, and so needs no context.
        self.script = list(script)
        self.runs = 0

    async def run(self, _: Exchange) -> None:
        self.runs += 1
        if self.script:
            await self.script.pop(0)()


def fails(error: BaseException) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        raise error

    return run


def takes(seconds: float) -> Callable[[], Coroutine[Any, Any, None]]:
    return lambda: asyncio.sleep(seconds)
