"""Every alert, in groups by what is ill: the API, the quota, what the exchange shows, the daemon.

Each keeps `job`, `instance` and, where it speaks of the exchange, `target`; Alertmanager's
inhibitions go by these. Each has a runbook of its name, a unit test that it fires and one that it
does not, and a fault of `make e2e` that makes it fire.
"""

from __future__ import annotations

from typing import Final

from mixin.alerts import api, daemon, exchange, quota
from mixin.rule import Alert, Group

GROUPS: Final = (
    Group(name="upbit-api", rules=api.ALERTS),
    Group(name="upbit-quota", rules=quota.ALERTS),
    Group(name="upbit-exchange", rules=exchange.ALERTS),
    Group(name="upbit-monitor", rules=daemon.ALERTS),
)

ALERTS: Final[dict[str, Alert]] = {
    rule.name: rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert)
}
"""Every alert by its name."""
