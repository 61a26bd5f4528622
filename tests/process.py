"""The daemon as users run it: a process, a configuration file, signals, its pages and its log."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator

    from upbit_monitor.simulator import Key, SimulatedExchange

COMMAND = (sys.executable, "-m", "upbit_monitor")

# The same, in a world where no name is ever resolved.
WITHOUT_DNS = (
    sys.executable,
    "-c",
    (
        "import socket, time; socket.getaddrinfo = lambda *_, **__: time.sleep(60);"
        "from upbit_monitor.cli import main; main()"
    ),
)


@dataclass
class Process:
    """A running daemon. Its state: the process and the lines of its log so far."""

    process: asyncio.subprocess.Process
    events: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    url: str = ""

    async def event(self, name: str) -> dict[str, Any]:
        """Read the log up to the next event of this name. Fails if the log ends before."""
        while True:
            line = await self._line()
            assert line is not None, f"the log ended without {name}: {self.raw}"
            if line["event"] == name:
                return line

    async def get(self, path: str) -> tuple[int, str]:
        """Ask one of its pages."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str) -> tuple[int, str]:
        """Post to one of its paths."""
        async with aiohttp.ClientSession() as session, session.post(self.url + path) as answer:
            return answer.status, await answer.text()

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Scrape, and give every sample by name and labels."""
        _, text = await self.get("metrics")
        return dict(
            map(_sample, re.findall(r"^(?!#)(\S+?)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE))
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def end(self) -> int:
        """Read the log to its end; give the exit code."""
        while await self._line() is not None:
            pass
        return await self.process.wait()

    async def _line(self) -> dict[str, Any] | None:
        assert self.process.stdout is not None
        raw = (await self.process.stdout.readline()).decode()
        if not raw:
            return None
        self.raw.append(raw)
        line: dict[str, Any] = json.loads(raw)
        self.events.append(line)
        return line


@asynccontextmanager
async def daemon(
    config: Path, environ: dict[str, str], *, program: tuple[str, ...] = COMMAND
) -> AsyncIterator[Process]:
    """Start a daemon and wait until it serves; kill it if the test leaves it running.

    Its state is beside its configuration, unless ``environ`` says otherwise.
    """
    process = Process(
        await asyncio.create_subprocess_exec(
            *program, "run", "--config.file", str(config),
            stdout=asyncio.subprocess.PIPE, env=_state_beside(config) | environ, limit=2**20,
        )
    )  # fmt: skip
    try:
        process.url = (await process.event("daemon_started"))["web"]
        yield process
    finally:
        if process.process.returncode is None:
            process.process.kill()
            await process.process.wait()


async def command(*arguments: str, environ: dict[str, str]) -> tuple[int, str, str]:
    """Run a command to its end; give exit code, standard output and error."""
    state = {}
    if "--config.file" in arguments:
        state = _state_beside(Path(arguments[arguments.index("--config.file") + 1]))
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=state | environ,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def arrivals(exchange: SimulatedExchange, number: int) -> None:
    """Wait until the exchange has received so many requests more."""
    wanted = sum(exchange.ledger.values()) + number
    while sum(exchange.ledger.values()) < wanted:  # noqa: ASYNC110 -- it tells nobody by itself
        await asyncio.sleep(0.01)


def keys(target: str, key: Key) -> dict[str, str]:
    """Give the variables that hold a target's key."""
    prefix = f"UPBIT_MONITOR_{target.upper()}"
    return {f"{prefix}_ACCESS_KEY": key.access, f"{prefix}_SECRET_KEY": key.secret}


def _state_beside(config: Path) -> dict[str, str]:
    return {"UPBIT_MONITOR_STATE_DIRECTORY": str(config.parent / "state")}


def _sample(match: tuple[str, str, str]) -> tuple[tuple[str, frozenset[tuple[str, str]]], float]:
    name, labels, value = match
    return (name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))), float(value)
