"""One event for each attempt at the exchange; a long outage is told once, counted, and ended.

The first failure of an endpoint is a warning; what repeats it is only counted, at ``debug``,
until the first valid answer tells how many and for how long. A kind of failure that this outage
has not seen yet is a warning again. (Every *change* of kind was tried first: an endpoint that
alternates between two kinds then warns at every attempt.) A 418 is never quiet: the limiter
makes it rare, and each one lengthens the lock-out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from upbit_monitor.logs.vocabulary import Event

if TYPE_CHECKING:
    from upbit_monitor.exchange import Call
    from upbit_monitor.logs.vocabulary import Logger

_BLOCKED: Final = 418
_LONGEST_QUERY: Final = 120
_EVENTS: Final = {429: Event.REQUEST_THROTTLED, _BLOCKED: Event.REQUEST_BLOCKED}


@dataclass(slots=True)
class _Outage:
    """The failures of one endpoint since its last valid answer."""

    since: float
    failures: int = 0
    kinds: set[str] = field(default_factory=set)


class CallLog:
    """Observes attempts and logs them. Successes go to ``debug``, or to ``info`` if asked.

    Its state: the outage that each (target, endpoint) is in. Both are closed sets, so is it.
    """

    def __init__(self, log: Logger, *, successes_at_info: bool = False) -> None:
        self._log = log
        self._succeeded = log.info if successes_at_info else log.debug
        self._outages: dict[tuple[str, str], _Outage] = {}

    def departed(self, target: str, endpoint: str, group: str) -> None:
        """Nothing to log: an attempt is told when it is over."""

    def told(self, call: Call) -> None:
        """Log an attempt."""
        if call.failure is None:
            self._success(call)
        elif call.failure == "cancelled":  # our own doing: it neither begins nor ends an outage
            self._log.debug(Event.REQUEST_CANCELLED, **_fields(call))
        else:
            self._failure(call, call.failure)

    def _success(self, call: Call) -> None:
        outage = self._outages.pop((call.target, call.endpoint), None)
        if outage is None:
            self._succeeded(Event.REQUEST_SUCCEEDED, **_fields(call))
            return
        self._log.info(
            Event.REQUEST_RECOVERED,
            **_fields(call),
            failures=outage.failures,
            down_seconds=round(max(call.at - outage.since, 0.0), 3),  # the wall clock may step
        )

    def _failure(self, call: Call, kind: str) -> None:
        outage = self._outages.setdefault((call.target, call.endpoint), _Outage(call.at))
        outage.failures += 1
        speak = self._log.debug if kind in outage.kinds else self._log.warning
        if call.status == _BLOCKED:
            speak = self._log.error
        outage.kinds.add(kind)
        event = _EVENTS.get(call.status or 0, Event.REQUEST_FAILED)
        speak(event, **_fields(call), failures=outage.failures)


def _fields(call: Call) -> dict[str, object]:
    """Give the fields of a line; what an attempt did not reach, or has not got, is left out."""
    fields = {
        "target": call.target,
        "poll": call.poll,
        "endpoint": call.endpoint,
        "group": call.group,
        "query": _short(call.query) or None,
        "request_id": call.request_id,
        "status": call.status,
        "latency_ms": None if call.latency is None else _milliseconds(call.latency),
        "waited_ms": _milliseconds(call.waited),
        "remaining": call.remaining.requests if call.remaining else None,
        "failure": call.failure,
        "error": call.error,
        "message": call.message,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _short(query: str) -> str:
    """Cut a query that names a hundred markets: each line of a sweep would have them all."""
    if len(query) <= _LONGEST_QUERY:
        return query
    return f"{query[:_LONGEST_QUERY]}… ({len(query)} characters)"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
