"""One configuration in force: its connections, its clients and its pollers."""

from __future__ import annotations

import math
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Self

from upbit_monitor.app.plan import plan, rates_of
from upbit_monitor.app.scopes import key_id_of
from upbit_monitor.app.way import Way
from upbit_monitor.exchange import REGIONS, ExchangeClient, HttpTransport, TokenSigner
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.poller import Poller
from upbit_monitor.polls import POLLS, Context, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from upbit_monitor.config import Settings, Target
    from upbit_monitor.exchange import Observer, Transport
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board, CallMetrics
    from upbit_monitor.quota import RateLimiter

_ONE_WINDOW: Final = 1.0
"""Seconds that a request may wait at least: in less, no permit could ever come in time."""


def _http(target: Target) -> HttpTransport:
    return HttpTransport(target.base_url, timeouts=target.timeouts)


class Watch:
    """What is watched.

    Its state: the open connections, the pollers made from settings, and what is known of the way
    to each target.

    Leaving the context closes the connections; the pollers must be at rest by then.
    """

    def __init__(  # noqa: PLR0913 -- everything meets here
        self,
        settings: Settings,
        *,
        limiters: Mapping[str, tuple[RateLimiter, ...]],
        board: Board,
        calls: CallMetrics,
        observers: tuple[Observer, ...],
        logger: Callable[..., Logger],
        transport: Callable[[Target], AbstractAsyncContextManager[Transport]] = _http,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.limiters = limiters
        self.plan = plan(settings.targets.values())
        self.pollers: tuple[Poller, ...] = ()
        self.ways = {name: Way(name, board=board, wall=wall) for name in settings.targets}
        self._board = board
        self._calls = calls
        self._observers = observers
        self._logger = logger
        self._transport = transport
        self._wall = wall
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        pollers: list[Poller] = []
        async with AsyncExitStack() as stack:
            for target in self.settings.targets.values():
                transport = await stack.enter_async_context(self._transport(target))
                pollers.extend(self._pollers(target, transport))
            self._stack = stack.pop_all()
        self.pollers = tuple(pollers)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def show_clocks(self) -> None:
        """Show what is known now of the exchange's clocks."""
        for way in self.ways.values():
            way.show_clock()

    def _pollers(self, target: Target, transport: Transport) -> list[Poller]:
        endpoints = [end for name in target.polls for end in POLLS[name].endpoints]
        self._calls.prepare(target.name, endpoints)
        planned = rates_of(target.name, self.plan)
        rows: dict[tuple[str, ...], float] = {(group,): rate for group, rate in planned.items()}
        self._board.show(c.PLANNED, target.name, rows)
        listing = Listing(self._wall)
        return [self._poller(target, name, transport, listing) for name in target.polls]

    def _poller(self, target: Target, name: str, transport: Transport, listing: Listing) -> Poller:
        options: Any = target.polls[name]
        self._board.declare(*POLLS[name].families)
        public, *account = self.limiters[target.name]
        grace = _grace(options.every, target)
        questions = math.fsum(POLLS[name].requests(options, REGIONS[target.region]).values())
        log = self._logger(target=target.name, poll=name)
        context = Context(
            target=target.name,
            poll=name,
            region=REGIONS[target.region],
            board=self._board,
            log=log,
            listing=listing,
            key_id=key_id_of(target),
            wall=self._wall,
            exchange_time=self.ways[target.name].exchange_time,
        )
        return Poller(
            target=target.name,
            poll=POLLS[name](context, options),
            every=options.every,
            timeout=_run_timeout(grace, questions, target),
            grace=grace,
            exchange=ExchangeClient(
                target=target.name,
                poll=name,
                transport=transport,
                public=public,
                account=account[0] if account else None,
                signer=_signer(target),
                observers=(self.ways[target.name], *self._observers),
                # What is left of the run must do for the request, or a wait for the limiter
                # would end as a run without end. More questions are no reason to wait longer
                # for each.
                patience=max(min(options.every, grace - target.timeouts.total), _ONE_WINDOW),
                priority=POLLS[name].priority,
                wall=self._wall,
            ),
            board=self._board,
            log=log,
            wall=self._wall,
        )


def _grace(every: float, target: Target) -> float:
    """Give the seconds that a run may take beside its interval before what it shows is late."""
    return max(0.9 * every, 2 * target.timeouts.total)


def _run_timeout(grace: float, questions: float, target: Target) -> float:
    """Give the seconds that one run may take.

    A run is bounded, or a hung one would block its successors for ever. It may outlast its
    interval: then beats are skipped and counted. To cut it off there would spend the requests,
    hide the latency that is to be measured, and call a slow exchange a dead one. A run of many
    questions has the time of one attempt for each, and of one to wait in: the first that fails
    ends it anyway.
    """
    return max(grace, target.timeouts.total * (math.ceil(questions) + 1))


def _signer(target: Target) -> TokenSigner | None:
    if target.credentials is None:
        return None
    return TokenSigner(
        target.credentials.access_key.get_secret_value(),
        target.credentials.secret_key.get_secret_value(),
        algorithm=target.credentials.algorithm,
    )
