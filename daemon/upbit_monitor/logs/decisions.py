"""What the limiter decided, as events: loud where the exchange refused what it had let go.

A 429 is a bug of ours or a stranger's doing. So each comes with the ledger of that moment, which
tells the one from the other, and is a warning: they are rare by design, and stop us by themselves.
Everything else is told at ``debug``, one event a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor.logs.vocabulary import Event
from upbit_monitor.quota import Kind

if TYPE_CHECKING:
    from upbit_monitor.logs.vocabulary import Logger
    from upbit_monitor.quota import Decision

_STATUS: Final = {Kind.REFUSED: 429, Kind.BLOCKED: 418}


class DecisionLog:
    """Listens to one limiter and logs what it is told."""

    def __init__(self, log: Logger) -> None:
        self._log = log

    def told(self, decision: Decision) -> None:
        """Log a decision."""
        status = _STATUS.get(decision.kind)
        if status is None:
            self._log.debug(Event.QUOTA_DECIDED, decision=decision.kind.value, **_fields(decision))
        else:
            cause = decision.cause
            self._log.warning(Event.QUOTA_REFUSED, status=status, cause=cause, **_fields(decision))


def _fields(decision: Decision) -> dict[str, object]:
    """Give the fields of a line; what does not apply is left out."""
    state = decision.state
    fields: dict[str, object] = {
        "group": state.group,
        "waited_ms": round(decision.waited * 1000, 3),
        "why": decision.why or None,
        "ahead": decision.ahead or None,
        "probe": decision.probe or None,
        "remaining": decision.left,
        "called": decision.called if decision.called != state.group else None,
        "limit": state.limit,
        "budget": state.budget,
        "held": state.held,
        "waiting": state.waiting,
        "foreign": state.foreign,
        "foreign_expected": round(state.expected, 3) if state.in_company else None,
        "pace": round(state.pace, 3) if state.in_company else None,
        "shut_for_seconds": round(state.shut_for, 3) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}
