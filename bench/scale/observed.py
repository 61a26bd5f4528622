"""The daemon, in a process of its own, with a probe beside it on its event loop."""

from __future__ import annotations

import asyncio
import json
import math
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
    from collections.abc import Iterator, Mapping
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
    own_lags: array[float]
    """The part of them that can be the daemon's own making: more CPU was not used since the look
    before. The rest is other programs' that had the core."""
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
        probe = asyncio.run(_probed(one))
        families = instruments.board.registry.collect()
        samples = tuple(sample for family in families for sample in family.samples)
        parent.send(Observed(probe.lags, probe.own_lags, probe.cpu_share, samples))


async def _probed(one: Daemon) -> _Probe:
    probe = _Probe()
    looking = asyncio.create_task(probe.run(), name="probe")
    await one.run()
    looking.cancel()
    return probe


class _Probe:
    """Looks at its event loop all the time. Its state is what it saw since it was warm."""

    def __init__(self) -> None:
        self.lags = array("d")
        self.own_lags = array("d")
        self._cpu_began = 0.0
        self._began_at = math.inf

    @property
    def cpu_share(self) -> float:
        """CPU of the process since the warm-up, of one core."""
        return (time.process_time() - self._cpu_began) / (time.monotonic() - self._began_at)

    async def run(self) -> None:
        """Look for ever."""
        await asyncio.sleep(WARM_SECONDS)
        self._cpu_began, self._began_at = time.process_time(), time.monotonic()
        used = time.thread_time()
        while True:
            due = time.monotonic() + _STEP
            await asyncio.sleep(_STEP)
            lag = max(time.monotonic() - due, 0.0)
            before, used = used, time.thread_time()
            self.lags.append(lag)
            self.own_lags.append(min(lag, used - before))
