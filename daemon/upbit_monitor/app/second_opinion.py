"""Asks a host beside the exchange, to tell "the exchange is down" from "we are offline".

To ask is to resolve its name, to open a TCP connection and to close it. Nothing is ever sent.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from upbit_monitor.exposition import Opinion
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_monitor.config import SecondOpinion
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board

    Place: TypeAlias = tuple[int, int, int, str, Any]
    """What ``getaddrinfo`` gives: family, type, protocol, name, address."""

_UNREACHED: Final = "no connection in time"


class NotReached(Exception):
    """The host was not reached: ``reason`` is one of ``OPINION_FAILURES``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Asker:
    """Asks one host at intervals, for as long as the settings name one.

    Its state: whom to ask, what it found, the time limit of the question that is being asked, and a
    look-up of the name that may still be going on.
    """

    def __init__(self, *, board: Board, log: Logger, wall: Callable[[], float]) -> None:
        self.opinion: Opinion | None = None
        """What was found; ``None`` if nobody is to be asked."""
        self._board = board
        self._log = log
        self._wall = wall
        self._wanted: SecondOpinion | None = None
        self._changed = asyncio.Event()
        self._limit: asyncio.Timeout | None = None
        self._look_up: asyncio.Task[Sequence[Place]] | None = None

    def follow(self, wanted: SecondOpinion | None) -> None:
        """Ask this host from now on, or nobody. What is known of the same one stays."""
        if wanted == self._wanted:
            return
        if wanted is None or self.opinion is None or self.opinion.address != wanted.address:
            self.opinion = None if wanted is None else Opinion(wanted.address)
            self._board.show(c.OPINION_UP, None, {})
        if wanted is not None:
            self._prepare()
        self._wanted = wanted
        self._changed.set()
        if self._limit is not None and not self._limit.expired():
            # Who is being asked now is of no interest any more.
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Ask for ever, at once and then at each interval."""
        clock = asyncio.get_running_loop().time
        try:
            while True:
                self._changed.clear()
                due = None if self._wanted is None else clock() + self._wanted.every
                await self.ask()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        await self._changed.wait()
        finally:
            self.close()

    def close(self) -> None:
        """Give up a look-up that goes on."""
        if self._look_up is not None:
            self._look_up.cancel()

    async def ask(self) -> None:
        """Ask once, and show what came of it. It takes no longer than the settings allow.

        Nothing stops for a fault of ours: it is told, and says nothing of the network.
        """
        if (asked := self._wanted) is None:
            return
        failure = None
        try:
            async with asyncio.timeout(asked.timeout) as limit:
                self._limit = limit
                try:
                    await self._reach(asked)
                finally:
                    self._limit = None
        except TimeoutError:
            failure = NotReached("timeout", _UNREACHED)
        except NotReached as error:
            failure = error
        except Exception:  # noqa: BLE001 -- a fault of ours, and nothing else is to end for it
            self._log.exception(Event.UNCAUGHT_EXCEPTION)
            return
        if asked is self._wanted:  # else the answer is about somebody whom nobody asks any more
            self._found(failure)

    async def _reach(self, asked: SecondOpinion) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            places = await self._resolve(asked)
        except (OSError, ValueError) as error:  # a name may be none, as IDNA sees it
            raise NotReached("dns", f"the host's name cannot be resolved: {error}") from error
        resolved = clock()
        self._took("resolve", resolved - began)
        await _connect(places, within=asked.timeout - (resolved - began))
        self._took("connect", clock() - resolved)

    async def _resolve(self, asked: SecondOpinion) -> Sequence[Place]:
        """Look the name up in a thread, which cannot be cancelled, so one at a time.

        The exchange's names are looked up by the same few threads: a resolver that hangs must
        not find them all taken up by this.
        """
        if self._look_up is not None and not self._look_up.done():
            with suppress(OSError, ValueError):
                await asyncio.shield(self._look_up)
        look_up = asyncio.get_running_loop().getaddrinfo(
            asked.host, asked.port, type=socket.SOCK_STREAM
        )
        self._look_up = asyncio.ensure_future(look_up)
        self._look_up.add_done_callback(_heard)
        return await asyncio.shield(self._look_up)

    def _prepare(self) -> None:
        for phase in c.OPINION_PHASES:
            self._board.observe(c.OPINION_DURATION, None, phase, values=())
        for reason in c.OPINION_FAILURES:
            self._board.count(c.OPINION_FAILED, None, reason, by=0)

    def _took(self, phase: str, seconds: float) -> None:
        self._board.observe(c.OPINION_DURATION, None, phase, values=(seconds,))

    def _found(self, failure: NotReached | None) -> None:
        up = failure is None
        why = None if failure is None else str(failure)
        if failure is not None:
            self._board.count(c.OPINION_FAILED, None, failure.reason)
        self._board.put(c.OPINION_UP, None, value=float(up))
        before = self.opinion
        if before is None:
            return
        if before.up == up:
            self.opinion = replace(before, why=why)
            return
        self.opinion = Opinion(before.address, up, self._wall(), why)
        if not up:
            self._log.warning(Event.SECOND_OPINION_LOST, address=before.address, error=why)
        elif before.since is not None:
            down = max(self._wall() - before.since, 0.0)
            self._log.info(
                Event.SECOND_OPINION_BACK, address=before.address, down_seconds=round(down, 3)
            )


async def _connect(places: Sequence[Place], *, within: float) -> None:
    """Connect to one of these places and hang up. Raises ``NotReached``.

    They are tried in order. One that is silent must leave time for those after it, so each but
    the last has an equal part of what is left.
    """
    end = asyncio.get_running_loop().time() + within
    failure = NotReached("connect", "the host has no address")
    for number, place in enumerate(places):
        left = end - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(left / (len(places) - number)):
                await _knock(place)
        except TimeoutError:
            failure = NotReached("timeout", _UNREACHED)
        except OSError as error:
            # asyncio's own text is about its call.
            why = os.strerror(error.errno) if error.errno else str(error)
            failure = NotReached("connect", f"no connection: {why}")
        else:
            return
    raise failure


async def _knock(place: Place) -> None:
    family, kind, protocol, _, address = place
    with socket.socket(family, kind, protocol) as door:
        door.settimeout(0)
        await asyncio.get_running_loop().sock_connect(door, address)


def _heard(look_up: asyncio.Future[Any]) -> None:
    """Take note of how it ended: nobody may be waiting for it any more."""
    if not look_up.cancelled():
        look_up.exception()
