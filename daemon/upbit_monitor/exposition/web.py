"""The web server: from an address to an answering site, and back to silence."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, Final

from upbit_monitor.errors import MonitorError, Problem
from upbit_monitor.exposition.door import Door
from upbit_monitor.exposition.render import MetricsPage
from upbit_monitor.exposition.site import Site

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from prometheus_client import CollectorRegistry

    from upbit_monitor.exposition.status import Status

STOP_SECONDS: Final = 0.4
"""The longest that stopping waits for answers under way."""

_BACKLOG: Final = 64
_REMEDIES: Final = {
    errno.EADDRINUSE: "stop the other program that listens there, or choose another port",
    errno.EACCES: "choose a port above 1023",
}
_ELSE: Final = "listen on an address of this host, such as 127.0.0.1, or 0.0.0.0 for all of them"


class WebServer:
    """Shows the registry and the status over HTTP. Its state is the socket that it listens on."""

    def __init__(
        self,
        registry: CollectorRegistry,
        status: Callable[[], Status],
        *,
        on_render: Callable[[float], None],
        reload: Callable[[], Awaitable[None]] | None = None,
        config: Callable[[], Mapping[str, object]] | None = None,
    ) -> None:
        """Take what to show.

        ``on_render`` is told the seconds of each rendering of /metrics. ``reload`` raises a
        ``MonitorError`` if the new configuration is not taken; ``config`` gives values that JSON
        knows, secrets masked. Without them their paths do not exist.
        """
        self._metrics = MetricsPage(registry, on_render)
        self._site = Site(self._metrics, status, reload=reload, config=config)
        self._door: Door | None = None
        self._listener: asyncio.Server | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on. RuntimeError if it does not listen."""
        if self._listener is None:
            raise RuntimeError("the web server does not listen")
        host, port, *_ = self._listener.sockets[0].getsockname()
        return host, port

    async def start(self, host: str, port: int) -> None:
        """Listen. Port 0 takes a free one. Raises MonitorError if the address is not to be had."""
        self._door = Door(self._site.answer)
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._door, host, port, backlog=_BACKLOG
            )
        except OSError as error:
            raise MonitorError(str(_cannot_listen(host, port, error))) from error

    async def stop(self) -> None:
        """Stop listening; cut off whoever is not served within ``STOP_SECONDS``."""
        if self._listener is None or self._door is None:
            return
        self._listener.close()
        await self._door.close(STOP_SECONDS)
        await self._metrics.close()
        self._listener = self._door = None


def _cannot_listen(host: str, port: int, error: OSError) -> Problem:
    code = error.errno or 0
    return Problem(
        place=f"{host}:{port}",
        # asyncio's own text repeats the address; the resolver's errors have no errno's text
        what=f"cannot listen: {os.strerror(code) if code in errno.errorcode else error}",
        remedy=_REMEDIES.get(code, _ELSE),
    )
