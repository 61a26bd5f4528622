"""The main road: wait, sign, send, settle, read, tell. Nothing happens behind its back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Final, TypeVar

from upbit_monitor.errors import ExchangeError, Refused, Withheld, refusal
from upbit_monitor.exchange.endpoint import explain
from upbit_monitor.exchange.penalty import pause
from upbit_monitor.exchange.skew import Dated
from upbit_monitor.exchange.wire import Call, Flight, Query, Request
from upbit_monitor.quota import Remaining

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_monitor.exchange.endpoint import Endpoint
    from upbit_monitor.exchange.signer import Signer
    from upbit_monitor.exchange.wire import Answer, Observer, Transport
    from upbit_monitor.quota import Permit, RateLimiter

T = TypeVar("T")

_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeClient:
    """Asks one target on behalf of one poll. The limiters are shared with whoever shares a quota.

    ``patience``: seconds that a request may wait for its permit. ``priority``: a lower number
    goes first in the same group.
    """

    target: str
    poll: str
    transport: Transport = field(repr=False)
    public: RateLimiter = field(repr=False)
    account: RateLimiter | None = field(default=None, repr=False)
    signer: Signer | None = field(default=None, repr=False)
    observers: tuple[Observer, ...] = field(default=(), repr=False)
    patience: float = 30.0
    priority: int = 0
    wall: Callable[[], float] = time.time

    async def get(self, endpoint: Endpoint[T], *params: tuple[str, str]) -> T:
        """Ask once, when the limiter allows it, and give the typed answer.

        Raises an ``ExchangeError``; its kind says what to do about it. Never asks twice.
        """
        query = Query(endpoint.path, params)
        limiter, signer = self._account_of(endpoint) if endpoint.private else (self.public, None)
        permit = limiter.permit(endpoint.group, patience=self.patience, priority=self.priority)
        async with permit:
            flight = Flight(lambda: self._departed(permit, endpoint))
            try:
                # Signed after the wait, so that the nonce is as young as its request.
                headers = {"Authorization": signer.authorization(query)} if signer else {}
                answer = await self._send(Request(query.sent, headers), flight, permit)
                value = _read(endpoint, answer)
            except Withheld:
                # Shut while the connection was made: no attempt, as if it had not been granted.
                raise
            except BaseException as error:
                self._tell(endpoint, query, permit, flight, error)
                raise
            self._tell(endpoint, query, permit, flight, None)
        return value

    def _account_of(self, endpoint: Endpoint[T]) -> tuple[RateLimiter, Signer]:
        if self.account is None or self.signer is None:
            message = f"{endpoint.path} needs a key, and target {self.target} has none"
            raise ValueError(message)
        return self.account, self.signer

    def _departed(self, permit: Permit, endpoint: Endpoint[T]) -> None:
        permit.departed()
        for observer in self.observers:
            observer.departed(self.target, endpoint.name, endpoint.group)

    async def _send(self, request: Request, flight: Flight, permit: Permit) -> Answer:
        """Send, and settle with whatever came: a 429 is one even if its body never ends."""
        body = b""
        try:
            answer = await self.transport.send(request, flight)
            body = answer.body
        finally:
            flight.ended_at = _now()
            if flight.status is not None:
                self._settle(permit, flight.status, flight.headers, body)
        return answer

    def _settle(self, permit: Permit, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Let the limiter learn from an answer, whatever it says."""
        remaining, _ = _remaining(headers, permit.group)
        if status not in (429, 418):
            permit.settle(remaining)
            return
        permit.correct(remaining)
        _, message = explain(body)
        seconds = pause(headers, message, self.wall(), body)
        if status == 429:  # noqa: PLR2004 -- the number is the name
            permit.refused(seconds)
        else:
            permit.blocked(seconds)

    def _tell(
        self,
        endpoint: Endpoint[T],
        query: Query,
        permit: Permit,
        flight: Flight,
        error: BaseException | None,
    ) -> None:
        if isinstance(error, ExchangeError):
            error.told = True
        remaining, header = None, "none"
        if flight.status is not None:
            remaining, header = _remaining(flight.headers, permit.group)
        call = Call(
            target=self.target,
            poll=self.poll,
            endpoint=endpoint.name,
            group=endpoint.group,
            query=query.signed,
            request_id=token_hex(8),
            at=self.wall(),
            waited=permit.waited,
            sent=flight.sent_at is not None,
            status=flight.status,
            latency=flight.latency,
            phases=dict(flight.phases),
            reused=flight.reused,
            remaining=remaining,
            header=header,
            limit=permit.limit,
            failure=None if error is None else _reason(error),
            error=None if error is None else _name(error),
            message=None if error is None else _message(error),
            size=flight.size,
            dated=Dated.read(flight.headers, flight.sent_at, flight.head_at),
            not_after=flight.not_after,
        )
        for observer in self.observers:
            observer.told(call)


def _read(endpoint: Endpoint[T], answer: Answer) -> T:
    if answer.status in _SUCCESS:
        return endpoint.read(answer.body)
    raise refusal(answer.status, *explain(answer.body))


def _remaining(headers: Mapping[str, str], group: str) -> tuple[Remaining | None, str]:
    """Read the header; say whether it is what the exchange promises for this group."""
    value = headers.get("Remaining-Req")
    if value is None:
        return None, "missing"
    remaining = Remaining.parse(value)
    if remaining is None:
        return None, "malformed"
    return remaining, "ok" if remaining.group == group else "unexpected_group"


def _reason(error: BaseException) -> str:
    if isinstance(error, ExchangeError):
        return error.reason
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "payload"


def _name(error: BaseException) -> str:
    return (isinstance(error, Refused) and error.name) or type(error).__name__


def _message(error: BaseException) -> str:
    return error.message if isinstance(error, Refused) else str(error)


def _now() -> float:
    return asyncio.get_running_loop().time()
