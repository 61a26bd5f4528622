"""What the attempts at one target tell of the way to it: reached or not, certificate, clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from upbit_monitor.exchange import ExchangeClock
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.exchange import Call, Span
    from upbit_monitor.metrics import Board


class Way:
    """An observer of the attempts of all polls of one target.

    Its state: the exchange's clock as seen from here, when the certificate last shown ends (Unix
    seconds), and whether the last attempt got an answer; the last two are ``None`` until known.
    """

    def __init__(self, target: str, *, board: Board, wall: Callable[[], float]) -> None:
        self.not_after: float | None = None
        self.reachable: bool | None = None
        self._target = target
        self._board = board
        self._wall = wall
        self._clock = ExchangeClock()

    def departed(self, target: str, endpoint: str, group: str) -> None:
        """Nothing is known of the way yet."""

    def told(self, call: Call) -> None:
        """Learn from an attempt, before the poll sees its answer."""
        if call.not_after is not None:
            self.not_after = call.not_after
            self._board.put(c.CERTIFICATE_END, self._target, value=call.not_after)
        if call.status is not None or call.failure != "cancelled":
            self.reachable = call.status is not None
            self._board.put(c.REACHABLE, self._target, value=float(self.reachable))
        if call.dated is not None:
            self._clock.heard(call.dated)
            self.show_clock()

    def show_clock(self) -> None:
        """Show the skew as it is now: it grows uncertain by itself, and our clock may be set."""
        if (skew := self.skew()) is not None:
            self._board.put(c.CLOCK_SKEW, self._target, value=skew.middle)
            self._board.put(c.CLOCK_SKEW_UNCERTAINTY, self._target, value=skew.half_width)

    def skew(self) -> Span | None:
        """Give the seconds by which our clock is ahead of the exchange's, if anything is known."""
        return self._clock.skew(_now(), self._wall())

    def exchange_time(self) -> float:
        """Give Unix time by the exchange's clock: ours, unless the evidence contradicts it."""
        return self._clock.put_right(_now(), self._wall())


def _now() -> float:
    return asyncio.get_running_loop().time()
