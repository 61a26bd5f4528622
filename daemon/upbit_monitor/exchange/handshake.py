"""Sees a TLS handshake begin: the one moment of an attempt that aiohttp does not tell.

asyncio asks an ``SSLContext`` for an object with ``wrap_bio`` when the TCP connection stands and
the handshake is about to begin, in the task that asked for the connection. So a context can note
that moment, and leave the note where that task finds it.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Handshake:
    """The handshake of one attempt, if it comes to one. Its state: what the context noted.

    If one fails and another address is tried, it is the last one.
    """

    began_at: float | None = None
    """Seconds on the loop's clock."""
    tls: ssl.SSLObject | None = None

    @property
    def not_after(self) -> float | None:
        """Unix time at which the peer's certificate ends; ``None`` without one. Once it is over."""
        certificate = None if self.tls is None else self.tls.getpeercert()
        end = (certificate or {}).get("notAfter")
        try:
            return ssl.cert_time_to_seconds(end) if isinstance(end, str) else None
        except ValueError:  # a year that Python does not know
            return None


# Whatever waits on the connection keeps the context of its making, and so this note, as long as
# it lives. That is why it is small, and holds nothing of the request.
_here: ContextVar[Handshake | None] = ContextVar("handshake", default=None)


@contextmanager
def watched() -> Iterator[Handshake]:
    """Let a handshake that begins meanwhile, in this task, be noted."""
    handshake = Handshake()
    token = _here.set(handshake)
    try:
        yield handshake
    finally:
        _here.reset(token)


class WatchedContext(ssl.SSLContext):
    """A context that notes the handshakes that it is used for."""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 -- as it is inherited
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a handshake."""
        tls = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if (handshake := _here.get()) is not None:
            handshake.began_at, handshake.tls = asyncio.get_running_loop().time(), tls
        return tls


def watched_context() -> WatchedContext:
    """Make a context as strict as Python's own for clients, with the system's authorities.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name others, as OpenSSL reads them.
    """
    context = WatchedContext(ssl.PROTOCOL_TLS_CLIENT)  # requires a certificate, checks its name
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context
