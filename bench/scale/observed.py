"""The daemon, in a process of its own, with a probe beside it on its event loop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upbit_monitor.app.daemon import Daemon
from upbit_monitor.app.instruments import Instruments
from upbit_monitor.config import load
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection

    from prometheus_client.samples import Sample

    from bench.scale.watched import Scenario

_SPAWN: Final = get_context("spawn")
_STEP: Final = 0.005
"""Seconds between two looks of the probe: it meets every stall that is longer."""

WARM_SECONDS: Final = 5.0
"""Nothing is measured before: connections are made, and the first answers are read."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a daemon left behind. Its counters stand as they were at its end."""

    lags: array[float]
    """Seconds that each look of the probe came late, after the warm-up."""
    cpu_share: float
    """Of one core, after the warm-up; the probe's own is in it."""
    samples: tuple[Sample, ...]
    """Everything on its board."""


@dataclass
class Run:
    """A daemon that runs. Its state: its process, and what it left once it has ended."""

    url: str
    pid: int
    _pipe: Connection = field(repr=False)

    def end(self) -> Observed:
        """Let it end as an operator would, and give what it left."""
        os.kill(self.pid, signal.SIGTERM)
        left: Observed = self._pipe.recv()
        return left


@contextmanager
def daemon(scenario: Scenario, urls: Mapping[str, str]) -> Iterator[Run]:
    """Let a daemon watch these exchanges."""
    ours, theirs = _SPAWN.Pipe()
    given = (json.dumps(scenario.config(urls)), scenario.environ(), theirs)
    process = _SPAWN.Process(target=_watch, args=given, name=scenario.name)
    process.start()
    theirs.close()  # so that its end is heard, whatever it dies of
    try:
        yield Run(ours.recv(), process.pid or 0, ours)
    finally:
        process.terminate()
        process.join()


def _watch(config: str, environ: Mapping[str, str], parent: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as log:
        file = Path(folder, "scale.yml")
        file.write_text(config, encoding="utf-8")  # what is JSON is YAML too
        read = partial(load, file, environ=environ, polls=POLLS)
        settings = read()
        instruments = Instruments.for_settings(settings, log, state=Path(folder, "state"))
        one = Daemon(settings, instruments, load=read, on_start=parent.send)
        lags, cpu_share = asyncio.run(_probed(one))
        families = instruments.board.registry.collect()
        samples = tuple(sample for family in families for sample in family.samples)
        parent.send(Observed(lags, cpu_share, samples))


async def _probed(one: Daemon) -> tuple[array[float], float]:
    lags = array("d")
    began: list[float] = []
    probe = asyncio.create_task(_probe(lags, lambda: began.extend((_cpu(), _now()))))
    await one.run()
    probe.cancel()
    cpu, at = began
    return lags, (_cpu() - cpu) / (_now() - at)


async def _probe(lags: array[float], on_warm: Callable[[], None]) -> None:
    await asyncio.sleep(WARM_SECONDS)
    on_warm()
    while True:
        due = _now() + _STEP
        await asyncio.sleep(_STEP)
        lags.append(max(_now() - due, 0.0))


_cpu = time.process_time
_now = time.monotonic
