"""What the dashboard of the quotas should show."""

from __future__ import annotations

from typing import Any, Final

from e2e.expectations.expected import at, calm, later

_TICKER: Final[dict[str, Any]] = {"group": "ticker"}
_DEFAULT: Final[dict[str, Any]] = {"group": "default"}

PANELS: Final = {
    "Least headroom": (calm("headroom", 0.3, 1), at("headroom", 0, 0.2)),
    "Strangers' part of a limit": (calm("foreign_use", 0, 0.1), at("foreign_use", 0.1, 0.6)),
    "429 within an hour": (calm("limit_cut", 0, 0), at("limit_cut", 0.5, 10)),
    "418 within an hour": (calm("blocked", 0, 0), at("blocked", 0.5, 6)),
    "Held back for": (calm("blocked", 0, 0), at("blocked", 5, 17), later("blocked", 0, 0)),
    "Longest wait, p99": (calm("foreign_use", 0, 0.5), at("throttled", 0.1)),
    "Quotas": (
        calm("headroom", 30, 30, "A", **_DEFAULT), at("headroom", 6, 6, "A", **_DEFAULT),
        calm("headroom", 1, 1, "B", **_DEFAULT),
        calm("headroom", 30, 30, "C", **_DEFAULT), at("headroom", 6, 6, "C", **_DEFAULT),
        calm("foreign_use", 15, 15, "D", **_DEFAULT), at("throttled", 0, 4, "D", **_TICKER),
        at("headroom", 3, 6, "E", **_DEFAULT),
        at("throttled", 1, ref="F", **_TICKER),
        at("headroom", 0, 3, "G", **_DEFAULT),
        calm("foreign_use", 0, 3, "H", **_DEFAULT), at("foreign_use", 9, 20, "H", **_DEFAULT),
        calm("headroom", 4.9, 5.1, "I", **_DEFAULT),
        calm("headroom", 3.5, 6, "J", **_DEFAULT),
        at("headroom", 0, 0.2, "K", **_DEFAULT),
        at("blocked", 5, 17, "L", **_TICKER),
        calm("headroom", -4, 6, "M", **_DEFAULT),
        at("header_missing", 15, ref="M", **_TICKER),
    ),
    "Headroom, worst tenth of answers": (
        calm("headroom", 0.3, 1, **_DEFAULT), at("headroom", 0, 0.2, **_DEFAULT)
    ),
    "Headroom, median": (
        calm("headroom", 0.5, 1, **_DEFAULT), at("headroom", 0.1, 0.85, **_DEFAULT)
    ),
    "Left by the last header": (
        calm("headroom", 10, 30, **_DEFAULT), at("headroom", 0, 3, **_DEFAULT)
    ),
    "Our part of the limit": (
        calm("headroom", 0.1, 0.25, **_DEFAULT), at("headroom", 0.6, 0.9, **_DEFAULT)
    ),
    "Strangers' part of each limit": (
        calm("foreign_use", 0, 0.1, **_DEFAULT), at("foreign_use", 0.1, 0.6, **_DEFAULT)
    ),
    "Strangers to expect": (
        calm("foreign_use", 0, 3, **_DEFAULT), at("foreign_use", 9, 20, **_DEFAULT)
    ),
    "Sent as planned": (calm("headroom", 0.7, 1.3, **_DEFAULT), at("blocked", 0, 0.2, **_TICKER)),
    "What the limiter allows itself": (
        calm("headroom", 30, 30, "A", **_DEFAULT), at("headroom", 6, 6, "A", **_DEFAULT),
        calm("foreign_use", 15, 15, "B", **_DEFAULT),
        at("throttled", 0, 4, "C", **_TICKER),
    ),
    "Budget held": (at("headroom", 0.5, 1, **_DEFAULT), calm("headroom", 0, 1, **_DEFAULT)),
    "Wait for the limiter, p50 and p99": (
        calm("foreign_use", 0, 0.1, "A", **_DEFAULT),
        at("throttled", 0.1, ref="B", **_TICKER),
    ),
    "Requests waiting": (calm("foreign_use", 0, 1), at("throttled", 1, **_TICKER)),
    "Requests not sent": (
        calm("blocked", 0, 0), at("blocked", 0.1, reason="blocked"),
        at("starved", 0.1, reason="deadline", **_DEFAULT),
    ),
    "Refusals": (
        calm("throttled", 0, 0, "A"), at("throttled", 0.5, ref="A", **_TICKER),
        calm("blocked", 0, 0, "B"), at("blocked", 0.5, ref="B"),
    ),
    "Held back": (calm("blocked", 0, 0), at("blocked", 5, 17), later("blocked", 0, 0)),
    "Answers without a sound header": (
        calm("header_missing", 0, 0),
        at("header_missing", 0.9, 1.1, reason="missing"),
        at("header_malformed", 0.9, 1.1, reason="malformed"),
        at("header_unexpected", 0.9, 1.1, reason="unexpected_group"),
    ),
    "Age of the last header": (
        calm("header_missing", -4, 6, **_TICKER), at("header_missing", 15, **_TICKER)
    ),
}  # fmt: skip
