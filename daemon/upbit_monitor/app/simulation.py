"""The simulated exchange at work: alone, or watched by the daemon as a demonstration."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from upbit_monitor.app.daemon import Daemon
from upbit_monitor.app.instruments import Instruments
from upbit_monitor.config import listen_address, load
from upbit_monitor.errors import ConfigError, MonitorError, Problem
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key, KnobError, Knobs, SimulatedExchange, SimulatorServer
from upbit_monitor.simulator import parse_knobs as parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

_DEMO_PORT: Final = 10931
_DEMO_SEED: Final = 1
_DEMO_TARGET: Final = "demo"

# As the wire looks from Korea, and a trader who uses the account beside us.
_DEMO_KNOBS: Final = Knobs(latency_ms=25.0, spike_rate=0.02, strangers={"default": 4.0})

_DEMO_CONFIG: Final = """\
targets:
  {target}:
    region: kr
    base_url: {url}
    polls:
      markets: {{every: 15s, watch: [KRW-BTC, KRW-ETH]}}
      tickers: {{every: 2s, quotes: [KRW], watch: [KRW-BTC, KRW-ETH, KRW-XRP]}}
      orderbook: {{every: 10s, quotes: [KRW, BTC, USDT], watch: [KRW-BTC, KRW-ETH]}}
      trades: {{every: 5s, watch: [KRW-BTC]}}
      candles: {{every: 10s, watch: [KRW-BTC, KRW-ETH]}}
      open_orders: {{every: 3s}}
log: {{format: console, requests: info}}
"""


async def simulate(
    region: str, address: str, *, seed: int, knobs: Sequence[str], say: Callable[[str], None]
) -> None:
    """Serve a simulated exchange until SIGTERM or SIGINT.

    Raises ``ConfigError`` for an address or a knob that makes no sense, and ``MonitorError`` for an
    address that is not to be had.
    """
    key = _made_up_key(seed)
    try:
        host, port = listen_address(address)
        exchange = SimulatedExchange(region, seed=seed, keys=(key,), knobs=parse(tuple(knobs)))
    except KnobError as error:
        remedy = "`upbit-monitor simulate --help` lists the knobs"
        raise ConfigError([Problem("--knob", str(error), remedy)]) from error
    except ValueError as error:
        what, _, remedy = str(error).partition("; ")
        raise ConfigError([Problem("--web.listen-address", what, remedy)]) from error
    async with _served(exchange, host, port) as server:
        say(f"The simulated exchange ({region}) answers at {server.url}")
        say(f"  access key  {key.access}")
        say(f"  secret key  {key.secret}")
        say(f"  what it received   {server.url}/_sim/ledger")
        say(f"  how it misbehaves  {server.url}/_sim/knobs")
        await _signalled()


async def demo(address: str | None, *, say: Callable[[str], None]) -> None:
    """Run the daemon on a simulated exchange, with a made-up key, until SIGTERM or SIGINT."""
    key = _made_up_key(_DEMO_SEED)
    exchange = SimulatedExchange("kr", seed=_DEMO_SEED, keys=(key,), knobs=_DEMO_KNOBS)
    async with _served(exchange, "127.0.0.1", 0) as server:
        with tempfile.TemporaryDirectory(prefix="upbit-monitor-") as folder:
            file = Path(folder) / "demo.yml"
            file.write_text(_DEMO_CONFIG.format(target=_DEMO_TARGET, url=server.url))
            address = address or f"127.0.0.1:{await _free_port(_DEMO_PORT)}"
            environ = {
                "UPBIT_MONITOR_DEMO_ACCESS_KEY": key.access,
                "UPBIT_MONITOR_DEMO_SECRET_KEY": key.secret,
            }
            read = partial(
                load, file, environ=environ, polls=POLLS, overrides={"web.listen_address": address}
            )
            settings = read()
            instruments = Instruments.for_settings(settings, state=Path(folder) / "state")
            on_start = partial(_welcome, say, server.url)
            await Daemon(settings, instruments, load=read, on_start=on_start).run()
        _compare(say, exchange.ledger, instruments)


@asynccontextmanager
async def _served(
    exchange: SimulatedExchange, host: str, port: int
) -> AsyncIterator[SimulatorServer]:
    server = SimulatorServer(exchange)
    try:
        try:
            await server.start(host, port)
        except OSError as error:
            what = f"cannot listen: {os.strerror(error.errno or 0)}"
            remedy = "choose an address of this host, and a port that nobody uses"
            raise MonitorError(str(Problem(f"{host}:{port}", what, remedy))) from error
        yield server
    finally:
        await server.stop()


def _welcome(say: Callable[[str], None], exchange_url: str, url: str) -> None:
    say("")
    say(f"  page      {url}")
    say(f"  metrics   {url}metrics")
    say(f"  exchange  {exchange_url}  (simulated: Korea, 800 markets, a trader on the account)")
    say("  stop      Ctrl-C")
    say("")


def _compare(
    say: Callable[[str], None],
    ledger: Mapping[tuple[str, str, int], int],
    instruments: Instruments,
) -> None:
    """Hold the daemon's count of its attempts against what the exchange received."""
    received = sum(ledger.values())
    counted = sum(
        sample.value
        for metric in instruments.board.registry.collect()
        for sample in metric.samples
        if sample.name == c.ATTEMPTS.name
    )
    refused = sum(number for (*_, status), number in ledger.items() if status == 429)  # noqa: PLR2004
    say("")
    say(
        f"The exchange received {received} requests, the daemon counted {counted:.0f}; "
        f"{refused} were refused."
    )


def _made_up_key(seed: int) -> Key:
    """Make up a key; the same for the same seed, so that a restart needs no new files."""
    dice = Random(f"key/{seed}")  # noqa: S311 -- it opens nothing but the simulation
    return Key(access=dice.randbytes(20).hex(), secret=dice.randbytes(20).hex())


async def _free_port(wish: int) -> int:
    """Give the port that is wished for, or 0, any, if somebody has it."""
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", wish)
    except OSError:
        return 0
    server.close()
    await server.wait_closed()
    return wish


async def _signalled() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
