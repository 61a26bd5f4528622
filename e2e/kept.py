"""What a run leaves: its Prometheus' data, and when each phase and each fault began and ended."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from e2e.dashboards import Run
from e2e.failure import Failure
from e2e.faults import SCENARIOS
from e2e.prometheus import prometheus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from e2e.prometheus import Prometheus


def keep(
    folder: Path,
    phases: Mapping[str, float],
    spans: Mapping[str, tuple[float, float]],
    daemons: Mapping[str, str],
) -> None:
    """Write down a run: Unix seconds of phases and faults, and the log of each daemon."""
    told = {"phases": phases, "spans": spans, "logs": daemons}
    (folder / "run.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def kept(folder: Path) -> tuple[Run, Mapping[str, str]]:
    """Read it again: the run, and the logs by daemon. Raises ``Failure`` if there is none."""
    file = folder / "run.json"
    try:
        told = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise Failure(f"{file} is not there: `python -m e2e run` makes it") from None
    spans = {name: (began, ended) for name, (began, ended) in told["spans"].items()}
    return Run(told["phases"], spans, SCENARIOS), told["logs"]


@asynccontextmanager
async def on_what_was_kept(folder: Path, *, port: int | None = None) -> AsyncIterator[Prometheus]:
    """Run a Prometheus on the data of a run. It scrapes nothing, and evaluates no rule."""
    place = folder / "serve"
    place.mkdir(exist_ok=True)
    (place / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    if not (place / "data").exists():
        (place / "data").symlink_to(folder / "data", target_is_directory=True)
    async with prometheus(place, port=port) as running:
        yield running
