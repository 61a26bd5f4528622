"""The process: what starts first ends last, signals, reload, and the end within seconds."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import signal
import time
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

import aiohttp

from upbit_monitor import __version__
from upbit_monitor.app.instruments import Instruments, log_settings
from upbit_monitor.app.plan_report import figures
from upbit_monitor.app.pulse import Pulse
from upbit_monitor.app.revision import revision
from upbit_monitor.app.schedule import Schedule
from upbit_monitor.app.second_opinion import Asker
from upbit_monitor.app.status import show_states, status
from upbit_monitor.config import masked
from upbit_monitor.errors import ConfigError, MonitorError
from upbit_monitor.exposition import Rejection, WebServer
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.app.watch import Watch
    from upbit_monitor.config import Settings
    from upbit_monitor.exposition import Status

_GRACE: Final = 1.5
"""Seconds that runs in progress get at the end or before a reload. What follows takes less."""


class Daemon:
    """The running daemon.

    Its state: the watch in force and its schedule, the configuration that was rejected since, who
    asks for a second opinion, whether it is on its way out, and what was last said of its
    readiness.
    """

    def __init__(
        self,
        settings: Settings,
        instruments: Instruments,
        *,
        load: Callable[[], Settings],
        on_start: Callable[[str], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take the first settings, and ``load`` for later ones (it raises ``ConfigError``).

        ``on_start`` is told the URL of the landing page once it is served.
        """
        self._settings = settings
        self._instruments = instruments
        self._load = load
        self._on_start = on_start
        self._wall = wall
        self._started_at = wall()
        revision()  # asks git, if at all, before anything runs that would have to wait
        self._log = instruments.logging.logger()
        self._board = instruments.board
        self._asker = Asker(board=self._board, log=self._log, wall=wall)
        self._stop = asyncio.Event()
        self._reload_asked = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._was_ready: bool | None = None
        self._rejected: Rejection | None = None
        self._lost_lines = 0
        self._watch: Watch
        self._schedule: Schedule

    async def run(self) -> None:
        """Run until a signal says stop.

        Raises ``MonitorError`` if the address of the web server is not to be had.
        """
        # What is loaded by now stays to the end. Were it searched for garbage with the rest, each
        # full search would hold the loop, and every latency being measured, for 35 ms.
        gc.collect()
        gc.freeze()
        async with AsyncExitStack() as stack:
            stack.enter_context(self._instruments.logging.installed())
            stack.callback(self._log.info, Event.DAEMON_STOPPED)
            self._listen_to_signals(stack)
            await self._open(self._settings)
            stack.push_async_callback(self._close)
            server = self._server()
            await server.start(self._settings.web.host, self._settings.web.port)
            # While runs end, the pages still answer, and say that we are on the way out.
            stack.push_async_callback(server.stop)
            self._schedule.start()
            stack.push_async_callback(self._drain)
            self._started(server)
            async with asyncio.TaskGroup() as tasks:
                pulse = Pulse(self._board, on_look=self._look, on_clock_step=self._clock_stepped)
                aside = [
                    tasks.create_task(pulse.run(), name="pulse"),
                    tasks.create_task(self._reload_when_asked(), name="reload"),
                    tasks.create_task(self._asker.run(), name="second opinion"),
                ]
                await self._stop.wait()
                for task in aside:
                    task.cancel()
            self._look()  # the last look: from now on it is not ready
            self._log.info(Event.DAEMON_STOPPING)

    def status(self) -> Status:
        """Describe the daemon as it is now."""
        return status(
            self._watch,
            started_at=self._started_at,
            now=self._wall(),
            draining=self._stop.is_set(),
            rejected=self._rejected,
            second_opinion=self._asker.opinion,
        )

    async def reload(self) -> None:
        """Read the configuration again and put it in force.

        Raises ``ConfigError`` if it is wrong: then the old one stays in force. Raises
        ``MonitorError`` if the daemon is on its way out.
        """
        async with self._reloading:
            try:
                settings = self._load()
            except ConfigError as error:
                self._board.put(c.RELOAD_OK, None, value=0)
                self._rejected = Rejection(self._wall(), tuple(map(str, error.problems)))
                self._log.error(Event.CONFIG_REJECTED, error=str(error))
                raise
            await self._replace(settings)

    async def _replace(self, settings: Settings) -> None:
        old = self._settings
        await self._drain()
        await self._close()
        if self._stop.is_set():
            raise MonitorError("the daemon is stopping: the new configuration is not in force")
        self._instruments.logging.reconfigure(log_settings(settings))
        with self._board.renewal():
            # To open creates every series that can be known. What is not among them goes.
            await self._open(settings)
        self._schedule.start()
        self._log.info(Event.CONFIG_RELOADED, targets=[*settings.targets])
        self._judge_plan()
        if settings.web != old.web:
            self._log.warning(Event.RESTART_NEEDED, setting="web.listen_address")

    async def _reload_when_asked(self) -> None:
        while True:
            await self._reload_asked.wait()
            self._reload_asked.clear()
            with suppress(MonitorError):  # told in the log and the metrics; nobody waits for it
                await self.reload()

    async def _open(self, settings: Settings) -> None:
        self._settings = settings
        self._rejected = None
        self._watch = await self._instruments.watch(settings).__aenter__()
        self._schedule = Schedule(self._watch.pollers, board=self._board, log=self._log)
        self._asker.follow(settings.second_opinion)
        self._board.put(c.RELOAD_OK, None, value=1)
        self._board.put(c.RELOADED, None, value=self._wall())

    async def _drain(self) -> None:
        await self._schedule.stop(_GRACE)

    async def _close(self) -> None:
        await self._watch.__aexit__(None, None, None)

    def _server(self) -> WebServer:
        return WebServer(
            self._board.registry,
            self.status,
            on_render=lambda seconds: self._board.put(c.EXPOSITION, None, value=seconds),
            reload=self.reload,
            config=lambda: masked(self._settings),
        )

    def _listen_to_signals(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._instruments.logging.loop_exception)
        for number, handler in (
            (signal.SIGTERM, self._asked_to_stop),
            (signal.SIGINT, self._asked_to_stop),
            (signal.SIGHUP, self._reload_asked.set),
        ):
            loop.add_signal_handler(number, handler)
            stack.callback(loop.remove_signal_handler, number)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            # Whoever asks twice does not want to wait for anything.
            os._exit(1)
        self._stop.set()

    def _started(self, server: WebServer) -> None:
        host, port = server.address
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        self._board.put(
            c.BUILD_INFO,
            None,
            __version__,
            revision(),
            platform.python_version(),
            aiohttp.__version__,
            value=1,
        )
        self._log.info(
            Event.DAEMON_STARTED,
            version=__version__,
            web=url,
            targets=[*self._settings.targets],
            polls=[f"{poller.target}/{poller.poll.name}" for poller in self._watch.pollers],
            off={
                f"{target.name}/{poll}": str(why)
                for target in self._settings.targets.values()
                for poll, why in target.idle.items()
            },
        )
        self._judge_plan()
        self._on_start(url)

    def _judge_plan(self) -> None:
        """Warn of polls that ask for more than they will get; the limiter withholds the rest."""
        for group in self._watch.plan:
            if not group.holds:
                self._log.warning(Event.PLAN_EXCEEDS_SHARE, **figures(group))

    def _look(self) -> None:
        self._instruments.scopes.refresh()
        self._watch.show_clocks()
        status = self.status()
        show_states(self._board, status)
        ready = status.ready
        self._board.put(c.READY, None, value=float(ready))
        # On the way out, ``daemon_stopping`` has said it.
        news = ready != self._was_ready and not (self._was_ready is None and not ready)
        if news and not status.draining:
            self._log.info(Event.DAEMON_READY if ready else Event.DAEMON_NOT_READY)
            self._was_ready = ready
        lost = self._instruments.logging.failures
        self._board.count(c.LOG_FAILURES, None, by=lost - self._lost_lines)
        self._lost_lines = lost

    def _clock_stepped(self, seconds: float) -> None:
        self._log.warning(Event.CLOCK_STEPPED, seconds=round(seconds, 3))
        self._schedule.rephase()
