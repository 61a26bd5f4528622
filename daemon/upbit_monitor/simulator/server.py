"""The simulated exchange over HTTP, with the faults that only a socket can show.

A request counts the moment it has arrived, before any delay: what the ledger says is what was
received, not what was answered.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from aiohttp import web

from .control import PREFIX, control
from .messages import Arrival, Headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exchange import SimulatedExchange
    from .messages import Reply

# The exchange, not the HTTP library, decides what is too long.
_LONGEST_LINE = 1 << 20
# Close at once and send a reset, whatever is still unsent.
_NO_LINGER = struct.pack("ii", 1, 0)


class SimulatorServer:
    """Serves one exchange. Its state is the listening socket and the connections to be dropped.

    `wall` tells the time in epoch seconds.
    """

    def __init__(
        self, exchange: SimulatedExchange, *, wall: Callable[[], float] = time.time
    ) -> None:
        self.exchange = exchange
        self._wall = wall
        self._doomed: WeakSet[asyncio.Transport] = WeakSet()
        app = web.Application()
        app.router.add_route("*", "/{target:.*}", self._handle)
        app.on_response_prepare.append(_unsigned)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            max_line_size=_LONGEST_LINE,
            shutdown_timeout=0.01,  # a hanging request would never end by itself; 0 means for ever
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end. Raises IndexError before `start`."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError.

        The control plane has no lock: an address beyond loopback gives everyone the knobs.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Close the socket and every connection."""
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.raw_path.startswith(PREFIX):
            self.exchange.advance(self._wall())
            status, text = control(self.exchange, request.method, request.path, body)
            return web.Response(status=status, body=text, content_type="application/json")
        arrival = Arrival(
            method=request.method,
            target=request.raw_path,
            headers=Headers({name: request.headers[name] for name in request.headers}),
            body=body,
            ip=request.remote or "",
        )
        if request.transport in self._doomed:
            self.exchange.lose(arrival)
            return _reset(request)
        reply = self.exchange.answer(arrival, self._wall())
        await asyncio.sleep(reply.delay_seconds)
        return await self._sent(request, reply)

    async def _sent(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        match reply.fault:
            case "hang":
                await asyncio.Event().wait()
            case "reset":
                return _reset(request)
            case "reset_mid_body":
                return await _broken_off(request, reply)
            case "drop_keepalive" if request.transport is not None:
                self._doomed.add(request.transport)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


async def _unsigned(_: web.Request, response: web.StreamResponse) -> None:
    """Take off what the HTTP library signs with; no recorded answer names a server."""
    response.headers.popall("Server", None)


def _reset(request: web.Request) -> web.StreamResponse:
    """Reset the connection. The answer is for the library only: it can no longer be sent."""
    if request.transport is not None:
        raw: socket.socket = request.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        request.transport.abort()
    return web.Response()


async def _broken_off(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2])
    _reset(request)
    return response
