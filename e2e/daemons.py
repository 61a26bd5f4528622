"""The daemon as it is shipped, in a process of its own, with its file, its log and its state."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from e2e.failure import Failure
from e2e.processes import Child, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COMMAND: Final = (sys.executable, "-m", "upbit_monitor")

_READY_SECONDS: Final = 60.0
_TOGETHER: Final = 0.5
"""Seconds for which a reload waits for others that want the same."""


class DaemonProcess:
    """One daemon. Its state: its process, the configuration that is written, a reload to come."""

    def __init__(
        self,
        name: str,
        folder: Path,
        config: Mapping[str, Any],
        environ: Mapping[str, str],
        *,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.name = name
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self.config = dict(config) | {
            "web": {"listen_address": self.address},
            # Each request leaves a line, so that an exemplar can be followed to it.
            "log": {"requests": "info"},
        }
        self._environ = {**os.environ, **environ}
        self._command = command
        self._reload: asyncio.Task[None] | None = None
        self.log = folder / "log.jsonl"
        self.child = self._child(folder / "state")

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://{self.address}"

    def write(self, text: str | None = None) -> None:
        """Write the configuration, or another text in its place."""
        self._file.write_text(json.dumps(self.config, indent=1) if text is None else text)

    async def start(self, *, output: Path | None = None, state: Path | None = None) -> None:
        """Start it, with another place for its log or its state if one is given."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._file.exists():
            self.write()
        self.child = self._child(state or self.folder / "state")
        await self.child.start(output=output)

    async def restart(self, *, output: Path | None = None, state: Path | None = None) -> None:
        """End it as an operator does, and start it anew."""
        await self.child.end()
        await self.start(output=output, state=state)

    async def ready(self) -> None:
        """Wait until every poll is fresh. Raises ``Failure`` with what is not."""
        why = "it gave no answer"
        try:
            async with asyncio.timeout(_READY_SECONDS), aiohttp.ClientSession() as session:
                while True:
                    self.child.check()
                    try:
                        async with session.get(f"{self.url}/readyz") as answer:
                            why = await answer.text()
                            if answer.status == 200:  # noqa: PLR2004 -- the number is the name
                                return
                    except aiohttp.ClientError:
                        pass
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Failure(
                f"daemon {self.name} is not ready after {_READY_SECONDS:g} s: {why}; see {self.log}"
            ) from None

    async def reload(self) -> None:
        """Let it read its configuration again, once for all who want that now."""
        if self._reload is None or self._reload.done():
            self._reload = asyncio.create_task(self._reload_soon())
        await asyncio.shield(self._reload)

    async def kill(self) -> None:
        """Kill it, without a word."""
        await self.child.end(signal.SIGKILL)

    async def _reload_soon(self) -> None:
        await asyncio.sleep(_TOGETHER)
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/-/reload"):
            pass  # whether it liked what it read is what alerts are about

    def _child(self, state: Path) -> Child:
        argv = (
            *self._command, "run", "--config.file", str(self._file), "--state.directory", str(state)
        )  # fmt: skip
        return Child(f"daemon {self.name}", argv, log=self.log, environ=self._environ)

    @property
    def _file(self) -> Path:
        return self.folder / "upbit-monitor.yml"
