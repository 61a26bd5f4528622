"""One run from beginning to end: what is started, played, judged and kept."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from e2e import dashboards, exemplar, matrix
from e2e.alertmanager import alertmanager
from e2e.clues import clues
from e2e.failure import Failure
from e2e.faults import ABSENT, SCENARIOS
from e2e.house import house
from e2e.kept import keep, kept, on_what_was_kept
from e2e.pace import LOOK
from e2e.play import FORGOTTEN, Play
from e2e.prometheus import prometheus, written
from e2e.verdict import outcomes
from mixin.alerts import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from e2e.prometheus import Prometheus
    from e2e.scenario import Scenario

FOLDER: Final = ".e2e"
"""Below the root: everything that a run leaves."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run is to do."""

    root: Path
    only: Sequence[str] = ()
    matrix: Path | None = None

    @property
    def folder(self) -> Path:
        """Where everything is left."""
        return self.root / FOLDER


async def run(wishes: Wishes, say: Callable[[str], None]) -> bool:
    """Play the scenarios; tell whether all is as it should be. Raises ``Failure``."""
    chosen = _chosen(wishes.only)
    folder = wishes.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        address, receiver = await stack.enter_async_context(alertmanager(wishes.root, folder))
        targets = written(folder, wishes.root, alertmanager=address)
        targets.write_text("[]")
        stages = await stack.enter_async_context(house(chosen, folder))
        asked = await stack.enter_async_context(prometheus(folder))
        play = Play(asked, receiver, stages, targets, say)
        wrong = await play.run()
        wrong += await play.strain()
        if not wishes.only:
            await play.forget()
        firing = await asked.over('ALERTS{alertstate="firing"}', play.phases["quiet"], time.time())
        logs = {stage.daemon.name: str(stage.daemon.log) for stage in stages.values()}
        keep(folder, play.phases, play.spans, logs)
        if not wishes.only:
            wrong += await _seen_or_why_not(asked, wishes.root)
            say(dashboards.extent(wishes.root / "dashboards"))
    scenarios = {**play.scenarios, ABSENT: FORGOTTEN}
    found = outcomes(play.spans, scenarios, firing, receiver.told)
    order = {name: place for place, name in enumerate((*SCENARIOS, ABSENT))}
    found.sort(key=lambda one: order[one.scenario.name])
    say("\n".join(matrix.times(found)))
    say("")
    say(matrix.text(found, [name for name in ALERTS if name != "Watchdog"]))
    for outcome in found:
        wrong += [f"{outcome.scenario.name}: {fault}" for fault in outcome.faults]
    if not wishes.only:
        wrong += [f"{name}: no fault brings it about" for name in matrix.unproved(found, ALERTS)
                  if name != "Watchdog"]  # fmt: skip
    say(f"\n{time.monotonic() - started:.0f} s")
    for one in wrong:
        say(f"WRONG  {one}")
    for line in clues(found, logs, folder):
        say(line)
    if wishes.matrix is not None:
        wishes.matrix.write_text(matrix.markdown(found), encoding="utf-8")
    return not wrong


async def seen(asked: Prometheus, root: Path) -> list[str]:
    """Hold dashboards and exemplars against what was kept of a run; give what is wrong."""
    played, logs = kept(root / FOLDER)
    return [
        *await dashboards.checked(asked, root / "dashboards", played),
        *await exemplar.followed(asked, played, logs),
    ]


async def _seen_or_why_not(asked: Prometheus, root: Path) -> list[str]:
    """Do the same; that it cannot be done is one more thing that is wrong, and spoils no matrix."""
    try:
        return await seen(asked, root)
    except Failure as failure:
        return [str(failure)]


async def check(root: Path, say: Callable[[str], None]) -> bool:
    """Look again at what a run has left. Raises ``Failure``."""
    async with on_what_was_kept(root / FOLDER) as asked:
        wrong = await seen(asked, root)
    say(dashboards.extent(root / "dashboards"))
    for one in wrong:
        say(f"WRONG  {one}")
    return not wrong


async def serve(root: Path, port: int | None, say: Callable[[str], None]) -> bool:
    """Serve what a run has left, until it is told to end. Raises ``Failure``."""
    run, _ = kept(root / FOLDER)
    async with on_what_was_kept(root / FOLDER, port=port) as asked:
        begin, end = run.phases["quiet"], run.phases["end"]
        say(f"{asked.url}  from {begin:.0f} to {end:.0f} (Unix seconds)")
        while True:
            asked.child.check()
            await asyncio.sleep(LOOK)


def _chosen(only: Sequence[str]) -> list[Scenario]:
    unknown = [name for name in only if name not in SCENARIOS]
    if unknown:
        raise Failure(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    return [one for one in SCENARIOS.values() if not only or one.name in only]
