"""Faults of the daemon itself, each with a daemon of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from e2e.pace import SCRAPE
from e2e.scenario import PUBLIC, Fault, Scenario, alerts
from upbit_monitor.simulator import Knobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from e2e.scenario import Stage

_FRUGAL: Final = {"tickers": PUBLIC["tickers"]}

_LEAKING: Final = """\
import os, sys, threading, time
place = sys.argv.pop(1)
def leak():
    held = None
    while True:
        held = (held or bytearray(b"x") * (280 << 20)) if os.path.exists(place) else None
        time.sleep(0.2)
threading.Thread(target=leak, daemon=True).start()
from upbit_monitor.cli import main
main()
"""
"""The daemon beside a thread that holds 280 MiB while a file is there."""


@asynccontextmanager
async def _killed(stage: Stage) -> AsyncIterator[None]:
    await stage.daemon.kill()
    try:
        yield
    finally:
        await stage.daemon.start()


@asynccontextmanager
async def _frozen(stage: Stage) -> AsyncIterator[None]:
    stage.daemon.child.send(signal.SIGSTOP)
    try:
        yield
    finally:
        stage.daemon.child.send(signal.SIGCONT)


@asynccontextmanager
async def _stuttering(stage: Stage) -> AsyncIterator[None]:
    async def stutter() -> None:
        child = stage.daemon.child
        while True:
            child.send(signal.SIGSTOP)
            await asyncio.sleep(0.7)
            child.send(signal.SIGCONT)
            await asyncio.sleep(0.5)

    task = asyncio.create_task(stutter())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        stage.daemon.child.send(signal.SIGCONT)


@asynccontextmanager
async def _restarting(stage: Stage) -> AsyncIterator[None]:
    for _ in range(5):
        await stage.daemon.kill()
        await stage.daemon.start()
        await stage.daemon.ready()
        await asyncio.sleep(SCRAPE)  # it is scraped at least once
    yield


@asynccontextmanager
async def _leaking(stage: Stage) -> AsyncIterator[None]:
    place = _leak(stage)
    place.touch()
    try:
        yield
    finally:
        place.unlink()


def _leak(stage: Stage) -> Path:
    return stage.daemon.folder / "leak"


@asynccontextmanager
async def _full_disk(stage: Stage) -> AsyncIterator[None]:
    await stage.daemon.restart(output=Path("/dev/full"))
    try:
        yield
    finally:
        await stage.daemon.restart()


@asynccontextmanager
async def _no_state(stage: Stage) -> AsyncIterator[None]:
    file = stage.folder / "a-file"
    file.touch()
    await stage.daemon.restart(state=file / "state")
    try:
        yield
    finally:
        await stage.daemon.restart()


def _rewritten(
    text: str | None = None,
    *,
    target: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Fault:
    """Write another configuration and reload it; write the old one and reload it."""

    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        daemon = stage.daemon
        before = daemon.config
        ours = {**before["targets"][daemon.name], **(target or {})}
        daemon.config = before | {"targets": {daemon.name: ours}} | dict(settings or {})
        daemon.write(text)
        await daemon.reload()
        try:
            yield
        finally:
            daemon.config = before
            daemon.write()
            await daemon.reload()

    return fault


@asynccontextmanager
async def _offline(stage: Stage) -> AsyncIterator[None]:
    assert stage.host is not None  # noqa: S101 -- the scenario says `beside`
    await stage.host.shut()
    await stage.venue.shut()
    try:
        yield
    finally:
        await stage.venue.open()
        await stage.host.open()


def _alone(name: str, story: str, fault: Fault, **more: Any) -> Scenario:  # noqa: ANN401
    return Scenario(**{
        "name": name, "story": story, "fault": fault, "daemon": name, "polls": _FRUGAL, **more
    })  # fmt: skip


SCENARIOS: Final = (
    _alone("killed", "the daemon is killed", _killed, told=alerts("MonitorDown")),
    _alone("frozen", "the daemon is stopped (SIGSTOP)", _frozen, told=alerts("MonitorDown")),
    _alone(
        "stuttering",
        "the daemon is stopped for 0.7 s of each 1.2 s",
        _stuttering,
        polls={"tickers": {**PUBLIC["tickers"], "every": "250ms"}},
        knobs=Knobs(),  # no time for an answer to come in between
        told=alerts("MonitorEventLoopBlocked", "MonitorPollsMisfiring"),
    ),
    _alone(
        "restarting",
        "the daemon dies again and again",
        _restarting,
        told=alerts("MonitorRestarting"),
    ),
    _alone(
        "leaking",
        "the daemon holds 280 MiB more than it needs",
        _leaking,
        command=(sys.executable, "-c", _LEAKING, "{folder}/leak"),
        told=alerts("MonitorMemoryHigh"),
    ),
    _alone(
        "bad_reload",
        "a configuration that is wrong is reloaded",
        _rewritten("targets: {"),
        told=alerts("MonitorConfigReloadFailed"),
    ),
    _alone(
        "capped",
        "more markets are watched than may be shown",
        _rewritten(settings={"metrics": {"series_cap": 3}}),
        polls={"tickers": {"every": "1s", "watch": ["SGD-*"], "stale_after": "100h"}},
        told=alerts("MonitorSeriesCapped"),
    ),
    _alone(
        "starved",
        "the share is cut to less than the polls ask for",
        _rewritten(target={"share": 0.03}),
        region="kr",
        polls={
            name: {"every": "2s"}
            for name in ("open_orders", "accounts", "wallet_status", "api_keys", "order_chance")
        },
        keyed=True,
        target={"timeouts": {"connect": "1s", "read": "1s", "total": "1s"}},
        told=alerts("DataStale"),
    ),
    _alone("log_lost", "the log is on a full disk", _full_disk, told=alerts("MonitorLogsLost")),
    _alone(
        "stateless",
        "the directory for the state cannot be made",
        _no_state,
        told=alerts("MonitorStateUnusable"),
    ),
    _alone(
        "offline",
        "neither the exchange nor another host can be reached",
        _offline,
        beside=True,
        told=alerts("MonitorOffline"),
        muted=alerts(
            "ApiDown", "EndpointDown", "DataStale",
            "ApiErrorBudgetBurnFast", "ApiErrorBudgetBurnSlow",
        ),
    ),
)  # fmt: skip
