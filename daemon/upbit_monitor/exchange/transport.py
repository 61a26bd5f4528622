"""Sockets: sends a request once, times its phases, maps aiohttp's errors to ours.

aiohttp by itself sends a GET a second time when a kept-alive connection turns out dead: the
same nonce twice, and a request that no limiter granted. It decides so by the type of the error,
so a middleware, its only one, turns the errors into ours before that decision is made. For the
same reason redirects are not followed: each would be one more request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from upbit_monitor import __version__
from upbit_monitor.errors import ExchangeError, Unreachable, Unreadable
from upbit_monitor.exchange.handshake import watched, watched_context
from upbit_monitor.exchange.wire import Answer

if TYPE_CHECKING:
    from types import SimpleNamespace, TracebackType

    from upbit_monitor.exchange.handshake import Handshake
    from upbit_monitor.exchange.wire import Flight, Request

_LARGEST_BODY: Final = 8 * 1024 * 1024
"""Bytes, decoded. The largest honest answer, 800 tickers, is below 1 MiB."""

_HEADERS: Final = {
    "Accept": "application/json",
    # Only what the exchange is documented to speak; nothing else needs to be decoded safely.
    "Accept-Encoding": "gzip",
    "User-Agent": f"upbit-monitor/{__version__}",
}
# No ``Origin``, ever: it moves a request into a group of one per ten seconds.


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to get a connection; between two reads; for the whole attempt."""

    connect: float = 3.0
    read: float = 5.0
    total: float = 10.0


class HttpTransport:
    """Connections to one base URL. Its state is aiohttp's session and the pool in it."""

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts = Timeouts(),
        largest_body: int = _LARGEST_BODY,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._largest_body = largest_body
        self._session = aiohttp.ClientSession(
            # The default resolver caches an address for 10 s: addresses of the exchange move.
            connector=aiohttp.TCPConnector(
                limit=32,
                ttl_dns_cache=10,
                keepalive_timeout=15,
                ssl=watched_context() if self._base_url.startswith("https:") else True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            middlewares=(_once,),
            timeout=aiohttp.ClientTimeout(
                total=timeouts.total, connect=timeouts.connect, sock_read=timeouts.read
            ),
            trace_configs=[_tracing()],
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(self, request: Request, flight: Flight) -> Answer:
        """Send a GET once and read its whole answer, whatever its status.

        Raises ``Unreachable``, or ``Unreadable`` if the answer is no HTTP or too large.
        """
        try:
            with watched() as handshake:
                return await self._answer(request, flight, handshake)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _ours(error) from error

    async def _answer(self, request: Request, flight: Flight, handshake: Handshake) -> Answer:
        async with self._session.get(
            # ``encoded``: what was signed is what goes out, to the byte.
            URL(self._base_url + request.target, encoded=True),
            headers=request.headers,
            allow_redirects=False,
            trace_request_ctx=(flight, handshake),
        ) as response:
            flight.head_at = head_at = _now()
            flight.status, flight.headers = response.status, response.headers
            if flight.sent_at is not None:
                flight.phases["processing"] = head_at - flight.sent_at
            body = await self._body(response.content, flight)
            flight.phases["transfer"] = _now() - head_at
            return Answer(response.status, response.headers, body)

    async def _body(self, content: aiohttp.StreamReader, flight: Flight) -> bytes:
        body = bytearray()
        async for chunk in content.iter_any():
            body += chunk
            flight.size = len(body)
            if len(body) > self._largest_body:
                # The rest is not read: aiohttp closes a connection that is left in mid-body.
                raise Unreadable(f"the body is larger than {self._largest_body} bytes")
        return bytes(body)


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ours(error) from error


def _ours(error: Exception) -> ExchangeError:
    """Map a foreign error by its type. The text of ours holds no URL: it is logged."""
    reason = "disconnect"
    match error:
        case aiohttp.ClientResponseError():
            return Unreadable(
                f"the answer is no valid HTTP: {' '.join(error.message.split())}"[:200]
            )
        case aiohttp.ClientPayloadError(__cause__=ContentEncodingError()):
            return Unreadable("the body is not compressed as its head says")
        case aiohttp.ConnectionTimeoutError():
            reason, detail = "timeout", "no connection in time"
        case TimeoutError():
            reason, detail = "timeout", "no whole answer in time"
        case aiohttp.ClientConnectorDNSError():
            reason, detail = "dns", f"the host's name cannot be resolved: {error.os_error}"
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            reason, detail = "tls", f"the TLS handshake failed: {error}"
        case aiohttp.ClientConnectorError():
            reason, detail = "connect", f"no connection: {error.os_error}"
        case aiohttp.ClientPayloadError():
            detail = "the connection ended in the middle of the answer"
        case _:
            detail = f"the connection was lost: {type(error).__name__}"
    return Unreachable(reason, detail)


def _tracing() -> aiohttp.TraceConfig:
    """Let aiohttp tell a ``Flight`` of its phases. Signals come in the order listed here."""

    async def queued(_: object, clock: SimpleNamespace, __: object) -> None:
        clock.queued = _now()

    async def left_queue(_: object, clock: SimpleNamespace, __: object) -> None:
        _flight(clock).phases["queue"] = _now() - clock.queued

    async def resolving(_: object, clock: SimpleNamespace, __: object) -> None:
        clock.resolving = _now()

    async def resolved(_: object, clock: SimpleNamespace, __: object) -> None:
        _flight(clock).phases["resolve"] = _now() - clock.resolving

    async def connecting(_: object, clock: SimpleNamespace, __: object) -> None:
        clock.connecting = _now()

    async def connected(_: object, clock: SimpleNamespace, __: object) -> None:
        flight, handshake, now = _flight(clock), _handshake(clock), _now()
        flight.reused = False
        reached = now if handshake.began_at is None else handshake.began_at
        if handshake.began_at is not None:
            flight.phases["tls"] = now - reached
            flight.not_after = handshake.not_after
        resolve = flight.phases.get("resolve", 0.0)
        flight.phases["connect"] = reached - clock.connecting - resolve

    async def reused(_: object, clock: SimpleNamespace, __: object) -> None:
        _flight(clock).reused = True

    async def sent(_: object, clock: SimpleNamespace, __: object) -> None:
        _flight(clock).departed(_now())

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_queued_start.append(queued)
    tracing.on_connection_queued_end.append(left_queue)
    tracing.on_connection_create_start.append(connecting)
    tracing.on_dns_resolvehost_start.append(resolving)
    tracing.on_dns_resolvehost_end.append(resolved)
    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(reused)
    tracing.on_request_headers_sent.append(sent)
    return tracing


def _flight(clock: SimpleNamespace) -> Flight:
    flight: Flight = clock.trace_request_ctx[0]
    return flight


def _handshake(clock: SimpleNamespace) -> Handshake:
    handshake: Handshake = clock.trace_request_ctx[1]
    return handshake


def _now() -> float:
    return asyncio.get_running_loop().time()
