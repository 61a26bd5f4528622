"""A dashboard as the JSON that Grafana reads, from its panels and variables."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixin.dashboards.annotations import events
from mixin.dashboards.expressions import filtered
from mixin.dashboards.layout import laid_out
from mixin.dashboards.links import TAG, among_all
from mixin.dashboards.variables import variables

if TYPE_CHECKING:
    from mixin.dashboards.layout import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard. ``file``: its name below `dashboards/`, without the ending."""

    file: str
    title: str
    description: str
    variables: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def uid(self) -> str:
        """What stands in its address, and in links to it."""
        return uid(self.file)

    def model(self) -> dict[str, Any]:
        """Give what Grafana calls the dashboard's JSON model; it is the caller's to change."""
        panels = [self._narrowed(deepcopy(panel)) for panel in laid_out(self.sections)]
        return {
            "uid": self.uid,
            "title": f"Upbit / {self.title}",
            "description": self.description,
            "tags": [TAG],
            "editable": False,
            "graphTooltip": 1,
            "schemaVersion": 42,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "links": among_all(),
            "annotations": {"list": events()},
            "templating": {"list": variables(self.variables)},
            "panels": panels,
        }

    def _narrowed(self, panel: dict[str, Any]) -> dict[str, Any]:
        if "targets" not in panel:
            return panel
        targets = [
            {**target, "expr": filtered(target["expr"], self.variables)}
            for target in panel["targets"]
        ]
        return {**panel, "targets": targets}

    def text(self) -> str:
        """Give the file."""
        return json.dumps(self.model(), indent=2, ensure_ascii=False) + "\n"


def uid(file: str) -> str:
    """Give the uid of the dashboard of a file."""
    return f"upbit-{file}"
