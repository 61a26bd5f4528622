"""The simulated exchanges, in a process of their own: what they cost is not the daemon's."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack, contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

from bench.scale.watched import ACCOUNTS, SEED
from upbit_monitor.simulator import Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

_KNOBS: Final = Knobs(latency_ms=10.0)
_SPAWN: Final = get_context("spawn")

Ledger = Counter[tuple[str, str, int]]
"""Requests received, by region, path and status."""


@contextmanager
def exchanges(regions: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Let an exchange of each region answer, and give their URLs by region."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(regions, theirs), name="exchanges")
    process.start()
    theirs.close()  # so that its end is heard, whatever it dies of
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def ledger(urls: Mapping[str, str]) -> Ledger:
    """Ask the exchanges what they received. To ask is not counted."""
    received: Ledger = Counter()
    for region, url in urls.items():
        with urlopen(f"{url}/_sim/ledger") as answer:  # noqa: S310 -- our own simulator
            for row in json.load(answer):
                received[region, row["path"], row["status"]] += row["count"]
    return received


def _serve(regions: Sequence[str], parent: Connection) -> None:
    asyncio.run(_served(regions, parent))


async def _served(regions: Sequence[str], parent: Connection) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(parent.fileno(), ended.set)
    async with AsyncExitStack() as stack:
        urls = {}
        for region in regions:
            exchange = SimulatedExchange(region, seed=SEED, keys=ACCOUNTS, knobs=_KNOBS)
            server = await stack.enter_async_context(SimulatorServer(exchange))
            urls[region] = server.url
        parent.send(urls)
        await ended.wait()
