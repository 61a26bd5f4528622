"""A Prometheus of our own: the rules of the mixin, hastened; its questions and its answers."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import yaml

from e2e.failure import Failure
from e2e.pace import LOOK, SCRAPE, TIMES
from e2e.processes import Child, free_port, program
from mixin.alerts import GROUPS
from mixin.recording import RECORDING
from mixin.render import rules_file
from mixin.rule import RUNBOOKS
from tests.tool import PROMETHEUS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from pathlib import Path

_START_SECONDS: Final = 60.0

Series = dict[str, Any]
"""One series of an answer: `metric`, and `value` or `values`."""


def configuration(given: Mapping[str, Any], *, targets: str, alertmanager: str) -> dict[str, Any]:
    """Derive our configuration from the one that is shipped.

    It scrapes the daemons alone, as they stand in the file ``targets``, and so often that a
    hastened window has as many samples as it needs.
    """
    every = f"{SCRAPE * 1000:.0f}ms"
    (job,) = (one for one in given["scrape_configs"] if one["job_name"] == "upbit-monitor")
    return {
        **given,
        "global": {**given["global"], "scrape_interval": every, "evaluation_interval": every,
                   "scrape_timeout": every},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [{**job, "file_sd_configs": [{"files": [targets]}]}],
    }  # fmt: skip


def rules(times: float = TIMES) -> dict[str, str]:
    """Give the files of rules, hastened, by name."""
    groups = {"recording.yml": RECORDING, "alerts.yml": GROUPS}
    return {
        name: rules_file((group.hastened(times) for group in these), runbooks=RUNBOOKS)
        for name, these in groups.items()
    }


def sd_file(instances: Mapping[str, str]) -> str:
    """Give the file by which Prometheus finds the daemons: addresses by instance."""
    return json.dumps(
        [
            {"targets": [address], "labels": {"instance": name}}
            for name, address in instances.items()
        ]
    )


class Prometheus:
    """A running Prometheus. Its state is the process, and the session that asks it."""

    def __init__(self, child: Child, url: str, session: aiohttp.ClientSession) -> None:
        self.child = child
        self.url = url
        self._session = session

    async def ask(self, path: str, **parameters: str | float) -> Any:  # noqa: ANN401 -- JSON
        """Ask its API. Raises ``Failure`` with its own words for a question that it refuses."""
        self.child.check()
        try:
            async with self._session.post(f"{self.url}/api/v1/{path}", data=parameters) as answer:
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failure(f"Prometheus gives no answer ({error!r}); see {self.child.log}") from None
        if told["status"] != "success":
            raise Failure(f"Prometheus refuses {parameters.get('query', path)}: {told['error']}")
        return told["data"]

    async def at(self, query: str, time: float | None = None) -> list[Series]:
        """Give the value of an expression at a Unix time, or now."""
        when = {} if time is None else {"time": time}
        data = await self.ask("query", query=query, **when)
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        found: list[Series] = data["result"]
        return found

    async def over(self, query: str, start: float, end: float, step: float = LOOK) -> list[Series]:
        """Give the values of an expression between two Unix times."""
        data = await self.ask("query_range", query=query, start=start, end=end, step=step)
        found: list[Series] = data["result"]
        return found

    async def values(self, label: str, selector: str, start: float, end: float) -> list[str]:
        """Give the values of a label, of the series that a selector finds."""
        # A form is not read from a POST here, by Prometheus 2.42.
        data = await self._get(
            f"label/{label}/values", {"match[]": selector, "start": start, "end": end}
        )
        found: list[str] = data
        return found

    async def exemplars(self, query: str, start: float, end: float) -> list[Series]:
        """Give the exemplars of the series that an expression names."""
        found: list[Series] = await self._get(
            "query_exemplars", {"query": query, "start": start, "end": end}
        )
        return found

    async def _get(self, path: str, parameters: Mapping[str, str | float]) -> Any:  # noqa: ANN401
        self.child.check()
        async with self._session.get(f"{self.url}/api/v1/{path}", params=parameters) as answer:
            told = await answer.json()
        if told["status"] != "success":
            raise Failure(f"Prometheus refuses {path} of {parameters}: {told['error']}")
        return told["data"]


@asynccontextmanager
async def prometheus(
    folder: Path, *, port: int | None = None, flags: Iterable[str] = ()
) -> AsyncIterator[Prometheus]:
    """Run a Prometheus on ``folder/prometheus.yml`` and ``folder/data``. Raises ``Failure``."""
    port = port or free_port()
    argv = (
        *program(PROMETHEUS),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=100y",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
        *flags,
    )
    child = Child("prometheus", argv, log=folder / "prometheus.log")
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        try:
            await child.start()
            await answering(child, session, f"{url}/-/ready")
            yield Prometheus(child, url, session)
        finally:
            await child.end(signal.SIGTERM)


async def answering(child: Child, session: aiohttp.ClientSession, url: str) -> None:
    """Wait until a program answers 200. Raises ``Failure`` if it ends, or takes too long."""
    try:
        async with asyncio.timeout(_START_SECONDS):
            while True:
                child.check()
                try:
                    async with session.get(url) as answer:
                        if answer.status == 200:  # noqa: PLR2004 -- the number is the name
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Failure(
            f"{child.name} is not ready after {_START_SECONDS:g} s; see {child.log}"
        ) from None


def written(folder: Path, root: Path, *, alertmanager: str) -> Path:
    """Write rules and configuration below ``folder``; give the file of targets, not yet there."""
    for name, text in rules().items():
        place = folder / "rules" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    shipped = yaml.safe_load((root / "config/prometheus/prometheus.yml").read_text("utf-8"))
    ours = configuration(shipped, targets="targets.json", alertmanager=alertmanager)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(ours), encoding="utf-8")
    return folder / "targets.json"
