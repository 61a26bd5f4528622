"""The stories of ``rules/*.test.yml``: what is expected of each alert.

The files are promtool's own format. A test of theirs tells a story: series, and what fires when,
with every label and every word.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent / "rules"
FILES: Final = sorted(FOLDER.glob("*.test.yml"))


@dataclass(frozen=True)
class Story:
    """What one test of a file expects of an alert: how many fire, at each moment it looks.

    ``labels``: the names of the labels of each that fires.
    """

    alert: str
    firing: tuple[int, ...]
    labels: tuple[frozenset[str], ...]

    @property
    def fires(self) -> bool:
        return any(self.firing)

    @property
    def is_silent(self) -> bool:
        return not any(self.firing)

    @property
    def begins_silent(self) -> bool:
        """Whether it fires later and not at first: not before its time."""
        return self.firing[0] == 0 and self.fires

    @property
    def ends_silent(self) -> bool:
        return self.firing[-1] == 0 and self.fires


@cache
def told(path: Path) -> list[dict[str, Any]]:
    """Give the tests of a file."""
    loaded: list[dict[str, Any]] = yaml.load(path.read_text(), yaml.CSafeLoader)["tests"]
    return loaded


def _stories() -> list[Story]:
    stories = []
    for path in FILES:
        for test in told(path):
            looks: dict[str, list[list[Any]]] = {}
            for look in test.get("alert_rule_test", ()):
                looks.setdefault(look["alertname"], []).append(look.get("exp_alerts", []))
            for alert, fired in looks.items():
                labels = (frozenset(each["exp_labels"]) for alerts in fired for each in alerts)
                stories.append(Story(alert, tuple(map(len, fired)), tuple(labels)))
    return stories


STORIES: Final = _stories()
