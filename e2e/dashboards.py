"""Every panel has data, and shows what each fault implies: asked of the Prometheus of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from e2e import queries as q
from e2e.expectations import EXPECTATIONS, Expected
from e2e.pace import SCRAPE
from e2e.scenario import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from e2e.prometheus import Prometheus, Series
    from e2e.queries import Query
    from e2e.scenario import Scenario

_STEP: Final = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run. Times are Unix seconds: of its phases, and of each fault."""

    phases: Mapping[str, float]
    spans: Mapping[str, tuple[float, float]]
    scenarios: Mapping[str, Scenario]

    def span(self, phase: str, scenario: str | None) -> tuple[float, float]:
        """Give when a phase begins and ends: the fault's own for a scenario."""
        if phase == "fault":
            return (
                self.spans[scenario] if scenario else (self.phases["fault"], self.phases["after"])
            )
        if phase == "quiet":
            return self.phases["quiet"] + 4 * SCRAPE, self.phases["fault"]
        return self.phases["after"], self.phases["absent"]

    @property
    def length(self) -> float:
        """Seconds from the first scrape to the end."""
        return self.phases["end"] - self.phases["quiet"]


def extent(folder: Path) -> str:
    """Say how much is asked of the dashboards in a folder, and expected of them."""
    models = q.read(folder)
    asked = sum(len(q.queries(name, model)) for name, model in models.items())
    shown = sum(len(list(q.panels(model))) for model in models.values())
    wishes = [wish for panels in EXPECTATIONS.values() for all_ in panels.values() for wish in all_]
    return (
        f"{len(models)} dashboards: {asked} queries of {shown} panels, "
        f"{len(wishes)} expectations of them"
    )


async def checked(prometheus: Prometheus, folder: Path, run: Run) -> list[str]:
    """Give what the dashboards in a folder show wrongly, or not at all, in words."""
    wrong: list[str] = []
    for name, model in q.read(folder).items():
        values = q.everything(
            (one["name"] for one in model["templating"]["list"]), scrape=SCRAPE, length=run.length
        )
        wrong += await _without_values(prometheus, q.choices(name, model), values, run)
        asked = q.queries(name, model)
        wrong += await _without_data(prometheus, [*asked, *q.events(name, model)], values, run)
        wrong += await _unlike(prometheus, name, asked, values, run)
    return wrong


async def _without_values(
    prometheus: Prometheus, choices: Iterable[q.Choice], values: Mapping[str, str], run: Run
) -> list[str]:
    wrong = []
    for choice in choices:
        selector = q.filled(choice.selector, values)
        found = await prometheus.values(
            choice.label, selector, run.phases["quiet"], run.phases["end"]
        )
        if not found:
            wrong.append(f"{choice.place} has nothing to choose from: {selector}")
    return wrong


async def _without_data(
    prometheus: Prometheus, asked: Iterable[Query], values: Mapping[str, str], run: Run
) -> list[str]:
    """Look at one moment first, and where there is nothing, at all of the run."""
    wrong = []
    for one in asked:
        expr = q.filled(one.expr, values)
        found = any(map(_number, await prometheus.at(expr, run.phases["fault"] - 1)))
        if not found:
            series = await prometheus.over(expr, run.phases["quiet"], run.phases["end"], _STEP)
            found = any(
                not math.isnan(float(text)) for each in series for _, text in each["values"]
            )
        if not found:
            wrong.append(f"{one.place} has no data: {' '.join(expr.split())}")
    return wrong


def _number(series: Series) -> bool:
    return not math.isnan(float(series["value"][1]))


async def _unlike(
    prometheus: Prometheus, name: str, asked: Iterable[Query], values: Mapping[str, str], run: Run
) -> list[str]:
    """Hold each panel against what is expected of it; each must have expectations."""
    expected = EXPECTATIONS.get(name, {})
    by_panel: dict[str, dict[str, Query]] = {}
    for one in asked:
        by_panel.setdefault(one.panel, {})[one.ref] = one
    wrong = [f"{name} / {panel}: nothing is expected of it" for panel in by_panel.keys() - expected]
    wrong += [f"{name} / {panel}: there is no such panel" for panel in expected.keys() - by_panel]
    for panel, wishes in expected.items():
        for wish in wishes:
            query = by_panel.get(panel, {}).get(wish.ref)
            if query is None:
                wrong.append(f"{name} / {panel}: has no query {wish.ref}")
            elif wish.scenario is None or wish.scenario in run.spans:
                wrong += await _unlike_one(prometheus, query, wish, values, run)
    return wrong


async def _unlike_one(
    prometheus: Prometheus, query: Query, wish: Expected, values: Mapping[str, str], run: Run
) -> list[str]:
    chosen = dict(values)
    if wish.scenario is not None:
        daemon = run.scenarios[wish.scenario].daemon
        chosen |= {"instance": daemon} | (
            {"target": wish.scenario} if daemon in SHARED or "target" in chosen else {}
        )
        if wish.whole:
            chosen["target"] = q.ALL
    begin, end = run.span(wish.phase, wish.scenario)
    expr = q.filled(query.expr, chosen)
    series = await prometheus.over(expr, begin, end, _STEP)
    fault = wish.fault([one for one in series if _matches(one, wish.labels)])
    return [f"{query.place}: {fault}; {' '.join(expr.split())}"] if fault else []


def _matches(series: Series, labels: Mapping[str, str]) -> bool:
    return all(series["metric"].get(label) == value for label, value in labels.items())
