"""How an attempt passes its phases, and which it fails in before anything is sent."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.attempt import Attempt, attempt
from tests.exchange.certificates import self_signed, server_context
from tests.exchange.origin import Origin, Reply, http, reply
from upbit_monitor.errors import Unreachable
from upbit_monitor.exchange import HttpTransport, Request, Timeouts

if TYPE_CHECKING:
    from pathlib import Path


async def unsent(base_url: str, timeouts: Timeouts) -> Unreachable:
    """Give the error of a request that must not have reached the wire."""
    flight = Attempt()
    async with HttpTransport(base_url, timeouts=timeouts) as transport:
        with pytest.raises(Unreachable) as caught:
            await transport.send(Request("/v1/x"), flight)
    assert (flight.sent_at, flight.status, flight.departures) == (None, None, 0)
    assert flight.reused is None, "no connection was had, new or reused"
    return caught.value


async def test_the_phases_of_an_attempt_make_up_its_latency() -> None:
    body = http(b"[1,2]")
    slow = Reply(((0.05, body[:-2]), (0.05, body[-2:])))
    async with Origin(lambda _: slow) as origin, HttpTransport(origin.url) as transport:
        first, second = await attempt(transport), await attempt(transport)
    assert set(first.phases) == {"connect", "processing", "transfer"}
    assert set(second.phases) == {"processing", "transfer"}
    assert [first.reused, second.reused] == [False, True]
    for flight in (first, second):
        assert flight.departures == 1
        assert flight.latency is not None
        assert min(flight.phases.values()) >= 0
        # The server pauses as long before each part, after the request and after the head.
        assert flight.phases["processing"] >= 0.05
        assert flight.phases["transfer"] >= 0.05
        rest = flight.latency - flight.phases["processing"] - flight.phases["transfer"]
        assert 0 <= rest < flight.latency / 2


async def test_a_name_is_resolved_in_a_phase_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(_: object, port: int, **__: object) -> list[Any]:
        await asyncio.sleep(0.05)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    async with Origin(lambda _: reply(http())) as origin:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
        async with HttpTransport(f"http://exchange.test:{origin.port}") as transport:
            flight = await attempt(transport)
    assert set(flight.phases) == {"resolve", "connect", "processing", "transfer"}
    assert flight.phases["resolve"] >= 0.05
    assert 0 <= flight.phases["connect"] < flight.phases["resolve"]


async def test_one_that_waits_for_a_connection_has_a_queue_phase() -> None:
    crowd = 33
    slow = Reply(((0.05, http()),))
    async with Origin(lambda _: slow) as origin, HttpTransport(origin.url) as transport:
        flights = await asyncio.gather(*(attempt(transport) for _ in range(crowd)))
    queued = [flight for flight in flights if "queue" in flight.phases]
    assert len(queued) == 1
    assert queued[0].phases["queue"] > 0
    assert len(origin.received) == crowd


async def test_a_refused_connection_is_told_as_connect() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can be there
        taken.bind(("127.0.0.1", 0))
        error = await unsent(f"http://127.0.0.1:{taken.getsockname()[1]}", Timeouts())
    assert error.reason == "connect"


async def test_an_unknown_name_is_told_as_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    assert (await unsent("http://exchange.invalid", Timeouts())).reason == "dns"


async def test_a_handshake_that_never_ends_is_a_timeout_before_anything_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = await unsent(f"https://127.0.0.1:{port}", Timeouts(connect=0.2))
    assert (error.reason, str(error)) == ("timeout", "no connection in time")


async def test_a_certificate_that_nobody_vouches_for_is_told_as_tls(tmp_path: Path) -> None:
    tls = server_context(self_signed(tmp_path / "self-signed.pem"))
    async with Origin(lambda _: reply(http()), tls=tls) as origin:
        error = await unsent(origin.url, Timeouts())
        assert origin.received == []
    assert error.reason == "tls"


async def test_a_server_that_speaks_no_tls_is_told_as_tls() -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await unsent(f"https://127.0.0.1:{port}", Timeouts())).reason == "tls"
