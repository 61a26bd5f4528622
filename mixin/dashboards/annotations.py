"""What happened, drawn over every time series: alerts, restarts, reloads, listings."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from mixin.dashboards.colours import BAD, GOOD, NOTICE, OFF, PLAIN
from mixin.dashboards.expressions import filtered
from mixin.dashboards.variables import COMMON, DATASOURCE


class _Event(NamedTuple):
    name: str
    expr: str
    colour: str
    title: str
    tags: str


FIRING: Final = 'ALERTS{alertname=~"Upbit.+",alertstate="firing"}'
"""Alerts of ours. Prometheus' own metric, there while one fires."""

_EVENTS: Final = (
    # Where each begins: as long as they fire, a hundred of them would cover what they tell of.
    _Event(
        "Alerts",
        f"{FIRING} unless {FIRING} offset $__interval",
        BAD,
        "{{alertname}}",
        "severity,target,instance",
    ),
    _Event(
        "Restarts",
        "changes(process_start_time_seconds[$__rate_interval]) > 0",
        NOTICE,
        "The daemon started anew",
        "instance",
    ),
    _Event(
        "Reloads",
        "changes(upbit_monitor_config_last_reload_success_timestamp_seconds[$__rate_interval]) > 0",
        PLAIN,
        "Configuration loaded",
        "instance",
    ),
    _Event(
        "Listings",
        "increase(upbit_market_listings_total[$__rate_interval]) > 0",
        GOOD,
        "{{quote}} market listed",
        "target,quote",
    ),
    _Event(
        "Delistings",
        "increase(upbit_market_delistings_total[$__rate_interval]) > 0",
        OFF,
        "{{quote}} market delisted",
        "target,quote",
    ),
)


def events() -> list[dict[str, Any]]:
    """Give them, each of which can be switched off at the top of the dashboard."""
    return [_annotation(event) for event in _EVENTS]


def _annotation(event: _Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": event.colour,
        "titleFormat": event.title,
        "tagKeys": event.tags,
        "textFormat": "",
        "useValueForTime": False,
        "target": {
            "refId": "Anno",
            "datasource": DATASOURCE,
            "expr": filtered(event.expr, COMMON),
            "interval": "15s",
            "legendFormat": event.title,
            "range": True,
            "instant": False,
        },
    }
