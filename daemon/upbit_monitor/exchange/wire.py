"""The values that cross the border: what is asked, what is answered, what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_monitor.exchange.skew import Dated
    from upbit_monitor.quota import Remaining


@dataclass(frozen=True, slots=True)
class Query:
    """A path and its parameters in order: the one source of what is sent and what is signed.

    The exchange hashes the query string *percent-decoded, in the order sent*. An array repeats
    its key with brackets: ``states[]=wait&states[]=watch``. (Exchange: document "Authentication".)
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def signed(self) -> str:
        """The form that is hashed: raw ``k=v`` joined by ``&``; empty without parameters."""
        return "&".join(f"{key}={value}" for key, value in self.params)

    @property
    def sent(self) -> str:
        """The request target: every reserved character percent-encoded, ``+`` and ``:`` too."""
        if not self.params:
            return self.path
        pairs = (f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in self.params)
        return f"{self.path}?{'&'.join(pairs)}"


@dataclass(frozen=True, slots=True)
class Request:
    """One GET, ready to leave: the target as it is on the wire, and headers beside the usual."""

    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, of any status. ``headers`` is looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Flight:
    """One attempt while it lasts.

    Its state: the moments reached so far, on the loop's clock in seconds, and the head of the
    answer once it is there. The transport writes it and the client reads it. It outlives a
    failure or a cancellation, so that even then it is known whether the request reached the wire
    and what came back: that is why it is not part of the answer.
    """

    __slots__ = (
        "_on_departure",
        "ended_at",
        "head_at",
        "headers",
        "not_after",
        "phases",
        "reused",
        "sent_at",
        "size",
        "status",
    )

    def __init__(self, on_departure: Callable[[], None]) -> None:
        self._on_departure = on_departure
        self.sent_at: float | None = None
        self.head_at: float | None = None
        self.ended_at: float | None = None
        self.phases: dict[str, float] = {}
        """Seconds in each phase passed: queue, resolve, connect, tls, processing, transfer."""
        self.reused: bool | None = None
        """Whether the connection had served an earlier request; ``None`` if none was had."""
        self.not_after: float | None = None
        """Unix time at which the certificate of a connection made for this attempt ends."""
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.size = 0
        """Bytes of the body read so far, decoded."""

    @property
    def latency(self) -> float | None:
        """Seconds from sending to the end, good or bad; ``None`` if never sent."""
        if self.sent_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.sent_at

    def departed(self, now: float) -> None:
        """Note that the request's headers go to the socket now.

        Raises ``Withheld`` if they must not: then the transport sends nothing.
        """
        if self.sent_at is None:
            self._on_departure()
            self.sent_at = now


class Transport(Protocol):
    """Sends a request once, and never silently twice."""

    async def send(self, request: Request, flight: Flight) -> Answer:
        """Send it and read the whole answer. Raises ``Unreachable`` or ``Unreadable``."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The record of one attempt, told once when it is over: metrics and logs both live on it."""

    target: str
    poll: str
    endpoint: str
    group: str
    query: str
    """The decoded query string, without the path. No secret is ever part of one."""
    request_id: str
    """Ours, 16 hexadecimal digits: the exchange sends none. Links a log line and an exemplar."""
    at: float
    """Unix time of the end."""
    waited: float
    """Seconds in the limiter."""
    sent: bool
    """Whether the request reached the wire. If not, the exchange knows nothing of it."""
    status: int | None
    latency: float | None
    """Seconds from sending to the last byte, or to the failure; ``None`` if never sent."""
    phases: Mapping[str, float]
    reused: bool | None
    """Whether its connection had served an earlier request; ``None`` if it got no connection."""
    remaining: Remaining | None
    header: str
    """The ``Remaining-Req`` header: ok, missing, malformed, unexpected_group; none if no answer."""
    limit: int
    """Requests a period that the limiter believed the group to have."""
    failure: str | None
    """timeout dns connect tls disconnect http_4xx http_5xx throttled blocked payload cancelled."""
    error: str | None
    """The exchange's own name of the error, else the class of ours."""
    message: str | None
    size: int
    dated: Dated | None = None
    """The answer's ``Date``; ``None`` if it proves nothing of the exchange's clock."""
    not_after: float | None = None
    """Unix time at which the peer's certificate ends, if a connection was made, with TLS."""


class Observer(Protocol):
    """Whoever wants to know of attempts. Must not raise, and must not wait."""

    def departed(self, target: str, endpoint: str, group: str) -> None:
        """A request is on the wire now; a ``told`` with ``sent`` will follow."""

    def told(self, call: Call) -> None:
        """An attempt is over."""
