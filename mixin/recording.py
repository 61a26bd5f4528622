"""Recording rules: what alerts and dashboards would otherwise compute over and over.

Everything keeps `job`, `instance` and `target`. Two daemons that watch one exchange from two
places see two ways to it: a sum over both would hide the one that is broken.

``upbit_api_attempts_total`` is equal to what the exchange received. An objective counts as tried
what never reached the wire, too: by ``upbit_ratelimit_wait_duration_seconds_count``, to which every
attempt adds one at the moment at which its failure is counted. While all fails the daemon asks ever
less, so that an hour's objective hardly sees it: UpbitApiDown is for that.
"""

from __future__ import annotations

from typing import Final

from mixin.rule import Group, Recording
from mixin.thresholds import SLOW_SECONDS

_BY: Final = "sum by (job, instance, target)"

EXCHANGE_FAULTS: Final = "dns|connect|tls|timeout|disconnect|http_5xx|payload"
"""Reasons of failures that are the exchange's or the way's: they burn the budget.

A refusal (429, 418), another 4xx and a cancelled request are our own, or another client's.
"""

SLO_WINDOWS: Final = ("5m", "30m", "1h", "6h")


def errors(window: str) -> str:
    """Give the name of the rule that has the part of attempts failed within a window."""
    return f"instance_target:upbit_api_errors_per_attempt:ratio_rate{window}"


def slow(window: str) -> str:
    """Give the name of the rule that has the part of requests that were slow within a window."""
    return f"instance_target:upbit_api_slow_per_request:ratio_rate{window}"


HEADROOM: Final = "instance_target_group:upbit_ratelimit_remaining_ratio:p10_rate5m"
FOREIGN: Final = "instance_target_group:upbit_ratelimit_foreign_requests:rate5m"
QUANTILE: Final = (
    "instance_target_endpoint_quantile:upbit_api_request_duration_seconds:histogram_quantile_rate5m"
)


def _errors(window: str) -> Recording:
    return Recording(
        record=errors(window),
        expr=f"""\
{_BY} (rate(upbit_api_failures_total{{reason=~"{EXCHANGE_FAULTS}"}}[{window}]))
/
{_BY} (rate(upbit_ratelimit_wait_duration_seconds_count[{window}]))""",
    )


def _slow(window: str) -> Recording:
    duration = "upbit_api_request_duration_seconds"
    return Recording(
        record=slow(window),
        expr=f"""\
1
-
{_BY} (rate({duration}_bucket{{le="{SLOW_SECONDS}"}}[{window}]))
/
{_BY} (rate({duration}_count[{window}]))""",
    )


def _quantile(quantile: str) -> Recording:
    buckets = "rate(upbit_api_request_duration_seconds_bucket[5m])"
    return Recording(
        record=QUANTILE,
        expr=f"histogram_quantile({quantile}, {buckets})",
        labels={"quantile": quantile},
    )


RECORDING: Final = (
    Group(
        name="upbit-monitor-traffic",
        rules=(
            *map(_quantile, ("0.5", "0.9", "0.99")),
            Recording(
                record=HEADROOM,
                expr="histogram_quantile(0.1, rate(upbit_ratelimit_remaining_ratio_bucket[5m]))",
            ),
            Recording(record=FOREIGN, expr="rate(upbit_ratelimit_foreign_requests_total[5m])"),
        ),
    ),
    Group(
        name="upbit-monitor-objectives",
        rules=(*map(_errors, SLO_WINDOWS), *map(_slow, SLO_WINDOWS)),
    ),
)
