"""Every file that is generated, by its path below the root, and its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixin.alerts import GROUPS
from mixin.dashboards import DASHBOARDS
from mixin.dashboards.document import document
from mixin.recording import RECORDING
from mixin.render import rules_file
from mixin.rule import RUNBOOKS

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Final = "config/prometheus/rules"


def files(*, runbooks: str = RUNBOOKS) -> Mapping[str, str]:
    """Give the text of each generated file."""
    return {
        f"{RULES}/upbit-monitor.recording.yml": rules_file(RECORDING, runbooks=runbooks),
        f"{RULES}/upbit-monitor.alerts.yml": rules_file(GROUPS, runbooks=runbooks),
        **{f"dashboards/{dashboard.file}.json": dashboard.text() for dashboard in DASHBOARDS},
        "dashboards/PANELS.md": document(DASHBOARDS),
    }
