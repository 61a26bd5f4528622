"""The daemon's own hour, in virtual time: two targets at usual intervals, scraped as they go.

All of the daemon's work is the real one: pollers, schedule, clients, limiters, pulse, reload. What
only a machine has (sockets, a web server, a process) stands beside it as it usually is.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.app.house import House, settings, target
from tests.mixin.film import Film
from tests.simulated import SimulatedTransport
from upbit_monitor.app.memory import Memory
from upbit_monitor.app.pulse import Pulse
from upbit_monitor.app.status import show_states, status
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tests.app.wall import Wall
    from upbit_monitor.app.schedule import Schedule
    from upbit_monitor.app.watch import Watch

MINUTE: Final = 60.0
DAY: Final = 86_400.0

_SCRAPE: Final = 15.0
_LABELS: Final = 'job="upbit-monitor",instance="monitor:10931"'
_USUAL: Final = Knobs(
    latency_ms=45.0,
    spike_rate=0.005,
    spike_ms=1_500.0,
    server_error_rate=0.003,
    orders_per_minute=1.0,
    clock_offset_seconds=0.3,
)
"""A healthy exchange as it really is: now and then slow, now and then a 5xx."""

_OF_THE_MACHINE: Final = """\
up 1
process_resident_memory_bytes 9.5e+07
process_start_time_seconds 1.7e+09
"""
"""What the scrape and the client library add."""

Deed: TypeAlias = "Callable[[Hour], Awaitable[None]]"


class Hour:
    """A daemon and its two exchanges.

    Its state: everything in them, the configuration in force with its schedule, and the film.
    """

    def __init__(self, wall: Wall, *, seed: int) -> None:
        self.house = House(wall)
        self.wall = wall
        key = Key(access="access-key-of-the-hour", secret="secret-of-the-hour-" * 4)
        self.exchanges = {
            "korea": SimulatedExchange("kr", seed=seed, keys=(key,), knobs=_USUAL),
            "singapore": SimulatedExchange("sg", seed=seed, keys=(), knobs=_USUAL),
        }
        self._settings = settings(
            target("korea", _polls("KRW", POLLS), key=key),
            target("singapore", _polls("SGD", _PUBLIC), region="sg"),
        )
        self._key = key
        self._in_force = AsyncExitStack()
        self._watch: Watch
        self._schedule: Schedule

    async def live(self, minutes: int, deeds: Iterable[tuple[float, Deed]]) -> Film:
        """Let time pass, do each deed at its minute, and give the film of it all."""
        board, clock = self.house.board, asyncio.get_running_loop().time
        self.exchanges["korea"].issue(replace(self._key, expires_at=self.wall() + 200 * DAY))
        Memory(None, board=board, log=self.house.log)
        board.count(c.LOG_FAILURES, None, by=0)
        board.put(c.OPINION_UP, None, value=1)
        film = Film(self.wall(), _SCRAPE, _LABELS)
        await self._open()
        # The daemon looks at each beat of its pulse; who scrapes sees the last look alone.
        pulse = Pulse(board, on_look=_nothing, on_clock_step=_nothing, wall=self.wall)
        aside = [
            asyncio.create_task(pulse.run()),
            asyncio.create_task(self._scraped(film)),
        ]
        began = clock()
        for minute, deed in deeds:
            await asyncio.sleep(began + minute * MINUTE - clock())
            await deed(self)
        await asyncio.sleep(began + minutes * MINUTE + 1 - clock())
        for task in aside:
            task.cancel()
        await asyncio.wait(aside)
        await self._close()
        return film

    def turn(self, name: str, **knobs: Any) -> None:  # noqa: ANN401 -- as they are
        """Turn knobs of an exchange, and leave the others as usual."""
        self.exchanges[name].turn(replace(_USUAL, **knobs))

    async def reload(self) -> None:
        """Put the configuration in force anew."""
        await self._close()
        with self.house.board.renewal():
            await self._open()

    async def _open(self) -> None:
        board = self.house.board
        self._watch = await self._in_force.enter_async_context(
            self.house.watch(
                self._settings,
                lambda target: SimulatedTransport(self.exchanges[target.name], wall=self.wall),
            )
        )
        # As the handshake of a connection tells it.
        for name in self.exchanges:
            board.put(c.CERTIFICATE_END, name, value=self.wall() + 60 * DAY)
        self._schedule = self.house.schedule(self._watch)
        board.put(c.RELOAD_OK, None, value=1)
        board.put(c.RELOADED, None, value=self.wall())
        self._schedule.start()

    async def _close(self) -> None:
        await self._schedule.stop(1.5)
        await self._in_force.aclose()

    async def _scraped(self, film: Film) -> None:
        while True:
            self._look()
            film.take(self.house.board.registry, _OF_THE_MACHINE)
            await asyncio.sleep(_SCRAPE)

    def _look(self) -> None:
        """Do as the daemon does when it looks at itself."""
        self._watch.show_clocks()
        now = status(self._watch, started_at=0.0, now=self.wall())
        show_states(self.house.board, now)
        self.house.board.put(c.READY, None, value=float(now.ready))


def _nothing(*_: object) -> None:
    """Leave it at that."""


_PUBLIC: Final = tuple(name for name, poll in POLLS.items() if not poll.private)


def _polls(quote: str, names: Iterable[str]) -> dict[str, Any]:
    """Give polls as most people have them: their own intervals, and a few markets watched."""
    watched = (f"{quote}-BTC", f"{quote}-ETH")
    options: dict[str, dict[str, Any]] = {
        "markets": {"watch": watched},
        "tickers": {"watch": watched},
        "orderbook": {"watch": watched},
        "trades": {"watch": watched[:1]},
        "candles": {"watch": watched[:1]},
        "open_orders": {"watch": watched},
        "accounts": {"currencies": (quote,)},
        "wallet_status": {"watch": ("BTC",)},
        "order_chance": {"watch": watched[:1]},
    }
    return {name: POLLS[name].options(**options.get(name, {})) for name in names}
