import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from upbit_monitor.exposition.door import Door

BRIEFLY = 0.1
"""Seconds that a connection may live where a test waits for its end."""

LONG = 3600.0
"""Longer than any test: a connection that ends sooner was ended by something else."""

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def greet(_: web.BaseRequest) -> web.StreamResponse:
    response = web.Response(text="hello")
    response.force_close()
    return response


class Watched(Door):
    """A door that tells when somebody came and when somebody went."""

    def __init__(self, answer: Answer, *, seconds: float, most: int = 64) -> None:
        super().__init__(answer, most_connections=most, connection_seconds=seconds)
        self.came: asyncio.Queue[None] = asyncio.Queue()
        self.went: asyncio.Queue[None] = asyncio.Queue()

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self.came.put_nowait(None)

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        self.went.put_nowait(None)


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[int]:
    """Listen on a free port for as long as the test runs."""
    listener = await asyncio.get_running_loop().create_server(door, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await door.close(0.0)


async def heard(reader: asyncio.StreamReader) -> bytes:
    """Everything until the connection ends, be it with a bang."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    "opening",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"\x16\x03\x01\x02"],
    ids=["silence", "half a line", "half a header", "TLS"],
)
async def test_whoever_does_not_finish_asking_is_dropped(opening: bytes) -> None:
    door = Watched(greet, seconds=BRIEFLY)
    async with opened(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(opening)
        assert b"hello" not in await heard(reader)
        writer.close()
        await door.went.get()


@asynccontextmanager
async def unread_answer(*, seconds: float) -> AsyncIterator[Watched]:
    """A client that asks for more than any socket buffers, and reads none of it."""
    asked = asyncio.Event()

    async def flood(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        response = web.Response(body=bytes(64 * 2**20))
        response.force_close()
        return response

    door = Watched(flood, seconds=seconds)
    async with opened(door) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asked.wait()
        yield door
        writer.transport.abort()


async def test_whoever_does_not_read_the_answer_is_dropped() -> None:
    async with unread_answer(seconds=BRIEFLY) as door:
        await door.went.get()


async def test_closing_does_not_wait_for_an_answer_to_be_read() -> None:
    async with unread_answer(seconds=LONG) as door:
        await door.close(0.02)
        await door.went.get()


async def test_when_the_room_is_full_the_oldest_goes_and_the_newest_is_served() -> None:
    door = Watched(greet, seconds=LONG, most=3)
    async with opened(door) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _ in idle:
            await door.came.get()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await heard(reader)).endswith(b"hello")
        assert await heard(idle[0][0]) == b""
        assert not idle[1][0].at_eof()
        for _, one in [*idle, (reader, writer)]:
            one.close()


async def test_a_connection_carries_one_request_and_is_forgotten() -> None:
    door = Watched(greet, seconds=LONG)
    async with opened(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        answer = await heard(reader)
        assert answer.count(b"hello") == 1
        assert b"Connection: close" in answer
        writer.close()
        await door.went.get()


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100 + b"\r\n",
    ],
    ids=["a long line", "a long field", "many fields"],
)
async def test_a_request_beyond_the_limits_is_refused_and_is_no_news(
    request_head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    door = Watched(greet, seconds=LONG)
    async with opened(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_head)
        assert (await heard(reader)).startswith(b"HTTP/1.0 400")
        writer.close()
        await door.went.get()
    assert not caplog.records


async def test_a_fault_of_ours_is_logged_and_told_without_its_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(_: web.BaseRequest) -> web.StreamResponse:
        raise ZeroDivisionError("the details")

    door = Watched(fail, seconds=LONG)
    async with opened(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = await heard(reader)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"details" not in answer
    assert "the details" in caplog.text


async def test_closing_does_not_wait_for_an_answer_that_never_comes() -> None:
    asked = asyncio.Event()

    async def hang(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        never: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
        return await never

    door = Door(hang, connection_seconds=LONG)
    async with opened(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asked.wait()
        await door.close(0.02)
        assert await heard(reader) == b""
        writer.close()
