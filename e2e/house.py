"""Everything that is watched and that watches: exchanges and daemons for a set of scenarios."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from e2e.daemons import DaemonProcess
from e2e.scenario import Stage
from e2e.venue import Front, Host, Venue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from pathlib import Path

    from e2e.scenario import Scenario

_TIMEOUTS: Final = {"connect": "1s", "read": "3s", "total": "3s"}

_AT_ONCE: Final = 3
"""Daemons that start at the same time: to start takes most of a second of a core."""


@asynccontextmanager
async def house(scenarios: Iterable[Scenario], folder: Path) -> AsyncIterator[dict[str, Stage]]:
    """Open every exchange and start every daemon; give the stages by scenario.

    Raises ``Failure`` for a daemon that is not ready in time.
    """
    async with AsyncExitStack() as stack:
        parts = [await _opened(one, folder, stack) for one in scenarios]
        daemons = {}
        for name in dict.fromkeys(one.daemon for one, _, _, _ in parts):
            ours = [part for part in parts if part[0].daemon == name]
            daemons[name] = _daemon(name, folder, ours)
            stack.push_async_callback(_end, daemons[name])
        turn = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for daemon in daemons.values():
                group.create_task(_begin(daemon, turn))
        yield {
            one.name: Stage(one, venue, daemons[one.daemon], folder / one.name, front, host)
            for one, venue, front, host in parts
        }


_Part = tuple["Scenario", Venue, Front | None, Host | None]


async def _opened(scenario: Scenario, folder: Path, stack: AsyncExitStack) -> _Part:
    place = folder / scenario.name
    place.mkdir(parents=True, exist_ok=True)
    venue = Venue(scenario.name, scenario.region, scenario.knobs)
    await venue.open()
    stack.push_async_callback(venue.shut)
    front, host = None, None
    if scenario.tls:
        front = Front(venue, place)
        await front.open()
        stack.push_async_callback(front.shut)
    if scenario.beside:
        host = Host()
        await host.open()
        stack.push_async_callback(host.shut)
    return scenario, venue, front, host


def _daemon(name: str, folder: Path, parts: list[_Part]) -> DaemonProcess:
    config: dict[str, Any] = {"targets": {}}
    environ: dict[str, str] = {}
    for scenario, venue, front, host in parts:
        config["targets"][scenario.name] = {
            "region": scenario.region,
            "base_url": venue.url if front is None else front.url,
            "timeouts": _TIMEOUTS,
            **scenario.target,
            "polls": scenario.polls,
        }
        config |= scenario.settings
        if host is not None:
            opinion = {"address": host.address, "every": "1s", "timeout": "500ms"}
            config["second_opinion"] = opinion
        if front is not None:
            environ["SSL_CERT_FILE"] = str(front.authorities)
        if scenario.keyed:
            environ |= _key(scenario.name, venue)
    return DaemonProcess(
        name, folder / f"daemon-{name}", config, environ, command=_command(name, parts, folder)
    )


def _command(name: str, parts: list[_Part], folder: Path) -> tuple[str, ...]:
    command = parts[0][0].command
    return tuple(part.replace("{folder}", str(folder / f"daemon-{name}")) for part in command)


def _key(name: str, venue: Venue) -> Mapping[str, str]:
    prefix = f"UPBIT_MONITOR_{name.upper()}"
    return {
        f"{prefix}_ACCESS_KEY": venue.key.access,
        f"{prefix}_SECRET_KEY": venue.key.secret,
    }


async def _begin(daemon: DaemonProcess, turn: asyncio.Semaphore) -> None:
    async with turn:
        await daemon.start()
        await daemon.ready()


async def _end(daemon: DaemonProcess) -> None:
    await daemon.child.end()
