"""The table of all scenarios, in the order of the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from e2e.faults import account, api, daemon, keys, markets, quota

if TYPE_CHECKING:
    from e2e.scenario import Scenario

SCENARIOS: Final[dict[str, Scenario]] = {
    one.name: one for room in (api, keys, quota, markets, account, daemon) for one in room.SCENARIOS
}

ABSENT: Final = "absent"
"""What is played at the very end: Prometheus has forgotten every daemon."""
