"""Turns the record of an attempt into metrics; the logs live on the same record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.errors import Refused
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_monitor.exchange import Call, Endpoint
    from upbit_monitor.metrics.family import Board

_CODES: Final = frozenset(map(str, range(100, 600)))
_UNPROMISED: Final = (418, 429)
_SERVER_FAULT: Final = 500

_REFUSALS: Final[tuple[type[Refused], ...]] = (Refused, *Refused.__subclasses__())
_REFUSED: Final = frozenset(kind.reason for kind in _REFUSALS)
"""Reasons of a failure that say: the exchange answered with an error status."""
_NAMELESS: Final = frozenset(kind.__name__ for kind in _REFUSALS)
"""What a record calls the error of an answer whose body names none."""


class CallMetrics:
    """An observer of attempts. Its state: how many requests are on the wire."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._on_the_wire: Counter[tuple[str, str]] = Counter()

    def prepare(self, target: str, endpoints: Iterable[Endpoint[Any]]) -> None:
        """Create at 0 every series that can be known: ``increase`` misses one born at 1."""
        board = self._board
        board.declare(c.RESPONSES, c.EXCHANGE_ERRORS)
        for reason in c.HEADER_ERRORS_REASONS:
            board.count(c.HEADER_ERRORS, target, reason, by=0)
        for state in c.CONNECTION_STATES:
            board.count(c.CONNECTIONS, target, state, by=0)
        for endpoint in endpoints:
            name, group = endpoint.name, endpoint.group
            for family in (c.ATTEMPTS, c.RESPONSE_BYTES):
                board.count(family, target, name, by=0)
            for family, values in (
                (c.RESPONSES, c.CODES), (c.FAILURES, c.REASONS), (c.EXCHANGE_ERRORS, c.ERRORS),
            ):  # fmt: skip
                for value in values:
                    board.count(family, target, name, value, by=0)
            board.observe(c.REQUEST_DURATION, target, name, values=())
            for phase in c.PHASES:
                board.observe(c.PHASE_DURATION, target, name, phase, values=())
            board.put(c.IN_FLIGHT, target, name, value=0)
            for family in (c.REQUESTS, c.THROTTLED, c.BLOCKED):
                board.count(family, target, group, by=0)
            for family in (c.REMAINING_RATIO, c.WAIT_DURATION):
                board.observe(family, target, group, values=())

    def departed(self, target: str, endpoint: str, group: str) -> None:
        """A request is on the wire now."""
        self._board.count(c.ATTEMPTS, target, endpoint)
        self._board.count(c.REQUESTS, target, group)
        self._fly(target, endpoint, 1)

    def told(self, call: Call) -> None:
        """An attempt is over."""
        self._traffic(call)
        self._outcome(call)
        self._quota(call)

    def _fly(self, target: str, endpoint: str, by: int) -> None:
        self._on_the_wire[target, endpoint] += by
        self._board.put(c.IN_FLIGHT, target, endpoint, value=self._on_the_wire[target, endpoint])

    def _traffic(self, call: Call) -> None:
        board, target, endpoint = self._board, call.target, call.endpoint
        if call.sent:
            self._fly(target, endpoint, -1)
        if call.latency is not None:
            board.observe(
                c.REQUEST_DURATION, target, endpoint,
                values=(call.latency,), exemplar={"request_id": call.request_id},
            )  # fmt: skip
        for phase, seconds in call.phases.items():
            board.observe(c.PHASE_DURATION, target, endpoint, phase, values=(seconds,))
        if call.reused is not None:
            board.count(c.CONNECTIONS, target, "reused" if call.reused else "new")
        board.count(c.RESPONSE_BYTES, target, endpoint, by=call.size)

    def _outcome(self, call: Call) -> None:
        board, target, endpoint = self._board, call.target, call.endpoint
        if call.status is not None:
            code = board.fold(c.RESPONSES, str(call.status), _CODES)
            board.count(c.RESPONSES, target, endpoint, code)
        if call.failure is not None:
            board.count(c.FAILURES, target, endpoint, call.failure)
        if call.failure != "cancelled":
            # A cancelled attempt says nothing about the exchange.
            board.put(c.UP, target, endpoint, value=float(call.failure is None))
        if call.failure is None:
            board.put(c.LAST_SUCCESS, target, endpoint, value=call.at)
        elif call.failure in _REFUSED and call.error is not None:
            name = "none" if call.error in _NAMELESS else call.error
            error = board.fold(c.EXCHANGE_ERRORS, name, c.ERRORS)
            board.count(c.EXCHANGE_ERRORS, target, endpoint, error)

    def _quota(self, call: Call) -> None:
        board, target, group = self._board, call.target, call.group
        board.observe(c.WAIT_DURATION, target, group, values=(call.waited,))
        if call.status == 429:  # noqa: PLR2004 -- the number is the name
            board.count(c.THROTTLED, target, group)
        if call.status == 418:  # noqa: PLR2004 -- the number is the name
            board.count(c.BLOCKED, target, group)
        if call.remaining is not None:
            ratio = min(call.remaining.requests / call.limit, 1.0)
            board.observe(c.REMAINING_RATIO, target, group, values=(ratio,))
            board.put(c.REMAINING, target, group, value=call.remaining.requests)
            board.put(c.UPDATED, target, group, value=call.at)
        if call.header in c.HEADER_ERRORS_REASONS and _promised(call):
            board.count(c.HEADER_ERRORS, target, call.header)


def _promised(call: Call) -> bool:
    status = call.status or 0
    unpromised = status in _UNPROMISED or status >= _SERVER_FAULT
    return not (call.header == "missing" and unpromised)
