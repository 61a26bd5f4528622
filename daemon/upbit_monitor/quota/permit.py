"""The right to send one request once, from the asking to the end of what became of it.

The client says what happens to its request; the permit hands it on to the ledger of the group, and
tells whoever listens what was decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, Self

from upbit_monitor.errors import Withheld
from upbit_monitor.quota.decision import Decision, Kind

if TYPE_CHECKING:
    from types import TracebackType

    from upbit_monitor.quota.decision import GroupState, Tell
    from upbit_monitor.quota.gate import Gate
    from upbit_monitor.quota.limiter import RateLimiter
    from upbit_monitor.quota.remaining import Remaining

_NEW: Final = 0
_UNSENT: Final = 1
_SENT: Final = 2
_ANSWERED: Final = 3


class Permit:
    """The right to send one request once.

    Its state: when the request departed by the ledger; how far it came: whether it reached the
    wire, and whether it was answered; and the header of its answer. ``async with`` waits for the
    grant; leaving the block lands the request, or refunds its slot if nothing was sent. Times are
    the loop's, in seconds.
    """

    __slots__ = (
        "_gate",
        "_heard",
        "_patience",
        "_priority",
        "_progress",
        "_scope",
        "asked_at",
        "taken_at",
    )

    asked_at: float
    """When it was asked for; known once the ``async with`` is entered."""
    taken_at: float
    """When its slot was taken; known once the permit is granted."""

    def __init__(self, scope: RateLimiter, gate: Gate, patience: float, priority: int) -> None:
        self._progress: Literal[0, 1, 2, 3] = _NEW
        self._heard: Remaining | None = None
        self._scope = scope
        self._gate = gate
        self._patience = patience
        self._priority = priority

    async def __aenter__(self) -> Self:
        if self._progress != _NEW:
            raise RuntimeError("a permit is for one request; ask for another")
        self._progress = _UNSENT
        now = self.asked_at = self._scope.clock()
        gate = self._gate
        if gate.is_free(now):
            gate.window.depart(now)
            self.taken_at = now
            if gate.tell is not None:
                self._tell(gate.tell, Kind.GRANTED, now, probe=gate.is_probing(now))
        else:
            await self._wait(gate, now)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        gate, now = self._gate, self._scope.clock()
        if self._progress == _ANSWERED:
            gate.window.land(self.taken_at, now)
        elif self._progress == _SENT:
            gate.window.lose(self.taken_at, now)
        else:
            gate.window.refund(self.taken_at, now)
        if gate.tell is not None and self._progress != _ANSWERED:
            self._tell(gate.tell, Kind.LOST if self._progress == _SENT else Kind.UNSENT, now)
        self._scope.moved(gate)

    @property
    def group(self) -> str:
        """The group that was asked for."""
        return self._gate.group

    @property
    def waited(self) -> float:
        """Seconds between asking and the grant."""
        return self.taken_at - self.asked_at

    @property
    def limit(self) -> int:
        """The believed limit of the group."""
        return self._gate.window.limit

    def departed(self) -> None:
        """Note that the request goes on the wire now: its slot is spent.

        Raises ``Withheld`` if the group was shut since the grant, while a connection was made:
        then the request must not go.
        """
        if self._gate.was_shut_since(self.taken_at):
            error = self._gate.withheld("blocked")
            self._turned_away(error, self._scope.clock())
            raise error
        self._progress = _SENT

    def settle(self, remaining: Remaining | None) -> None:
        """Note an answer that is no refusal, and what its header said."""
        gate, now = self._gate, self._scope.clock()
        self._progress = _ANSWERED
        # The header first: what it takes away must not be granted to those whom an answer wakes.
        if remaining is not None:
            self._heard = remaining
            gate.hear(remaining, self.taken_at, now)
        self._scope.accept(gate, self.taken_at, now)
        if gate.tell is not None:
            self._tell(gate.tell, Kind.ANSWERED, now)

    def correct(self, remaining: Remaining | None) -> None:
        """Learn from the header of an answer of any status."""
        if remaining is not None:
            self._heard = remaining
            self._gate.hear(remaining, self.taken_at, self._scope.clock())

    def refused(self, seconds: float | None) -> None:
        """Note a 429; ``seconds`` if the answer states how long to wait."""
        gate, tell, now = self._gate, self._scope.tell_refusal, self._scope.clock()
        believed = None if tell is None else gate.look(now)
        self._progress = _ANSWERED
        self._scope.refuse(gate, self.taken_at, seconds, now)
        if tell is not None:
            self._tell(tell, Kind.REFUSED, now, believed)

    def blocked(self, seconds: float | None) -> None:
        """Note a 418; ``seconds`` if the answer states how long it lasts."""
        gate, tell, now = self._gate, self._scope.tell_refusal, self._scope.clock()
        believed = None if tell is None else gate.look(now)
        self._progress = _ANSWERED
        self._scope.block(self.taken_at, seconds, now)
        if tell is not None:
            self._tell(tell, Kind.BLOCKED, now, believed)

    # Inside

    async def _wait(self, gate: Gate, now: float) -> None:
        """Wait for the grant, and tell of it."""
        why, ahead = "", 0
        if gate.tell is not None:
            why, ahead = gate.why(now), gate.ahead(now, self._priority)
        try:
            self.taken_at = await gate.enter(now, self._patience, self._priority)
        except Withheld as error:
            self._turned_away(error, self._scope.clock(), ahead)
            raise
        if gate.tell is not None:
            probe = gate.is_probing(self.taken_at)
            self._tell(gate.tell, Kind.GRANTED, self.taken_at, why=why, ahead=ahead, probe=probe)

    def _turned_away(self, error: Withheld, now: float, ahead: int = 0) -> None:
        self._scope.rejected[error.group, error.reason] += 1
        if self._gate.tell is not None:
            why = self._gate.why(now)
            self._tell(self._gate.tell, Kind.WITHHELD, now, why=why, ahead=ahead)

    def _tell(  # noqa: PLR0913 -- each is a fact of its own
        self,
        tell: Tell,
        kind: Kind,
        now: float,
        believed: GroupState | None = None,
        *,
        why: str = "",
        ahead: int = 0,
        probe: bool = False,
    ) -> None:
        heard, state = self._heard, self._gate.look(now)
        if believed is not None:
            state = replace(believed, left=state.left, shut_for=state.shut_for)
        decision = Decision(
            at=now,
            kind=kind,
            state=state,
            waited=(now if kind is Kind.WITHHELD else self.taken_at) - self.asked_at,
            why=why,
            ahead=ahead,
            probe=probe,
            left=heard.requests if heard and self._gate.means_us(heard.group) else None,
            called=None if heard is None else heard.group,
        )
        tell(decision)
