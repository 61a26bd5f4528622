"""Variables: what a dashboard can be narrowed to. Each depends on those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mixin.alerts.daemon import JOB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
"""The Prometheus that is chosen at the top of the dashboard."""

_SOURCES: Final[Mapping[str, str]] = {
    "job": "upbit_monitor_build_info",
    "instance": "up",
    "target": "upbit_monitor_poll_interval_seconds",
    "endpoint": "upbit_api_attempts_total",
    "group": "upbit_ratelimit_limit_requests",
    "poll": "upbit_monitor_poll_interval_seconds",
    "market": "upbit_(ticker_trade_price|orderbook_spread_ratio|trades_seen_total"
    "|candles_newest_end_timestamp_seconds|order_market_active)",
}
"""For each variable the metric that has all its values (a market may be watched by one poll alone).

`up` knows daemons that are down, too.
"""

COMMON: Final = ("job", "instance", "target")
"""On every dashboard."""


def variables(names: Sequence[str]) -> list[dict[str, Any]]:
    """Give the variable of the data source and those of labels."""
    return [_datasource(), *(_label(name, names[:place]) for place, name in enumerate(names))]


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "description": "The Prometheus that scrapes the daemon.",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "default", "value": "default"},
        "refresh": 1,
        "regex": "",
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "skipUrlSync": False,
    }


def _label(name: str, before: Sequence[str]) -> dict[str, Any]:
    source = _SOURCES[name]
    matchers = [f'{label}=~"${label}"' for label in before]
    if "|" in source:
        source, matchers = "", [f'__name__=~"{source}"', *matchers]
    selector = f"{source}{{{','.join(matchers)}}}" if matchers else source
    query = f"label_values({selector}, {name})"
    # Not "All" for the job: `up` and `process_*` are names of every job's metrics.
    chosen = JOB if name == "job" else None
    return {
        "name": name,
        "label": name.capitalize(),
        "description": f"Values of the label {name}.",
        "type": "query",
        "datasource": DATASOURCE,
        "query": query,
        "current": {"text": [chosen or "All"], "value": [chosen or "$__all"]},
        "allValue": ".+",
        "includeAll": True,
        "multi": True,
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "hide": 0,
        "options": [],
        "skipUrlSync": False,
    }
