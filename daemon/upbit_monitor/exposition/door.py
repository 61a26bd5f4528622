"""Who may stay at the door: a bound on the number and on the life of connections.

One rule for every way of dawdling (no request, half a header, a body that trickles, an answer
that is not read, a peer that is gone): a connection lives for a fixed time and is then dropped,
whatever it does. Each connection carries one request, so that the rule cannot cut a later one
off; a scrape each 15 s does not need keep-alive.

When the room is full, the oldest goes. An answer takes milliseconds, so the oldest is the one that
dawdles; to refuse the newest would let 64 idle connections lock Prometheus out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MOST_CONNECTIONS: Final = 64
CONNECTION_SECONDS: Final = 30.0
"""Longer than any scrape timeout in use; Prometheus' default is 10 s."""

_LINE_BYTES: Final = 4096
_FIELD_BYTES: Final = 8190  # cookies of other services on the same host come along
_MOST_FIELDS: Final = 64
_LINGER_SECONDS: Final = 1.0  # for a body that nobody asked for

_LOG: Final = logging.getLogger(__name__)


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Keep malformed requests out of the log: else any stranger could fill it with tracebacks."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_LOG.addFilter(_is_our_fault)


class Door(web.Server):
    """An HTTP server whose state is the open connections, oldest first, and their deadlines."""

    def __init__(
        self,
        answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        most_connections: int = MOST_CONNECTIONS,
        connection_seconds: float = CONNECTION_SECONDS,
    ) -> None:
        """Take what answers a request. It must ask for the connection's end (force_close)."""
        super().__init__(
            answer,
            logger=_LOG,
            access_log=None,  # a scrape each 15 s is no news
            keepalive_timeout=0,  # the deadline rules
            lingering_time=_LINGER_SECONDS,
            max_line_size=_LINE_BYTES,
            max_field_size=_FIELD_BYTES,
            max_headers=_MOST_FIELDS,
        )
        self._most = most_connections
        self._seconds = connection_seconds
        self._open: dict[web.RequestHandler, tuple[asyncio.Transport, asyncio.TimerHandle]] = {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Let a connection in, for a while."""
        super().connection_made(handler, transport)
        if len(self._open) >= self._most:
            self._drop(next(iter(self._open)))
        deadline = asyncio.get_running_loop().call_later(self._seconds, self._drop, handler)
        self._open[handler] = (transport, deadline)

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Forget a connection that ended."""
        super().connection_lost(handler, exc)
        self._forget(handler)

    async def close(self, grace_seconds: float) -> None:
        """End every connection; answers under way get the grace, then are cut off."""
        self.pre_shutdown()
        await self.shutdown(grace_seconds / 2)  # it spends this twice: on the answer, on the task
        for handler in tuple(self._open):
            self._drop(handler)

    def _drop(self, handler: web.RequestHandler) -> None:
        transport, _ = self._open[handler]
        self._forget(handler)  # now, not when the loss is told: it makes room for the next
        transport.abort()

    def _forget(self, handler: web.RequestHandler) -> None:
        if handler in self._open:
            _, deadline = self._open.pop(handler)
            deadline.cancel()
