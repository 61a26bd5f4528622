"""The simulated exchange at work: alone, or watched by the daemon as a demonstration."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
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
_YEAR: Final = 365 * 86_400.0

# As the wire looks from Korea, and a trader who uses the account beside us.
_DEMO_KNOBS: Final = Knobs(latency_ms=25.0, spike_rate=0.02, strangers={"default": 4.0})

# All there is to see: each poll, in two regions, with a key and without one.
DEMO_CONFIG: Final = """\
targets:
  korea:
    region: kr
    base_url: {kr}
    polls:
      markets: {{every: 15s, watch: [KRW-BTC, KRW-ETH]}}
      tickers: {{every: 2s, quotes: [KRW], watch: [KRW-BTC, KRW-ETH, KRW-XRP]}}
      orderbook: {{every: 10s, quotes: [KRW, BTC, USDT], watch: [KRW-BTC, KRW-ETH]}}
      trades: {{every: 5s, watch: [KRW-BTC]}}
      candles: {{every: 10s, watch: [KRW-BTC, KRW-ETH]}}
      open_orders: {{every: 3s}}
      accounts: {{every: 10s, currencies: [KRW, BTC]}}
      api_keys: {{every: 1m}}
      wallet_status: {{every: 10s, watch: [BTC, ETH]}}
      order_chance: {{every: 1m}}
  singapore:
    region: sg
    base_url: {sg}
    polls:
      markets: {{every: 15s}}
      tickers: {{every: 5s, watch: [SGD-BTC, SGD-ETH]}}
      open_orders: {{every: 3s}}
      api_keys: {{every: 1m}}
log: {{format: console}}
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
    """Run the daemon on simulated exchanges until SIGTERM or SIGINT.

    Korea is watched with a made-up key, Singapore without one.
    """
    key = _made_up_key(_DEMO_SEED)
    exchanges = {
        region: SimulatedExchange(region, seed=_DEMO_SEED, keys=keys, knobs=_DEMO_KNOBS)
        for region, keys in (("kr", (key,)), ("sg", ()))
    }
    async with AsyncExitStack() as stack:
        urls = {}
        for region, exchange in exchanges.items():
            server = await stack.enter_async_context(_served(exchange, "127.0.0.1", 0))
            urls[region] = server.url
        with tempfile.TemporaryDirectory(prefix="upbit-monitor-") as folder:
            file = Path(folder) / "demo.yml"
            file.write_text(DEMO_CONFIG.format(**urls))
            address = address or f"127.0.0.1:{await _free_port(_DEMO_PORT)}"
            environ = {
                "UPBIT_MONITOR_KOREA_ACCESS_KEY": key.access,
                "UPBIT_MONITOR_KOREA_SECRET_KEY": key.secret,
            }
            read = partial(
                load, file, environ=environ, polls=POLLS, overrides={"web.listen_address": address}
            )
            settings = read()
            instruments = Instruments.for_settings(settings, state=Path(folder) / "state")
            on_start = partial(_welcome, say, urls)
            await Daemon(settings, instruments, load=read, on_start=on_start).run()
        _compare(say, [exchange.ledger for exchange in exchanges.values()], instruments)


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


def _welcome(say: Callable[[str], None], exchanges: Mapping[str, str], url: str) -> None:
    say("")
    say(f"  page      {url}")
    say(f"  metrics   {url}metrics")
    say(f"  exchange  {exchanges['kr']}  (simulated: Korea, 800 markets, a trader on the account)")
    say(f"            {exchanges['sg']}  (simulated: Singapore, watched without a key)")
    say(f"  mischief  {exchanges['kr']}/_sim/knobs  (the README tells how to turn them)")
    say("  stop      Ctrl-C")
    say("")


def _compare(
    say: Callable[[str], None],
    ledgers: Sequence[Mapping[tuple[str, str, int], int]],
    instruments: Instruments,
) -> None:
    """Hold the daemon's count of its attempts against what the exchanges received."""
    entries = [entry for ledger in ledgers for entry in ledger.items()]
    received = sum(number for _, number in entries)
    counted = sum(
        sample.value
        for metric in instruments.board.registry.collect()
        for sample in metric.samples
        if sample.name == c.ATTEMPTS.name
    )
    refused = sum(number for (*_, status), number in entries if status == 429)  # noqa: PLR2004
    say("")
    say(
        f"The exchanges received {received} requests, the daemon counted {counted:.0f}; "
        f"{refused} were refused."
    )


def _made_up_key(seed: int) -> Key:
    """Make up a key that lives for a year; the same for the same seed.

    So a restart needs no new files.
    """
    dice = Random(f"key/{seed}")  # noqa: S311 -- it opens nothing but the simulation
    access, secret = dice.randbytes(20).hex(), dice.randbytes(20).hex()
    return Key(access=access, secret=secret, expires_at=time.time() + _YEAR)


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
