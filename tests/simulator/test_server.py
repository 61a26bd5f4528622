"""Over HTTP: what arrives is counted, and the faults are those that a socket can show."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.simulator.asking import FIXTURES, NOW, PATIENT, query_hash, token
from upbit_monitor.simulator import SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Callable

TICKER = "/v1/ticker?markets=KRW-BTC"


async def raw(server: SimulatorServer, target: str, *lines: str) -> bytes:
    """Everything that a connection gives back for one request, byte for byte."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [f"GET {target} HTTP/1.1", "Host: simulator", "Connection: close", *lines]
    writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
    try:
        return await reader.read()
    finally:
        writer.close()
        with suppress(ConnectionResetError):  # the caller has seen it already
            await writer.wait_closed()


async def test_the_head_on_the_wire_has_the_recorded_names_and_no_other(
    server: SimulatorServer,
) -> None:
    head, _, body = (await raw(server, TICKER)).partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].decode().lower() for line in head.splitlines()[1:]}
    head_file = FIXTURES / "live/kr_ticker_headers_2025-07-30.txt"
    recorded_lines = head_file.read_text(encoding="utf-8").strip().splitlines()[1:]
    assert names - {"connection"} == {line.partition(":")[0] for line in recorded_lines}
    assert f"Content-Length: {len(body)}".encode() in head.splitlines()


async def test_a_body_may_come_compressed(session: aiohttp.ClientSession) -> None:
    async with session.get("/v1/market/all") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(await answer.json()) == 800


@pytest.mark.parametrize(
    "query", ["states[]=wait&states[]=watch", "states%5B%5D=wait&states%5B%5D=watch"]
)
async def test_the_target_is_judged_as_it_arrived(server: SimulatorServer, query: str) -> None:
    signed = token({"query_hash": query_hash("states[]=wait&states[]=watch")})["Authorization"]
    received = await raw(server, f"/v1/orders/open?{query}", f"Authorization: {signed}")
    assert received.startswith(b"HTTP/1.1 200")


async def test_a_long_target_reaches_the_exchange(server: SimulatorServer) -> None:
    received = await raw(server, f"{TICKER}&{'a' * 9000}")
    assert received.startswith(b"HTTP/1.1 414")
    assert server.exchange.ledger["GET", "/v1/ticker", 414] == 1


async def test_a_hang_ends_only_with_the_clients_patience(
    server: SimulatorServer, session: aiohttp.ClientSession
) -> None:
    server.exchange.turn(replace(PATIENT, hang_rate=1))
    with pytest.raises(asyncio.TimeoutError):
        await session.get(TICKER, timeout=aiohttp.ClientTimeout(total=0.1))
    assert server.exchange.ledger == {("GET", "/v1/ticker", 0): 1}


def alarm() -> tuple[asyncio.Event, Callable[[], float]]:
    """A clock that tells when it is read: that is, when a request arrives."""
    arrived = asyncio.Event()

    def wall() -> float:
        arrived.set()
        return NOW

    return arrived, wall


async def test_stopping_does_not_wait_for_a_hanging_request() -> None:
    exchange = SimulatedExchange("kr", knobs=replace(PATIENT, maintenance="hang"))
    arrived, wall = alarm()
    async with aiohttp.ClientSession() as session:
        async with SimulatorServer(exchange, wall=wall) as server:
            hanging = asyncio.create_task(session.get(f"{server.url}{TICKER}"))
            await arrived.wait()
        with pytest.raises(aiohttp.ClientConnectionError):
            await hanging


async def test_a_reset_is_a_reset(server: SimulatorServer) -> None:
    server.exchange.turn(replace(PATIENT, reset_rate=1))
    with pytest.raises(ConnectionResetError):
        await raw(server, TICKER)
    assert server.exchange.ledger == {("GET", "/v1/ticker", 0): 1}


async def test_a_reset_in_mid_body_leaves_half_of_it(server: SimulatorServer) -> None:
    server.exchange.turn(replace(PATIENT, reset_mid_body_rate=1))
    async with aiohttp.ClientSession(server.url) as fresh, fresh.get(TICKER) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    assert server.exchange.ledger == {("GET", "/v1/ticker", 200): 1}


async def test_a_dropped_connection_answers_once_and_loses_the_next_request(
    server: SimulatorServer,
) -> None:
    server.exchange.turn(replace(PATIENT, drop_keepalive_rate=1))
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = f"GET {TICKER} HTTP/1.1\r\nHost: sim\r\n\r\n".encode()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    length = int(head.partition(b"Content-Length: ")[2].split()[0])
    await reader.readexactly(length)
    writer.write(request)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    with pytest.raises(ConnectionResetError):
        await writer.wait_closed()
    assert server.exchange.ledger == {("GET", "/v1/ticker", 200): 1, ("GET", "/v1/ticker", 0): 1}


async def test_a_client_that_resends_by_itself_is_found_out(server: SimulatorServer) -> None:
    server.exchange.turn(replace(PATIENT, drop_keepalive_rate=1))
    async with aiohttp.ClientSession(server.url) as careless:
        for _ in range(5):
            async with careless.get(TICKER) as answer:
                assert answer.status == 200
                await answer.read()
    assert server.exchange.ledger.total() > 5


async def test_a_request_counts_before_its_delay() -> None:
    knobs = replace(PATIENT, latency_ms=60_000, latency_sigma=0)
    exchange = SimulatedExchange("kr", knobs=knobs)
    arrived, wall = alarm()
    async with SimulatorServer(exchange, wall=wall) as server, aiohttp.ClientSession() as session:
        waiting = asyncio.create_task(session.get(f"{server.url}{TICKER}"))
        await arrived.wait()
        assert exchange.ledger == {("GET", "/v1/ticker", 200): 1}
        waiting.cancel()


async def test_it_listens_on_loopback_only(server: SimulatorServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")
