"""An exchange of one scenario: simulated, with a door that can be shut, and a key if it needs one.

Each has a port, and so a quota, of its own.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tests.exchange.certificates import self_signed, server_context
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange, SimulatorServer
from upbit_monitor.simulator.world import REGIONS, Wallet

if TYPE_CHECKING:
    from pathlib import Path

CALM: Final = Knobs(latency_ms=20.0, latency_sigma=0.2, orders_per_minute=0.0)
"""A good day, and a trader who does nothing by himself: whatever happens is the fault's."""

_YEAR: Final = 365 * 86_400.0

_ELSEWHERE: Final = "127.0.0.2"
"""The daemon asks no host of an exchange for a second opinion."""


class Venue:
    """One exchange. Its state: the exchange, and whether its door is open."""

    def __init__(self, name: str, region: str, knobs: Knobs) -> None:
        self.key = Key(
            access=f"access-{name}", secret=f"secret-of-{name}" * 4, expires_at=time.time() + _YEAR
        )
        self.exchange = SimulatedExchange(region, seed=1, keys=(self.key,), knobs=knobs)
        for coin in ("BTC", "ETH"):  # else one of them would rest for this hour
            self.exchange.world.change_wallet(coin, Wallet("working", "normal"))
        self._server: SimulatorServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it answers, and will again after it was shut: a name, so that it is looked up."""
        return f"http://localhost:{self._port}"

    @property
    def market(self) -> str:
        """Bitcoin in the money of its region."""
        return f"{REGIONS[self.exchange.world.region.name].fiat}-BTC"

    async def open(self) -> None:
        """Answer, at the same port as before."""
        if self._server is None:
            self._server = SimulatorServer(self.exchange)
            await self._server.start(port=self._port)
            self._port = urlsplit(self._server.url).port or 0

    async def shut(self) -> None:
        """Refuse every connection, and drop those that there are."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    def turn(self, **knobs: Any) -> None:  # noqa: ANN401 -- as the knobs are
        """Turn some of its knobs."""
        self.exchange.turn(replace(self.exchange.knobs, **knobs))


class Front:
    """TLS before a venue. Its state: its certificate, and the connections that go through it."""

    def __init__(self, venue: Venue, folder: Path) -> None:
        self._venue = venue
        self._folder = folder
        self._busy: dict[asyncio.Task[None], None] = {}
        self._server: asyncio.Server | None = None
        self.authorities = folder / "authorities.pem"
        """What a client must trust; of every certificate that is ever shown."""

    @property
    def url(self) -> str:
        """Where it answers, once it is open."""
        assert self._server is not None  # noqa: S101 -- open() came first
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def open(self) -> None:
        """Listen, with a certificate of many days."""
        context = server_context(self._issue(300))
        self._issue(5)
        pems = (file.read_text() for file in sorted(self._folder.glob("*-days.pem")))
        self.authorities.write_text("".join(pems))
        self._context = context
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)

    async def show(self, days: int) -> None:
        """Show a certificate that has so many days (300 or 5) left, to new connections alone."""
        self._context.load_cert_chain(self._folder / f"{days}-days.pem")
        await self._drop()

    async def shut(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.close()
        await self._drop()

    def _issue(self, days: int) -> Path:
        end = datetime.now(UTC) + timedelta(days=days)
        file = self._folder / f"{days}-days.pem"
        return self_signed(file, not_after=end, lives=timedelta(days=days + 1))

    async def _drop(self) -> None:
        busy = tuple(self._busy)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- asyncio runs it as one
        self._busy[task] = None
        port = urlsplit(self._venue.url).port
        with suppress(OSError, asyncio.CancelledError):
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(_pour(reader, outer), _pour(inner, writer))
            finally:
                outer.close()
        self._busy.pop(task, None)
        writer.close()


class Host:
    """A host beside the exchange, which takes connections and hangs up, or refuses them."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def address(self) -> str:
        """Where it is, and will be again."""
        return f"{_ELSEWHERE}:{self._port}"

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(_hang_up, _ELSEWHERE, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse them."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        sink.write(data)
        await sink.drain()
    sink.close()
