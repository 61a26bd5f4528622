"""An Alertmanager of our own: the routes and inhibitions that are shipped, and who is told."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import yaml
from aiohttp import web

from e2e.failure import Failure
from e2e.pace import TIMES
from e2e.processes import Child, free_port, program
from e2e.prometheus import answering
from mixin.rule import hastened
from tests.tool import ALERTMANAGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

_DURATIONS = frozenset({"group_wait", "group_interval", "repeat_interval"})


def configuration(
    given: Mapping[str, Any], *, webhook: str, times: float = TIMES
) -> dict[str, Any]:
    """Derive our configuration from the one that is shipped.

    Routes and inhibitions stay, waits are so many times shorter, and every receiver is our
    ``webhook``, which is told the receiver's name.
    """
    receivers = [
        {
            "name": one["name"],
            "webhook_configs": [{"url": f"{webhook}/{one['name']}", "send_resolved": True}],
        }
        for one in given["receivers"]
    ]
    return {**given, "route": _hastened(given["route"], times), "receivers": receivers}


def _hastened(route: Mapping[str, Any], times: float) -> dict[str, Any]:
    faster = {
        key: hastened(value, times) if key in _DURATIONS else value for key, value in route.items()
    }
    if "routes" in route:
        faster["routes"] = [_hastened(one, times) for one in route["routes"]]
    return faster


@dataclass(frozen=True, slots=True)
class Told:
    """One alert in one message: who was told, when (Unix seconds), what."""

    at: float
    receiver: str
    firing: bool
    labels: Mapping[str, str]


@dataclass
class Receiver:
    """Whoever is told. Its state is all that was told so far."""

    told: list[Told] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        """Take in a message of Alertmanager's webhook."""
        message = await request.json()
        now = time.time()
        self.told += [
            Told(now, request.match_info["receiver"], alert["status"] == "firing", alert["labels"])
            for alert in message["alerts"]
        ]
        return web.Response()


@asynccontextmanager
async def alertmanager(root: Path, folder: Path) -> AsyncIterator[tuple[str, Receiver]]:
    """Run an Alertmanager; give its address and its receiver. Raises ``Failure``."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{receiver}", receiver.hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        webhook = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with _running(root, folder, webhook) as address:
            yield address, receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _running(root: Path, folder: Path, webhook: str) -> AsyncIterator[str]:
    file = root / "config/alertmanager/alertmanager.yml"
    try:
        shipped = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Failure(f"{file} cannot be read: {error}") from None
    place = folder / "alertmanager.yml"
    place.write_text(yaml.safe_dump(configuration(shipped, webhook=webhook)), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    argv = (
        *program(ALERTMANAGER),
        f"--config.file={place}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",  # it is alone
        "--log.level=warn",
    )
    child = Child("alertmanager", argv, log=folder / "alertmanager.log")
    try:
        await child.start()
        async with aiohttp.ClientSession() as session:
            await answering(child, session, f"http://{address}/-/ready")
        yield address
    finally:
        await child.end()
