"""A server that says exactly what a test wants, byte by byte, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType


class Then(Enum):
    """What becomes of the connection after a reply."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Reply:
    """Parts of bytes, each after a pause in seconds, and then the fate of the connection."""

    parts: tuple[tuple[float, bytes], ...]
    then: Then = Then.KEEP


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came, and how many came before it on the same connection."""

    head: bytes
    earlier: int

    @property
    def line(self) -> bytes:
        """The request line."""
        return self.head.split(b"\r\n")[0]

    @property
    def target(self) -> str:
        """Path and query, as on the wire."""
        return self.line.split(b" ")[1].decode()

    @property
    def path(self) -> str:
        """The path, without its query."""
        return self.target.partition("?")[0]

    @property
    def headers(self) -> dict[str, str]:
        """Headers, with lower-case names. Fails if one is repeated."""
        lines = self.head.decode().removesuffix("\r\n\r\n").split("\r\n")[1:]
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs)
        return headers


def reply(*data: bytes, then: Then = Then.KEEP) -> Reply:
    """Give a reply without pauses."""
    return Reply(tuple((0.0, part) for part in data), then)


def http(body: bytes = b"[]", status: int = 200, *headers: str) -> bytes:
    """Give a whole and honest answer."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@dataclass
class Origin:
    """Its state: the requests received, and the tasks that serve connections."""

    answer: Callable[[Received], Reply]
    tls: ssl.SSLContext | None = None
    port: int = 0
    """Where it listens, once it does."""
    received: list[Received] = field(default_factory=list)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many were accepted."""
        return len(self._serving)

    async def drained(self) -> None:
        """Wait until every connection is over: then all that was sent has been received."""
        await asyncio.gather(*self._serving)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The other side may go away at any moment; that is what many tests are about.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            try:
                then = await self._converse(reader, writer)
                if then is Then.HANG:
                    await reader.read()
                elif then is Then.RESET:
                    _reset_on_close(writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Then:
        earlier = 0
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.received.append(Received(head, earlier))
            said = self.answer(self.received[-1])
            for pause, part in said.parts:
                await asyncio.sleep(pause)
                writer.write(part)
                await writer.drain()
            if said.then is not Then.KEEP:
                return said.then
            earlier += 1


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """Let the connection end with RST instead of FIN: it lingers for no time at all."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
