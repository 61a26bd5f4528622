"""One play: fifty who always want more, a network, the exchange, and the limiter on trial."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from bench.limiter.contender import Quota
from bench.limiter.exchange import GROUP, Exchange
from bench.limiter.guard import GuardedLoop, Stalled
from bench.limiter.scenario import way

if TYPE_CHECKING:
    from bench.limiter.contender import Contender, Entry, Reply
    from bench.limiter.scenario import Scenario

TIMEOUT: Final = 5.0
"""Seconds after which a caller gives an answer up. What is not lost never takes so long."""


@runtime_checkable
class Watchful(Protocol):
    """A contender that tells how many requests of strangers it says it saw."""

    @property
    def foreign(self) -> int:
        """Requests of strangers; a lower bound."""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one play."""

    sent: int
    admitted: int
    refused: int
    """Answers with 429."""
    knocks: int
    """Answers with 418: requests sent although we were blocked."""
    blocks: int
    strangers_admitted: int
    waits: tuple[float, ...]
    """Seconds between asking and being let go, in order of size.

    Those still waiting at the end have waited until then: else the limiter that lets nobody go
    would be the quickest.
    """
    round_trip: float
    """Mean, seconds."""
    foreign: int | None = None
    """Strangers' requests that the limiter says it saw, if it says."""
    failure: str = ""
    """Why the play ended early: it stalled, or the limiter crashed. Empty if it did not."""
    cpu: float = field(default=0.0, compare=False)
    """Seconds of CPU that the play took, the judge's own part included; no other run repeats it."""


class _Play:
    """A play while it lasts. Its state: the exchange, and what the callers went through."""

    def __init__(self, scenario: Scenario, entry: Entry) -> None:
        self.scenario = scenario
        self.entry = entry
        self.failure = ""
        self._exchange = Exchange(scenario)
        self._ways = scenario.dice("ways")
        self._foreign: int | None = None
        self._sent = 0
        self._waiting: dict[int, float] = {}
        self._waits: list[float] = []
        self._round_trips: list[float] = []
        self._is_over = False
        self._began = time.process_time()

    async def run(self) -> None:
        """Let the callers call until the end, or until the limiter crashes."""
        scenario = self.scenario
        asyncio.get_running_loop().set_exception_handler(self._note)
        quota = Quota(GROUP, scenario.limit, scenario.period)
        try:
            contender = self.entry.make(quota, scenario.dice("limiter"))
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the limiter's
            self._crash(error)
            return
        # Some are slow to import, once; that is no price of a permit.
        self._began = time.process_time()
        callers = [
            asyncio.create_task(self._call(contender, name)) for name in range(scenario.callers)
        ]
        crashed, _ = await asyncio.wait(
            callers, timeout=scenario.seconds, return_when=asyncio.FIRST_EXCEPTION
        )
        self._is_over = True
        if isinstance(contender, Watchful):
            self._foreign = contender.foreign
        for caller in crashed:
            self._crash(caller.exception())

    def score(self) -> Score:
        """Sum up."""
        cpu = time.process_time() - self._began
        exchange, end = self._exchange, self.scenario.seconds
        exchange.advance(end)
        return Score(
            sent=self._sent,
            admitted=exchange.admitted,
            refused=exchange.refused,
            knocks=exchange.knocks,
            blocks=exchange.blocks,
            strangers_admitted=exchange.strangers_admitted,
            waits=tuple(sorted([*self._waits, *(end - at for at in self._waiting.values())])),
            round_trip=sum(self._round_trips) / max(len(self._round_trips), 1),
            foreign=self._foreign,
            failure=self.failure,
            cpu=cpu,
        )

    async def _call(self, contender: Contender, name: int) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_over:
            asked_at = self._waiting[name] = loop.time()
            async with contender.turn() as turn:
                departed_at = loop.time()
                del self._waiting[name]
                self._waits.append(departed_at - asked_at)
                reply = await self._ask()
                if reply is not None:
                    self._round_trips.append(loop.time() - departed_at)
                turn.answered(reply)

    async def _ask(self) -> Reply | None:
        """Carry a request to the exchange and its answer back; ``None`` if either is lost."""
        loop = asyncio.get_running_loop()
        self._sent += 1
        gives_up_at = loop.time() + TIMEOUT
        there = way(self.scenario, self._ways)
        if there is not None:
            await asyncio.sleep(there)
            reply = self._exchange.receive(loop.time())
            back = way(self.scenario, self._ways)
            if back is not None:
                await asyncio.sleep(back)
                return reply
        await asyncio.sleep(gives_up_at - loop.time())
        return None

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # A task of the library's own that dies tells so only when it is forgotten: of that the
        # figures must tell. A callback tells at once.
        if "handle" in context and not self._is_over:
            self._crash(context.get("exception"))

    def _crash(self, error: BaseException | None) -> None:
        if error is not None and not self.failure:
            self.failure = f"crashed: {type(error).__name__}"


def play(scenario: Scenario, entry: Entry) -> Score:
    """Play a scenario to its end in virtual time. A limiter that stalls or crashes ends it."""
    the_play, loop = _Play(scenario, entry), GuardedLoop()
    with suppress(Stalled), asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            runner.run(the_play.run())
        except Stalled as stall:
            the_play.failure = f"stalled {stall}"
            loop.pardon()
    return the_play.score()
