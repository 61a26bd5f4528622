"""Programs that a run starts, and ends whatever happens.

Each runs in a session of its own, so that Ctrl-C reaches the runner alone, which then ends them in
order. Should the runner be killed, the kernel kills them too.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from e2e.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.tool import Tool

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)

_GRACE: Final = 5.0
"""Seconds that a program gets to end by itself."""

_LAST_WORDS: Final = 600
"""Characters of a log that are shown of a program that died."""


class Child:
    """One program. Its state is the process, once it is started.

    What it says goes to ``log``; what a restart says is added.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.argv = tuple(argv)
        self.log = log
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id. Raises ``Failure`` if it does not run."""
        self.check()
        assert self._process is not None  # noqa: S101 -- check has seen it
        return self._process.pid

    async def start(self, *, output: Path | None = None) -> None:
        """Start it, and let it write to ``output`` instead of its log."""
        with (output or self.log).open("ab") as stream:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=None if self._environ is None else dict(self._environ),
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def check(self) -> None:
        """Raise ``Failure`` with its last words if it does not run."""
        if not self.running:
            code = None if self._process is None else self._process.returncode
            words = self.log.read_text(errors="replace")[-_LAST_WORDS:] if self.log.exists() else ""
            raise Failure(f"{self.name} ended (exit code {code}); see {self.log}:\n{words}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program and to all that it started."""
        if self.running and self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def end(self, first: signal.Signals = signal.SIGTERM) -> None:
        """End it: as it is asked to first, and by force if that takes too long."""
        if self._process is None:
            return
        self.send(first)
        self.send(signal.SIGCONT)  # one that is stopped would never hear it
        try:
            async with asyncio.timeout(_GRACE):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            with suppress(ProcessLookupError):  # what it started may outlive it
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def program(tool: Tool) -> tuple[str, ...]:
    """Give how to call a program. Raises ``Failure`` with the remedy if it is not here."""
    if not tool.command:
        raise Failure(
            f"{tool.names[0]} cannot be run: call `tools/debian-fetch {tool.package}`, or put it "
            "on the PATH from https://prometheus.io/download"
        )
    return tool.command


def free_port() -> int:
    """Give a port of this host that nobody uses now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port
