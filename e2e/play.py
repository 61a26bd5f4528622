"""The play: quiet, then every fault at once until all is told, then calm until all has resolved."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from e2e.faults import ABSENT
from e2e.faults.means import nothing
from e2e.pace import CALM, HOLD, LONGEST, LOOK, QUIET
from e2e.prometheus import sd_file
from e2e.scenario import SHARED, Scenario, alerts
from e2e.verdict import ALWAYS, first_told, owner, spells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from e2e.alertmanager import Receiver
    from e2e.prometheus import Prometheus, Series
    from e2e.scenario import Stage

FORGOTTEN: Final = Scenario(
    name=ABSENT,
    story="Prometheus has no daemon to scrape",
    fault=nothing,
    told=alerts("MonitorAbsent"),
)


def _first(found: list[Series]) -> str:
    return f"{float(found[0]['value'][1]):.2f} s" if found else "unknown"


@dataclass
class Play:
    """One run. Its state: when each phase and each fault began and ended, in Unix seconds."""

    prometheus: Prometheus
    receiver: Receiver
    stages: Mapping[str, Stage]
    targets: Path
    say: Callable[[str], None]
    phases: dict[str, float] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Every scenario that is played."""
        return {name: stage.scenario for name, stage in self.stages.items()}

    async def run(self) -> list[str]:
        """Play it all. Give what was wrong beside the faults' own outcomes, in words."""
        instances = {stage.daemon.name: stage.daemon.address for stage in self.stages.values()}
        self.targets.write_text(sd_file(instances))
        await self._scraped(len(instances))
        wrong = await self._quiet()
        self._phase("fault")
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for stage in self.stages.values():
                group.create_task(self._fault(stage, over))
            await self._until(self._all_told, LONGEST, "not every alert was told")
            await asyncio.sleep(HOLD)
            over.set()
        self._phase("after")
        left = await self._until(self._all_calm, CALM, "not every alert resolved")
        wrong += [f"did not resolve: {name}" for name in left]
        return wrong

    async def strain(self) -> list[str]:
        """Tell how the machine kept up; give what of it makes the outcome doubtful."""
        since = f"{time.time() - self.phases['quiet']:.0f}s"
        shared = f'instance=~"{"|".join(SHARED)}"'
        slowest = await self.prometheus.at(
            f"topk(1, max_over_time(scrape_duration_seconds{{{shared}}}[{since}]))"
        )
        lag = await self.prometheus.at(
            f"topk(1, histogram_quantile(0.99, rate(upbit_monitor_event_loop_lag_seconds_bucket"
            f"{{{shared}}}[{since}])))"
        )
        lost = await self.prometheus.at(f"count_over_time((up{{{shared}}} == 0)[{since}:])")
        load = os.getloadavg()[0]
        self.say(
            f"longest scrape {_first(slowest)}, loop late by {_first(lag)} (p99), "
            f"load {load:.1f} on {os.cpu_count()} cores"
        )
        return [
            f"the machine did not keep up (load {load:.1f}): {one['value'][1]} s without a scrape "
            f"of daemon {one['metric']['instance']}; end what else runs, and try again"
            for one in lost
        ]

    async def forget(self) -> None:
        """Let Prometheus lose sight of every daemon, until it says so."""
        self._phase(ABSENT)
        began = time.time()
        self.targets.write_text(json.dumps([]))
        await self._until(self._absent_told, 60.0, "nobody was told that no daemon is known")
        self.spans[ABSENT] = (began, time.time())
        self._phase("end")

    # -- phases -----------------------------------------------------------------------------

    def _phase(self, name: str) -> None:
        self.phases[name] = time.time()
        self.say(f"{name}: {time.strftime('%H:%M:%S')}")

    async def _scraped(self, daemons: int) -> None:
        async def missing() -> list[str]:
            up = await self.prometheus.at("sum(up)")
            seen = float(up[0]["value"][1]) if up else 0.0
            return [] if seen >= daemons else [f"{daemons - seen:.0f} daemons not scraped"]

        await self._until(missing, 60.0, "Prometheus does not see every daemon")
        self._phase("quiet")

    async def _quiet(self) -> list[str]:
        await asyncio.sleep(QUIET)
        loud = await self.prometheus.at(
            f"count by (alertname, instance, target) "
            f'(count_over_time(ALERTS{{alertstate="firing",alertname!="{ALWAYS}"}}'
            f"[{QUIET + 10:.0f}s]))"
        )
        return [f"fired without a fault: {series['metric']}" for series in loud]

    async def _fault(self, stage: Stage, over: asyncio.Event) -> None:
        scenario = stage.scenario
        began = time.time()
        async with scenario.fault(stage):
            try:
                async with asyncio.timeout(scenario.lasts):
                    await over.wait()
            except TimeoutError:
                pass
            ended = time.time()
        self.spans[scenario.name] = (began, ended)

    # -- conditions ---------------------------------------------------------------------------

    async def _until(self, left: Callable[..., object], seconds: float, what: str) -> list[str]:
        """Look until nothing is left to wait for; give what is left when time is up."""
        end = time.monotonic() + seconds
        while True:
            rest: list[str] = await left()  # type: ignore[misc]
            if not rest:
                return []
            if time.monotonic() > end:
                self.say(f"{what} within {seconds:g} s: {'; '.join(rest)}")
                return rest
            await asyncio.sleep(LOOK)

    async def _all_told(self) -> list[str]:
        told = first_told(self.receiver.told, self.scenarios)
        began = self.phases["fault"]
        firing = await self.prometheus.over('ALERTS{alertstate="firing"}', began, time.time())
        fired = spells(firing, self.scenarios)
        return [
            f"{name}: {', '.join(sorted(lacking))}"
            for name, one in self.scenarios.items()
            if (lacking := (one.told - told[name].keys()) | (one.muted - fired[name].keys()))
        ]

    async def _all_calm(self) -> list[str]:
        firing = await self.prometheus.at(f'ALERTS{{alertstate="firing",alertname!="{ALWAYS}"}}')
        return sorted({f"{one['metric']['alertname']} ({owner(one['metric'], self.scenarios)})"
                       for one in firing})  # fmt: skip

    async def _absent_told(self) -> list[str]:
        told = first_told(self.receiver.told, {ABSENT: FORGOTTEN})
        return sorted(FORGOTTEN.told - told[ABSENT].keys())
