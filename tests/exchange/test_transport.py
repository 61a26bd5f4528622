"""The transport against a real server: what goes out, what comes back, and how long it took."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING
from urllib.parse import unquote

import aiohttp
import pytest

from tests.exchange.origin import Origin, Received, Reply, Then, http, reply
from upbit_monitor import __version__
from upbit_monitor.errors import Unreachable, Unreadable
from upbit_monitor.exchange import Answer, Flight, HttpTransport, Query, Request, Timeouts

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_monitor.errors import ExchangeError

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

SHORT = Timeouts(connect=5.0, read=0.1, total=5.0)
"""For servers that hang: only the wait for bytes is short, so that a slow machine fails nothing."""


def flight() -> Flight:
    return Flight(lambda: None)


async def send(transport: HttpTransport, target: str = "/v1/x", **headers: str) -> Answer:
    return await transport.send(Request(target, headers), flight())


async def failure(
    answer: Reply, timeouts: Timeouts = SHORT, largest_body: int = 1000
) -> tuple[ExchangeError, Flight]:
    """Give the error that one request fails with."""
    gone = flight()
    async with (
        Origin(lambda _: answer) as origin,
        HttpTransport(origin.url, timeouts=timeouts, largest_body=largest_body) as transport,
    ):
        with pytest.raises((Unreachable, Unreadable)) as caught:
            await transport.send(Request("/v1/x"), gone)
        assert len(origin.received) == 1
    return caught.value, gone


# What goes out


async def test_a_request_is_what_is_expected_and_nothing_else() -> None:
    async with Origin(lambda _: reply(http())) as origin, HttpTransport(origin.url) as transport:
        await send(transport, "/v1/orders/open?states%5B%5D=wait", Authorization="Bearer x.y.z")
    (request,) = origin.received
    assert request.line == b"GET /v1/orders/open?states%5B%5D=wait HTTP/1.1"
    assert request.headers == {
        "host": origin.url.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": f"upbit-monitor/{__version__}",
        "authorization": "Bearer x.y.z",
    }


NASTY = (
    (("states[]", "wait"), ("states[]", "watch")),
    (("to", "2025-06-24T13:56:53+09:00"),),
    (("pairs", "KRW-BTC,KRW-ETH"),),
    (("q", "100% &=#?/\\ '\"<>|^`{}~;@$!*()"),),
    (("q", "%2B%20+"),),
    (("이름", "비트코인 ₩"),),
    (("q", "a\r\nX-Injected: 1"),),
    (("q", "\x00\x7f\U0001f4a5"),),
    (("empty", ""),),
)


@pytest.mark.parametrize("params", NASTY, ids=repr)
async def test_a_query_goes_out_to_the_byte(params: tuple[tuple[str, str], ...]) -> None:
    query = Query("/v1/x", params)
    async with Origin(lambda _: reply(http())) as origin, HttpTransport(origin.url) as transport:
        await send(transport, query.sent)
    (request,) = origin.received
    assert request.line == f"GET {query.sent} HTTP/1.1".encode()
    _, _, encoded = request.line.decode().split(" ")[1].partition("?")
    assert unquote(encoded) == query.signed


async def test_cookies_are_never_given_back() -> None:
    said = reply(http(b"[]", 200, "Set-Cookie: id=1; Path=/"))
    async with Origin(lambda _: said) as origin, HttpTransport(origin.url) as transport:
        await send(transport)
        await send(transport)
    assert ["cookie" in request.headers for request in origin.received] == [False, False]


async def test_the_environment_gives_no_proxy_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Origin(lambda _: reply(http())) as origin, HttpTransport(origin.url) as transport:
        await send(transport)
    assert "authorization" not in origin.received[0].headers


# What comes back


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with (
        Origin(lambda request: reply(http(b"", 302, f"Location: {request.path}/again"))) as origin,
        HttpTransport(origin.url) as transport,
    ):
        answer = await send(transport)
    assert (answer.status, answer.headers["location"]) == (302, "/v1/x/again")
    assert len(origin.received) == 1


@pytest.mark.parametrize(
    "said",
    [
        reply(http(b"[1,2]")),
        reply(http(gzip.compress(b"[1,2]"), 200, "Content-Encoding: gzip")),
        reply(CHUNKED + b"2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n"),
        reply(HEAD + b"\r\n[1,2]", then=Then.CLOSE),
        reply(b"HTTP/1.0 200 OK\r\n\r\n[1,2]", then=Then.CLOSE),
        reply(b"HTTP/1.1 103 Early Hints\r\n\r\n", http(b"[1,2]")),
        Reply(tuple((0.0, bytes([byte])) for byte in http(b"[1,2]"))),
    ],
    ids=["length", "gzip", "chunked", "until the end", "HTTP/1.0", "after a hint", "by the byte"],
)  # fmt: skip
async def test_a_body_is_read_however_it_is_framed(said: Reply) -> None:
    async with Origin(lambda _: said) as origin, HttpTransport(origin.url) as transport:
        answer = await send(transport)
    assert (answer.status, answer.body) == (200, b"[1,2]")


@pytest.mark.parametrize(
    ("said", "size"),
    [
        (reply(HEAD + b"Content-Length: 100\r\n\r\n[1", then=Then.CLOSE), 2),
        (reply(HEAD + b"Content-Length: 100\r\n\r\n", then=Then.RESET), 0),
        (reply(CHUNKED + b"9\r\n[1", then=Then.CLOSE), 2),
        (reply(CHUNKED + b"2\r\n[1\r\n", then=Then.CLOSE), 2),
    ],
    ids=["cut", "reset", "cut in a chunk", "cut between chunks"],
)
async def test_a_body_that_ends_too_early_is_unreachable(said: Reply, size: int) -> None:
    error, gone = await failure(said)
    assert error.reason == "disconnect"
    assert (gone.status, gone.size) == (200, size)
    assert gone.sent_at is not None


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nConte"], ids=["nothing", "half a head"])
async def test_no_answer_is_unreachable(said: bytes, then: Then) -> None:
    error, gone = await failure(reply(said, then=then))
    assert error.reason == "disconnect"
    assert (gone.status, gone.sent_at is None) == (None, False)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        bytes(range(256)) * 10,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n[]",
        CHUNKED + b"zz\r\n",
        HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        HEAD + b"X: x\r\n" * 1000 + b"\r\n",
        http(b"no gzip at all", 200, "Content-Encoding: gzip"),
    ],
    ids=lambda said: repr(said[:50]),
)
async def test_garbage_is_unreadable_and_told_in_one_short_line(said: bytes) -> None:
    error, _ = await failure(reply(said, then=Then.HANG))
    assert error.reason == "payload"
    assert len(str(error)) < 300
    assert "\n" not in str(error)


async def test_garbage_after_the_head_is_given_up_in_time() -> None:
    parts = ((0.0, CHUNKED), (0.05, b"zz\r\n"))
    error, gone = await failure(Reply(parts, Then.HANG), Timeouts(total=0.3))
    # aiohttp does not tell its body that the framing broke, so only the clock ends the wait.
    assert error.reason in {"timeout", "payload"}
    assert gone.status == 200


@pytest.mark.parametrize(
    "said",
    [
        reply(http(b"x" * 5_000_000)),
        reply(CHUNKED, *[b"400\r\n" + b"x" * 1024 + b"\r\n"] * 99),
        reply(http(gzip.compress(bytes(64 * 1024 * 1024)), 200, "Content-Encoding: gzip")),
    ],
    ids=["length", "chunks without end", "gzip bomb"],
)  # fmt: skip
async def test_a_body_above_the_cap_is_given_up_and_not_read_to_its_end(said: Reply) -> None:
    error, gone = await failure(said, Timeouts(), largest_body=20_000)
    assert isinstance(error, Unreadable)
    assert "larger than 20000 bytes" in str(error)
    # One read may overshoot; aiohttp decodes at most a few hundred KiB in one.
    assert 20_000 < gone.size < 4_000_000


async def test_after_a_body_above_the_cap_the_connection_is_not_used_again() -> None:
    def answer(request: Received) -> Reply:
        return reply(http(b"x" * 5_000_000) if request.path == "/large" else http(b"small"))

    async with Origin(answer) as origin, HttpTransport(origin.url, largest_body=1000) as transport:
        with pytest.raises(Unreadable):
            await send(transport, "/large")
        assert (await send(transport, "/small")).body == b"small"
    assert origin.connections == 2


# Waiting


@pytest.mark.parametrize(
    ("parts", "status"),
    [((), None), (((0.0, HEAD + b"Content-Length: 9\r\n\r\n[1"),), 200)],
    ids=["head", "body"],
)
async def test_silence_is_a_timeout(parts: tuple[tuple[float, bytes], ...], status: int) -> None:
    error, gone = await failure(Reply(parts, Then.HANG))
    assert error.reason == "timeout"
    assert isinstance(error.__cause__, aiohttp.SocketTimeoutError), "the wait for bytes ended it"
    assert (gone.status, gone.sent_at is None) == (status, False)


async def test_a_body_that_drips_is_ended_by_the_total_timeout() -> None:
    drops = ((0.0, HEAD + b"Content-Length: 900\r\n\r\n"), *[(0.02, b"x")] * 900)
    error, gone = await failure(Reply(drops), Timeouts(read=5.0, total=0.3))
    assert error.reason == "timeout"
    assert not isinstance(error.__cause__, aiohttp.SocketTimeoutError), "bytes came all the time"
    assert gone.size < 900


async def test_the_answer_to_a_cancelled_request_is_not_taken_for_the_next_ones() -> None:
    def answer(request: Received) -> Reply:
        pause = 0.05 if request.path == "/slow" else 0.0
        return Reply(((pause, http(request.path.encode())),))

    async with Origin(answer) as origin, HttpTransport(origin.url) as transport:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await send(transport, "/slow")
            assert (await send(transport, "/fast")).body == b"/fast"
