"""The overview's top: is it broken? Twelve numbers, each green or not."""

from __future__ import annotations

from typing import Final

from mixin.dashboards.annotations import FIRING
from mixin.dashboards.colours import BAD, GRAVE, WARN
from mixin.dashboards.dashboard import uid
from mixin.dashboards.expressions import age, known, quantile, rule
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import shelf
from mixin.dashboards.links import to
from mixin.dashboards.panels import Query, stat
from mixin.recording import HEADROOM, errors
from mixin.thresholds import (
    AVAILABILITY,
    FAST_BURN,
    HEADROOM_RATIO,
    HELD_BACK_SECONDS,
    KEY_DAYS,
    LATE_INTERVALS,
    SLOW_BURN,
    SLOW_SECONDS,
    STALE_INTERVALS,
)

_API: Final = to(uid("api-latency"), "What the API does")
_QUOTA: Final = to(uid("rate-limits"), "What the quota does")
_DAEMON: Final = to(uid("daemon"), "How the daemon is")
_EXCHANGE: Final = to(uid("exchange"), "What the exchange shows")

BUDGET: Final = 1 - AVAILABILITY
BURNING: Final = (Bound(SLOW_BURN * BUDGET, WARN), Bound(FAST_BURN * BUDGET))
ERRORS: Final = f"clamp_max(\n{rule(errors('5m'))},\n1)"
"""More than all would be what `rate()` makes of scrapes that were missed."""
P99: Final = quantile("0.99", "upbit_api_request_duration_seconds", "target")
AGE: Final = (
    f"({age('upbit_monitor_poll_last_success_timestamp_seconds')})"
    "\n/ upbit_monitor_poll_interval_seconds"
)
HELD: Final = "clamp_min(upbit_ratelimit_blocked_until_timestamp_seconds - time(), 0)"
STALE: Final = (Bound(LATE_INTERVALS, WARN), Bound(STALE_INTERVALS))
"""By intervals."""
SKEW: Final = "abs(upbit_clock_skew_seconds) - upbit_clock_skew_uncertainty_seconds"
"""Seconds by which the clocks differ for certain; negative while nothing is proven."""
REFUSED: Final = (
    "increase(upbit_ratelimit_throttled_total[1h]) + increase(upbit_ratelimit_blocked_total[1h])"
)
_RULES_RUN: Final = '0 * count(ALERTS{alertname="Watchdog"})'
"""0 where alerts are evaluated; nothing where they are not, for then nobody knows."""


def _firing(severity: str) -> str:
    these = FIRING.replace("}", f',severity="{severity}"}}')
    return f"count({these}) or {_RULES_RUN}"


VERDICT: Final = (
    shelf(
        4,
        stat(
            "Daemons down",
            "How many daemons does Prometheus get no answer from?",
            Query("sum(1 - up)"),
            unit="none",
            bounds=(Bound(1),),
            nothing="no daemon known",
            links=_DAEMON,
        ),
        stat(
            "Exchanges out of reach",
            "How many targets gave no answer of any status to the last request?",
            Query("sum(1 - upbit_api_reachable)"),
            unit="none",
            bounds=(Bound(1),),
            links=_API,
        ),
        stat(
            "Critical alerts",
            "How many alerts fire that should wake somebody?",
            Query(_firing("critical")),
            unit="none",
            bounds=(Bound(1),),
            nothing="no rules loaded",
        ),
        stat(
            "Warnings",
            "How many alerts fire that want a look within the day?",
            Query(_firing("warning")),
            unit="none",
            bounds=(Bound(1, WARN),),
            nothing="no rules loaded",
        ),
        stat(
            "Polls not fresh",
            "How many polls show old data, none, or wait for a person?",
            Query('sum(upbit_monitor_poll_state{state=~"waiting|late|failing|parked"})'),
            unit="none",
            bounds=(Bound(1),),
            links=_DAEMON,
        ),
        stat(
            "Oldest data in intervals",
            f"How old is the oldest data shown, in intervals of its poll? From {LATE_INTERVALS} on "
            "it is stale.",
            Query(f"max({AGE})"),
            unit="none",
            decimals=1,
            bounds=STALE,
            links=_DAEMON,
        ),
    ),
    shelf(
        4,
        stat(
            "Worst error ratio",
            "What part of requests fails by the exchange's fault or the way's, where it is worst? "
            "Coloured from the paces on that the burn alerts look for.",
            Query(f"max({known(ERRORS)})"),
            unit="percentunit",
            decimals=1,
            bounds=BURNING,
            links=_API,
        ),
        stat(
            "Worst p99 latency",
            "How long do the slowest hundredth of requests take, where it is worst?",
            Query(f"max({known(P99)})"),
            unit="s",
            bounds=(Bound(SLOW_SECONDS),),
            links=_API,
        ),
        stat(
            "Least headroom",
            "What part of a quota is left in the worst tenth of answers, where it is least?",
            Query(f"min({known(rule(HEADROOM))})"),
            unit="percentunit",
            decimals=0,
            bounds=(Bound(HEADROOM_RATIO, BAD, below=True),),
            links=_QUOTA,
        ),
        stat(
            "Refusals within an hour",
            "How many answers said 429 or 418 within the last hour? Alone, the daemon causes none.",
            Query(f"sum({REFUSED})"),
            unit="none",
            decimals=0,
            bounds=(Bound(1),),
            links=_QUOTA,
        ),
        stat(
            "Held back for",
            "How long will nothing be sent, because of a 429 or 418? Do nothing, the daemon waits.",
            Query(f"max({HELD})"),
            unit="s",
            bounds=(Bound(1, WARN), Bound(HELD_BACK_SECONDS, GRAVE)),
            links=_QUOTA,
        ),
        stat(
            "First key ends in",
            "How many days does the key live that ends first? It cannot be prolonged.",
            Query("min((upbit_api_key_expiry_timestamp_seconds - time()) / 86400)"),
            unit="d",
            decimals=0,
            bounds=(Bound(KEY_DAYS, BAD, below=True),),
            nothing="no key with an end",
            links=_EXCHANGE,
        ),
    ),
)
