"""What the client is given in its tests: a transport with a script, an observer that remembers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from upbit_monitor.exchange import (
    Answer,
    Call,
    Endpoint,
    ExchangeClient,
    Flight,
    Query,
    Request,
)
from upbit_monitor.quota import QUOTATION, Quota, RateLimiter, Remaining, account

if TYPE_CHECKING:
    from upbit_monitor.quota import GroupState

Step: TypeAlias = Callable[[Request, Flight], Awaitable[Answer]]

WALL = 1_785_397_260.0
"""2026-07-30 07:41:00 UTC."""


class Row(msgspec.Struct):
    """One row of the endpoints below."""

    market: str


BODY = b'[{"market":"KRW-BTC"}]'
PUBLIC = Endpoint("market_all", "/v1/market/all", "market", list[Row], BODY)
TICKER = Endpoint("ticker", "/v1/ticker", "ticker", list[Row], BODY)
PRIVATE = Endpoint("orders_open", "/v1/orders/open", "default", list[Row], BODY, private=True)


OK = {"Remaining-Req": "group=market; min=600; sec=9"}

SUCCESS = Call(
    target="kr",
    poll="markets",
    endpoint="market_all",
    group="market",
    query="is_details=true",
    request_id="",
    at=WALL,
    waited=0.0,
    sent=True,
    status=200,
    latency=0.25,
    phases={"processing": 0.25},
    reused=True,
    remaining=Remaining("market", 9, 10),
    header="ok",
    limit=10,
    failure=None,
    error=None,
    message=None,
    size=len(BODY),
)
NEVER_SENT = replace(
    SUCCESS,
    sent=False,
    status=None,
    latency=None,
    phases={},
    reused=None,
    remaining=None,
    header="none",
    size=0,
)
NO_ANSWER = replace(NEVER_SENT, sent=True, latency=0.25)


class FakeTransport:
    """Takes one step of its script for each request. Its state: what was asked, and when."""

    def __init__(self, *script: Step) -> None:
        self.asked: list[tuple[float, Request]] = []
        self._script = list(script)

    async def send(self, request: Request, flight: Flight) -> Answer:
        """Take the next step."""
        self.asked.append((now(), request))
        return await self._script.pop(0)(request, flight)


def answers(
    status: int = 200,
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
    *,
    after: float = 0.25,
    connecting: float = 0.0,
) -> Step:
    """Answer wholly, ``after`` seconds on the wire; ``connecting`` takes seconds before."""

    async def step(_: Request, flight: Flight) -> Answer:
        await asyncio.sleep(connecting)
        flight.departed(now())
        await asyncio.sleep(after)
        _head(flight, status, headers, after)
        flight.size = len(body)
        return Answer(status, flight.headers, body)

    return step


def breaks(
    error: Exception,
    *,
    sent: bool,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    after: float = 0.25,
) -> Step:
    """Raise ``error`` after ``after`` seconds, on the wire or before, with the head or before."""

    async def step(_: Request, flight: Flight) -> Answer:
        if sent:
            flight.departed(now())
        await asyncio.sleep(after)
        if status is not None:
            _head(flight, status, headers, after)
        raise error

    return step


def _head(
    flight: Flight, status: int, headers: Mapping[str, str] | None, processing: float
) -> None:
    flight.status, flight.headers, flight.head_at = status, headers or {}, now()
    flight.phases["processing"] = processing
    flight.reused = True


class Tape:
    """An observer. Its state: all that it was told, in order."""

    def __init__(self, name: str = "", events: list[tuple[str, str]] | None = None) -> None:
        self.name = name
        self.events: list[tuple[str, str]] = [] if events is None else events
        self.calls: list[Call] = []
        self.groups: list[str] = []

    def departed(self, target: str, endpoint: str, group: str) -> None:
        """Remember a departure."""
        self.events.append((f"{self.name}departed", f"{target}/{endpoint}"))
        self.groups.append(group)

    def told(self, call: Call) -> None:
        """Remember an attempt."""
        self.events.append((f"{self.name}told", f"{call.target}/{call.endpoint}"))
        self.calls.append(call)


class FakeSigner:
    """Its state: when it signed what."""

    def __init__(self) -> None:
        self.signed: list[tuple[float, str]] = []

    def authorization(self, query: Query) -> str:
        """Give a token that tells how many were given before it."""
        self.signed.append((now(), query.signed))
        return f"Bearer token-{len(self.signed)}"


class Road:
    """A client on a scripted transport, with all that it touches."""

    def __init__(self, *script: Step, market: Quota = QUOTATION["market"]) -> None:
        self.transport = FakeTransport(*script)
        self.public = RateLimiter({**QUOTATION, "market": market}, dice=lambda: 0.0)
        self.account = RateLimiter(account("kr"))
        self.signer = FakeSigner()
        self.tape = Tape()
        self.client = ExchangeClient(
            target="kr",
            poll="markets",
            transport=self.transport,
            public=self.public,
            account=self.account,
            signer=self.signer,
            observers=(self.tape,),
            patience=10.0,
            wall=lambda: WALL,
        )

    async def get(self) -> list[Row]:
        """Ask once."""
        return await self.client.get(PUBLIC, ("is_details", "true"))

    @property
    def told(self) -> Call:
        """The one attempt that was told, without its random id."""
        (call,) = self.tape.calls
        assert re.fullmatch("[0-9a-f]{16}", call.request_id)
        return replace(call, request_id="")

    @property
    def free(self) -> int:
        """Slots of the group ``market`` that nobody holds."""
        market = state(self.public, "market")
        assert market.under_way == 0
        return market.budget - market.held


def state(limiter: RateLimiter, group: str) -> GroupState:
    """Tell what a limiter believes of a group now."""
    return next(state for state in limiter.look() if state.group == group)


def now() -> float:
    """Tell the loop's time, in seconds."""
    return asyncio.get_running_loop().time()
