"""TCP and TLS told apart on one connection, and what the peer's certificate says."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.attempt import Attempt, attempt
from tests.exchange.certificates import self_signed, server_context
from tests.exchange.origin import Origin, Reply, Then, http, reply
from upbit_monitor.errors import Unreachable
from upbit_monitor.exchange import HttpTransport, Request, Timeouts
from upbit_monitor.exchange.handshake import Handshake, watched, watched_context

if TYPE_CHECKING:
    from pathlib import Path

END = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
NEW = {"connect", "tls", "processing", "transfer"}


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context, whose certificate whoever asks trusts, and nothing else."""
    path = self_signed(tmp_path / "trusted.pem", not_after=END)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return server_context(path)


def resolves_to(*addresses: tuple[str, int], patch: pytest.MonkeyPatch) -> None:
    """Let every name be that of these addresses."""

    async def lookup(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in addresses]

    patch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)


def test_a_watched_context_is_as_strict_as_python_s_own() -> None:
    ours, usual = watched_context(), ssl.create_default_context()
    for what in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version"):
        assert getattr(ours, what) == getattr(usual, what), what
    assert ours.cert_store_stats() == usual.cert_store_stats()
    assert (ours.verify_mode, ours.check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_a_new_connection_has_a_phase_for_tcp_and_one_for_tls(tls: ssl.SSLContext) -> None:
    async with (
        Origin(lambda _: reply(http()), tls=tls) as origin,
        HttpTransport(origin.url) as transport,
    ):
        first, second = await attempt(transport), await attempt(transport)
        assert origin.connections == 1
    assert (set(first.phases), first.reused) == (NEW, False)
    assert (set(second.phases), second.reused) == ({"processing", "transfer"}, True)
    assert min(first.phases.values()) >= 0
    assert first.phases["tls"] > 0


async def test_a_slow_handshake_is_told_as_tls_and_not_as_connect(tls: ssl.SSLContext) -> None:
    async with Origin(lambda _: reply(http()), tls=tls) as origin:

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Pass everything on, but the first bytes only after a while."""
            await asyncio.sleep(0.1)
            there, back = await asyncio.open_connection("127.0.0.1", origin.port)
            await asyncio.gather(_pass(reader, back), _pass(there, writer))

        async with await asyncio.start_server(late, "127.0.0.1", 0) as middle:
            port = middle.sockets[0].getsockname()[1]
            async with HttpTransport(f"https://127.0.0.1:{port}") as transport:
                flight = await attempt(transport)
    assert flight.phases["tls"] >= 0.1
    assert flight.phases["connect"] < flight.phases["tls"]


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_attempts_at_once_each_tell_of_their_own_handshake(tls: ssl.SSLContext) -> None:
    crowd = 33  # one more than there may be connections
    slow = Reply(((0.05, http()),))
    async with (
        Origin(lambda _: slow, tls=tls) as origin,
        HttpTransport(origin.url, timeouts=Timeouts(connect=30, read=30, total=30)) as transport,
    ):
        flights = await asyncio.gather(*(attempt(transport) for _ in range(crowd)))
        assert origin.connections == crowd - 1
    new = [flight for flight in flights if not flight.reused]
    assert len(new) == crowd - 1
    assert all(set(flight.phases) == NEW and flight.not_after for flight in new)
    (waited,) = (flight for flight in flights if flight.reused)
    assert set(waited.phases) == {"queue", "processing", "transfer"}
    assert waited.not_after is None


async def test_an_address_that_refuses_leaves_both_phases_to_the_next(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.2", 0))
        dead = taken.getsockname()
        async with Origin(lambda _: reply(http()), tls=tls) as origin:
            resolves_to(dead, ("127.0.0.1", origin.port), patch=monkeypatch)
            async with HttpTransport(f"https://localhost:{origin.port}") as transport:
                flight = await attempt(transport)
    assert set(flight.phases) == {"resolve", *NEW}


async def test_the_end_of_the_certificate_is_that_of_each_new_connection(
    tls: ssl.SSLContext,
) -> None:
    closing = reply(http(), then=Then.CLOSE)
    async with (
        Origin(lambda _: closing, tls=tls) as origin,
        HttpTransport(origin.url) as transport,
    ):
        flights = [await attempt(transport) for _ in range(2)]
    assert [flight.not_after for flight in flights] == [END.timestamp(), END.timestamp()]


async def test_without_tls_there_is_neither_a_phase_nor_a_certificate() -> None:
    async with Origin(lambda _: reply(http())) as origin, HttpTransport(origin.url) as transport:
        flight = await attempt(transport)
    assert set(flight.phases) == NEW - {"tls"}
    assert flight.not_after is None


@pytest.mark.parametrize("fault", ["it is expired", "it is of another host"])
async def test_a_certificate_that_is_not_good_fails_as_tls_before_anything_is_sent(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = fault == "it is expired"
    end = datetime.now(UTC) - timedelta(hours=1) if expired else END
    path = self_signed(tmp_path / "bad.pem", not_after=end)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    flight = Attempt()
    async with Origin(lambda _: reply(http()), tls=server_context(path)) as origin:
        resolves_to(("127.0.0.1", origin.port), patch=monkeypatch)
        name = "localhost" if expired else "elsewhere.test"
        async with HttpTransport(f"https://{name}:{origin.port}") as transport:
            with pytest.raises(Unreachable) as caught:
                await transport.send(Request("/v1/x"), flight)
        assert origin.received == []
    assert caught.value.reason == "tls"
    assert ("expired" in str(caught.value)) == expired
    assert (flight.departures, flight.reused, flight.not_after) == (0, None, None)


@pytest.mark.parametrize("certificate", [None, {}, {"notAfter": "Jan  1 00:00:00 99999 GMT"}])
def test_a_certificate_whose_end_cannot_be_read_has_none(certificate: object) -> None:
    class Peer:
        def getpeercert(self) -> object:
            return certificate

    peer: Any = Peer()
    assert Handshake(0.0, peer).not_after is None
    assert Handshake().not_after is None


async def test_a_handshake_of_somebody_else_is_not_noted(tls: ssl.SSLContext) -> None:
    async with Origin(lambda _: reply(http()), tls=tls) as origin:
        with watched() as handshake:
            pass
        _, writer = await asyncio.open_connection("127.0.0.1", origin.port, ssl=watched_context())
        writer.close()
        await writer.wait_closed()
    assert handshake == Handshake()
