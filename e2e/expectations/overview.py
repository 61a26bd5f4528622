"""What the overview should show."""

from __future__ import annotations

from typing import Final

from e2e.expectations.expected import at, calm, later

_FRESH, _FAILING, _PARKED = 1, 4, 5

PANELS: Final = {
    "Daemons down": (calm(None, 0, 0), at(None, 2), later(None, 0, 0)),
    "Exchanges out of reach": (calm(None, 0, 0), at(None, 2), later(None, 0, 0)),
    "Critical alerts": (calm(None, 0, 0), at(None, 5), later(None, 0, 0)),
    "Warnings": (calm(None, 0, 0), at(None, 10), later(None, 0, 2)),
    "Polls not fresh": (calm(None, 0, 0), at(None, 10), later(None, 0, 0)),
    "Oldest data in intervals": (calm("dead", 0, 4), at("dead", 50)),
    "Worst error ratio": (calm(None, 0, 0.05), at("burst_5xx", 0.15, 0.7), at("dead", 1, 1)),
    "Worst p99 latency": (calm("slow", 0, 1), at("slow", 1, 2.5), at("hanging", 2.5, 5)),
    "Least headroom": (calm("headroom", 0.3, 1), at("headroom", 0, 0.2)),
    "Refusals within an hour": (calm(None, 0, 0), at("limit_cut", 0.5, 10), at("blocked", 0.5)),
    "Held back for": (calm(None, 0, 0), at("blocked", 5, 17), later("blocked", 0, 0)),
    "First key ends in": (calm("ending_key", 364, 365), at("ending_key", 9.9, 10)),
    "Targets": (
        calm("dead", 1, 1, "A"), at("dead", 0, 0, "A"),
        calm("dead", 0, 0, "B"), at("dead", 2, 3, "B"),
        at("dead", 1, 1, "C"),
        at("slow", 1, 2.5, "D"),
        calm("burst_5xx", 2, 5, "E"),
        at("dead", 50, ref="F"),
        at("headroom", 0, 0.2, "G"),
        at("limit_cut", 0.5, 10, "H"),
        at("blocked", 5, 17, "I"),
        calm("clock_skew", 0, 0.3, "J"), at("clock_skew", 3.5, 5.5, "J"),
    ),
    "Firing alerts": (
        at("dead", 1e12, alertname="UpbitApiDown", severity="critical"),
        at("killed", 1e12, alertname="UpbitMonitorDown"),
    ),
    "Worst poll of each target": (
        calm("dead", _FRESH, _FRESH),
        at("dead", _FAILING, _FAILING),
        at("expired_access_key", _PARKED, _PARKED),
        later("dead", _FRESH, _FRESH),
    ),
    "Failures by whose fault": (
        at("maintenance_page", 0.1, ref="A"),
        at("dead", 0.1, ref="B"),
        at("expired_access_key", 0.05, ref="C"),
        at("limit_cut", 0.05, ref="D"),
    ),
    "Is it they or we?": (
        calm("offline", 1, 1), at("offline", 0, 0),
        calm("offline", 1, 1, "B"), at("offline", 0, 0, "B"), later("offline", 1, 1, "B"),
        at("one_endpoint", 1, 1),
    ),
    "Error ratio": (calm("burst_5xx", 0, 0.02), at("burst_5xx", 0.15, 0.7), at("dead", 1, 1)),
    "p99 latency": (calm("slow", 0, 1), at("slow", 1, 2.5), later("slow", 0, 1)),
    "Requests a second": (calm("burst_5xx", 2, 5), at("dead", 0, 0)),
    "Error budget burn, one hour": (calm("dead", 0, 1), at("burst_5xx", 14.4), at("dead", 6)),
    "Least headroom of a quota": (calm("headroom", 0.3, 1), at("headroom", 0, 0.2)),
}  # fmt: skip
