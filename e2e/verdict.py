"""What fired and what was told, held against what each fault should have brought about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from e2e.faults import ABSENT
from e2e.scenario import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from e2e.alertmanager import Told
    from e2e.prometheus import Series
    from e2e.scenario import Scenario

BYSTANDER: Final = "healthy"
"""To it belongs what is said of a daemon that many share, and not of one of its targets."""

ALWAYS: Final = "Watchdog"


@dataclass(slots=True)
class Spell:
    """For how long one alert fired for one scenario, in Unix seconds of its first and last."""

    first: float
    last: float


@dataclass(slots=True)
class Outcome:
    """What became of one scenario. Times are Unix seconds.

    ``told``: when each alert was first told while the fault went on; ``echoes``: those that were
    first told after it.
    """

    scenario: Scenario
    began: float
    ended: float
    fired: dict[str, Spell] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    echoes: dict[str, float] = field(default_factory=dict)

    @property
    def muted(self) -> frozenset[str]:
        """What fired while the fault went on, and was not told."""
        during = {name for name, spell in self.fired.items() if spell.first <= self.ended}
        return frozenset(during - self.told.keys() - self.echoes.keys()) | (
            frozenset(during & self.echoes.keys())
        )

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        told, wanted = frozenset(self.told), self.scenario
        found = {
            "not told": wanted.told - told,
            "told, though it should not have been": told - wanted.told,
            "not fired, though it should have been and be muted": wanted.muted - self.fired.keys(),
            "fired, though it should not have": self.muted - wanted.muted - wanted.told,
            "fired only once the fault was over": {
                name for name, spell in self.fired.items() if spell.first > self.ended
            },
        }
        return [f"{what}: {', '.join(sorted(names))}" for what, names in found.items() if names]


def owner(labels: Mapping[str, str], scenarios: Mapping[str, Scenario]) -> str | None:
    """Give the scenario that an alert is about; ``None`` for what is about none of them."""
    if labels["alertname"] == "UpbitMonitorAbsent":
        return ABSENT
    instance = labels.get("instance", "")
    target = labels.get("target", BYSTANDER if instance in SHARED else instance)
    return target if target in scenarios or target == ABSENT else None


def spells(
    firing: Iterable[Series], scenarios: Mapping[str, Scenario]
) -> dict[str, dict[str, Spell]]:
    """Sum up series of ``ALERTS`` by scenario and alert."""
    found: dict[str, dict[str, Spell]] = defaultdict(dict)
    for series in firing:
        name, of = series["metric"]["alertname"], owner(series["metric"], scenarios)
        if of is None:
            continue
        times = [float(time) for time, _ in series["values"]]
        spell = found[of].setdefault(name, Spell(times[0], times[-1]))
        spell.first, spell.last = min(spell.first, times[0]), max(spell.last, times[-1])
    return found


def first_told(
    told: Iterable[Told], scenarios: Mapping[str, Scenario]
) -> dict[str, dict[str, float]]:
    """Give when each alert was first told, by scenario."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for one in told:
        of = owner(one.labels, scenarios)
        if one.firing and of is not None:
            found[of].setdefault(one.labels["alertname"], one.at)
    return found


def outcomes(
    spans: Mapping[str, tuple[float, float]],
    scenarios: Mapping[str, Scenario],
    firing: Iterable[Series],
    told: Iterable[Told],
) -> list[Outcome]:
    """Give what became of each scenario. ``spans``: when its fault began, and when it ended."""
    fired, heard = spells(firing, scenarios), first_told(told, scenarios)
    found = []
    for name, (began, ended) in spans.items():
        of = heard.get(name, {})
        found.append(
            Outcome(
                scenarios[name], began, ended, fired.get(name, {}),
                {alert: at for alert, at in of.items() if at <= ended},
                {alert: at for alert, at in of.items() if at > ended},
            )
        )  # fmt: skip
    return found
