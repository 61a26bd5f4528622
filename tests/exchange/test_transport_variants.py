"""Whatever status, headers, body or error aiohttp hands over, and what is made of it."""

from __future__ import annotations

import asyncio
from ssl import SSLCertVerificationError, SSLError
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey, RequestInfo
from aiohttp.http_exceptions import ContentEncodingError, ContentLengthError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from upbit_monitor.errors import Unreachable, Unreadable
from upbit_monitor.exchange import Answer, Flight, HttpTransport, Request

if TYPE_CHECKING:
    from tests.exchange.conftest import Stage

KEY = ConnectionKey("127.0.0.1", 443, True, True, None, None, None)  # noqa: FBT003 -- aiohttp's
ABOUT = RequestInfo(URL("http://x"), "GET", CIMultiDictProxy(CIMultiDict()))


async def send(largest_body: int = 1000) -> tuple[Answer, Flight]:
    flight = Flight(lambda: None)
    async with HttpTransport("http://exchange.test", largest_body=largest_body) as transport:
        return await transport.send(Request("/v1/x"), flight), flight


@pytest.mark.parametrize(
    "status", [200, 201, 204, 302, 304, 400, 401, 404, 418, 429, 500, 503, 599]
)
async def test_every_status_is_an_answer(stage: Stage, status: int) -> None:
    stage(status=status, body=b"body")
    answer, flight = await send()
    assert (answer.status, answer.body) == (status, b"body")
    assert (flight.status, flight.size) == (status, 4)


@pytest.mark.parametrize("name", ["Remaining-Req", "remaining-req", "REMAINING-REQ"])
async def test_headers_are_found_in_any_case(stage: Stage, name: str) -> None:
    stage(headers={name: "group=market; min=600; sec=9"})
    answer, flight = await send()
    assert answer.headers["Remaining-Req"] == flight.headers["remaining-req"] != ""
    assert answer.headers.get("Retry-After") is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff\x00", "비트코인".encode(), b"x" * 1000], ids=len
)
async def test_a_body_is_given_as_it_came(stage: Stage, body: bytes) -> None:
    stage(body=body)
    answer, flight = await send(largest_body=1000)
    assert answer.body == body
    assert flight.size == len(body)


async def test_a_body_above_the_cap_is_unreadable(stage: Stage) -> None:
    stage(body=b"x" * 1001)
    with pytest.raises(Unreadable, match="larger than 1000 bytes"):
        await send(largest_body=1000)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "timeout"),
        (aiohttp.ServerTimeoutError(), "timeout"),
        (aiohttp.SocketTimeoutError(), "timeout"),
        (aiohttp.ConnectionTimeoutError(), "timeout"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "unknown")), "dns"),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), "connect"),
        (aiohttp.ClientConnectorSSLError(KEY, SSLError(1, "handshake")), "tls"),
        (aiohttp.ClientConnectorCertificateError(KEY, SSLCertVerificationError(1, "bad")), "tls"),
        (aiohttp.ServerFingerprintMismatch(b"a", b"b", "host", 1), "tls"),
        (aiohttp.ServerDisconnectedError(), "disconnect"),
        (aiohttp.ClientOSError(104, "reset"), "disconnect"),
        (aiohttp.ClientConnectionResetError(), "disconnect"),
        (aiohttp.ClientConnectionError(), "disconnect"),
        (caused(aiohttp.ClientPayloadError(), ContentLengthError("short")), "disconnect"),
        (aiohttp.ClientPayloadError(), "disconnect"),
        (ConnectionResetError(), "disconnect"),
        (BrokenPipeError(), "disconnect"),
        (SSLError(1, "late"), "disconnect"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
async def test_a_foreign_error_becomes_unreachable_for_its_reason(
    stage: Stage, error: Exception, reason: str
) -> None:
    stage(exception=error)
    with pytest.raises(Unreachable) as caught:
        await send()
    assert caught.value.reason == reason
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)
    assert str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientResponseError(ABOUT, (), status=400, message="Bad status line:\n\n  b'x'\n"),
        caused(aiohttp.ClientPayloadError(), ContentEncodingError("gzip")),
    ],
    ids=["no HTTP", "not gzip"],
)
async def test_what_is_no_http_is_unreadable_and_told_in_one_line(
    stage: Stage, error: Exception
) -> None:
    stage(exception=error)
    with pytest.raises(Unreadable) as caught:
        await send()
    assert "\n" not in str(caught.value)


async def test_the_text_of_an_error_holds_no_query(stage: Stage) -> None:
    stage(exception=aiohttp.ConnectionTimeoutError("Connection timeout to host http://x/?k=v"))
    with pytest.raises(Unreachable) as caught:
        await send()
    assert "k=v" not in str(caught.value)


@pytest.mark.parametrize("error", [KeyError("ours"), asyncio.CancelledError()], ids=repr)
async def test_what_is_no_failure_of_the_network_is_not_disguised_as_one(
    stage: Stage, error: BaseException
) -> None:
    stage(exception=error)
    with pytest.raises(type(error)):
        await send()
