"""Tells whether the quota is tight, who uses it, and whether the exchange refuses us.

What a limiter believes (limit, budget, pace, held, waiting, strangers) is the same number under
each target that shares the quota. Here nothing of that is added up.
"""

from __future__ import annotations

from typing import Final

from mixin.dashboards.colours import BAD, GRAVE, NOTICE, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import BY, age, known, quantile, rule, total
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Query, stat, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.variables import COMMON
from mixin.recording import FOREIGN, HEADROOM
from mixin.thresholds import FOREIGN_RATIO, HEADER_ERROR_RATIO, HEADROOM_RATIO, HELD_BACK_SECONDS

_EACH: Final = "{{target}} {{group}}"
_PER_SECOND: Final = "(upbit_ratelimit_limit_requests / upbit_ratelimit_window_seconds)"
_OURS: Final = "rate(upbit_ratelimit_requests_total[$__rate_interval])"
_STRANGERS: Final = rule(FOREIGN)
_HELD: Final = "clamp_min(upbit_ratelimit_blocked_until_timestamp_seconds - time(), 0)"
_WAIT: Final = quantile("0.99", "upbit_ratelimit_wait_duration_seconds", "target", "group")
_MEDIAN: Final = rule(HEADROOM).replace("(0.1,", "(0.5,")
_HEADER_ERRORS: Final = (
    f"{total('upbit_ratelimit_header_errors_total', 'target', 'reason')}\n"
    "/ ignoring (reason) group_left ()\n"
    f"{total('upbit_api_responses_total', 'target')}"
)
_SCARCE: Final = (Bound(HEADROOM_RATIO, BAD, below=True),)
_FOREIGN_BOUNDS: Final = (Bound(FOREIGN_RATIO, WARN),)
_HELD_BOUNDS: Final = (Bound(1, WARN), Bound(HELD_BACK_SECONDS, GRAVE))

_NOW: Final = shelf(
    4,
    stat(
        "Least headroom",
        "What part of a quota is left in the worst tenth of answers, where it is least?",
        Query(f"min({known(rule(HEADROOM))})"),
        unit="percentunit",
        decimals=0,
        bounds=_SCARCE,
    ),
    stat(
        "Strangers' part of a limit",
        "What part of a limit do others use at least, where it is most?",
        Query(f"max(\n{_STRANGERS}\n/ {_PER_SECOND}\n)"),
        unit="percentunit",
        decimals=0,
        bounds=_FOREIGN_BOUNDS,
    ),
    stat(
        "429 within an hour",
        "How often was a request refused for the quota?",
        Query("sum(increase(upbit_ratelimit_throttled_total[1h]))"),
        unit="none",
        decimals=0,
        bounds=(Bound(1),),
    ),
    stat(
        "418 within an hour",
        "How often did the exchange say that it blocks this address or account?",
        Query("sum(increase(upbit_ratelimit_blocked_total[1h]))"),
        unit="none",
        decimals=0,
        bounds=(Bound(1, GRAVE),),
    ),
    stat(
        "Held back for",
        "How long will nothing be sent, because of a 429 or 418?",
        Query(f"max({_HELD})"),
        unit="s",
        bounds=_HELD_BOUNDS,
    ),
    stat(
        "Longest wait, p99",
        "How long do requests wait for the limiter at most, in the group where they wait longest?",
        Query(f"max({known(_WAIT)})"),
        unit="s",
        nothing="nobody waits",
    ),
)

_GROUPS: Final = shelf(
    10,
    table(
        "Quotas",
        "What does the limiter know of each quota, and what does it make of it? Requests of a "
        "window, unless the heading says otherwise.",
        Column(name="Limit", expr="upbit_ratelimit_limit_requests", unit="none"),
        Column(name="Window", expr="upbit_ratelimit_window_seconds", unit="s"),
        Column(name="Budget", expr="upbit_ratelimit_budget_requests", unit="none", decimals=1),
        Column(name="Pace", expr="upbit_ratelimit_pace_requests", unit="none", decimals=1),
        Column(name="Held", expr="upbit_ratelimit_held_requests", unit="none"),
        Column(name="Waiting", expr="upbit_ratelimit_waiting_requests", unit="none"),
        Column(name="Left", expr="upbit_ratelimit_remaining_requests", unit="none"),
        Column(
            name="Strangers",
            expr="upbit_ratelimit_foreign_expected_requests",
            unit="none",
            decimals=1,
        ),
        Column(
            name="Planned/s",
            expr="upbit_ratelimit_planned_requests_per_second",
            unit="reqps",
            decimals=2,
        ),
        Column(name="Sent/s", expr=_OURS, unit="reqps", decimals=2),
        Column(
            name="Headroom",
            expr=known(rule(HEADROOM)),
            unit="percentunit",
            decimals=0,
            bounds=_SCARCE,
        ),
        Column(name="Held back", expr=_HELD, unit="s", decimals=0, bounds=_HELD_BOUNDS),
        Column(
            name="Header's age",
            expr=age("upbit_ratelimit_updated_timestamp_seconds"),
            unit="s",
            decimals=0,
        ),
        keys={"target": "Target", "group": "Group", "instance": "Instance"},
        sort="Planned/s",
    ),
)

_TIGHT: Final = (
    shelf(
        9,
        timeseries(
            "Headroom, worst tenth of answers",
            "Is a quota nearly used up at times? Below the line it is.",
            Query(rule(HEADROOM), _EACH),
            unit="percentunit",
            high=1,
            bounds=_SCARCE,
        ),
        timeseries(
            "Headroom, median",
            "What part of each quota is left as a rule?",
            Query(_MEDIAN, _EACH),
            unit="percentunit",
            high=1,
        ),
        timeseries(
            "Left by the last header",
            "What would another client of this quota read in the header now?",
            Query("upbit_ratelimit_remaining_requests", _EACH),
            unit="none",
            decimals=0,
        ),
    ),
)

_WHO: Final = (
    shelf(
        9,
        timeseries(
            "Our part of the limit",
            "What part of each limit do we use ourselves?",
            Query(f"{_OURS}\n/ {_PER_SECOND}", _EACH),
            unit="percentunit",
        ),
        timeseries(
            "Strangers' part of each limit",
            "What part do others use at least? Beyond the line it matters.",
            Query(f"{_STRANGERS}\n/ {_PER_SECOND}", _EACH),
            unit="percentunit",
            bounds=_FOREIGN_BOUNDS,
        ),
        timeseries(
            "Strangers to expect",
            "How many requests of others do we leave room for in a window?",
            Query("upbit_ratelimit_foreign_expected_requests", _EACH),
            unit="none",
            decimals=1,
        ),
    ),
    shelf(
        9,
        timeseries(
            "Sent as planned",
            "Is what the polls ask for sent? Less: they back off, wait or need fewer pages.",
            Query(f"{_OURS}\n/ upbit_ratelimit_planned_requests_per_second", _EACH),
            unit="percentunit",
        ),
        timeseries(
            "What the limiter allows itself",
            "Does it give way to others, or was the limit cut? Pace falls below the budget in "
            "company, both with the limit.",
            Query("upbit_ratelimit_limit_requests", f"{_EACH} limit"),
            Query("upbit_ratelimit_budget_requests", f"{_EACH} budget"),
            Query("upbit_ratelimit_pace_requests", f"{_EACH} pace"),
            unit="none",
            dashed="/ limit$/",
        ),
        timeseries(
            "Budget held",
            "What part of the budget is held now? At 100 % the next request waits.",
            Query("upbit_ratelimit_held_requests / upbit_ratelimit_budget_requests", _EACH),
            unit="percentunit",
            high=1,
        ),
    ),
)

_WAITS: Final = (
    shelf(
        8,
        timeseries(
            "Wait for the limiter, p50 and p99",
            "How long do requests wait before they are let go?",
            Query(
                quantile("0.5", "upbit_ratelimit_wait_duration_seconds", "target", "group"),
                f"{_EACH} p50",
            ),
            Query(_WAIT, f"{_EACH} p99"),
            unit="s",
            least=0.1,
            dashed="/ p50$/",
        ),
        timeseries(
            "Requests waiting",
            "Is there a queue that does not empty?",
            Query("upbit_ratelimit_waiting_requests", _EACH),
            unit="none",
            decimals=0,
        ),
        timeseries(
            "Requests not sent",
            "What did the limiter refuse to send? deadline: no free slot in time; blocked: held "
            "back after a refusal.",
            Query(
                "rate(upbit_ratelimit_rejected_requests_total[$__rate_interval])",
                f"{_EACH} {{{{reason}}}}",
            ),
            unit="reqps",
            colours={"/ deadline$/": NOTICE, "/ blocked$/": BAD},
            least=0.1,
            style="bars",
        ),
    ),
)

_REFUSED: Final = (
    shelf(
        8,
        timeseries(
            "Refusals",
            "When did the exchange say 429 or 418, and in which group?",
            Query("increase(upbit_ratelimit_throttled_total[$__rate_interval])", f"{_EACH} 429"),
            Query("increase(upbit_ratelimit_blocked_total[$__rate_interval])", f"{_EACH} 418"),
            unit="none",
            colours={"/ 429$/": BAD, "/ 418$/": GRAVE},
            style="bars",
        ),
        timeseries(
            "Held back",
            "How long is still to wait? Beyond the line only a 418, or 429s without an end, does "
            "that.",
            Query(f"max by ({BY}) ({_HELD})", "{{target}}"),
            unit="s",
            bounds=(Bound(HELD_BACK_SECONDS, GRAVE),),
        ),
        timeseries(
            "Answers without a sound header",
            "What part of answers lacks a Remaining-Req header that can be read and is ours?",
            Query(_HEADER_ERRORS, "{{target}} {{reason}}"),
            unit="percentunit",
            bounds=(Bound(HEADER_ERROR_RATIO, WARN),),
        ),
        timeseries(
            "Age of the last header",
            "Are headers still seen in each group?",
            Query(age("upbit_ratelimit_updated_timestamp_seconds"), _EACH),
            unit="s",
        ),
    ),
)

RATE_LIMITS: Final = Dashboard(
    file="rate-limits",
    title="Rate limits",
    description="Is the quota tight, who uses it, and does the exchange refuse us?",
    variables=(*COMMON, "group"),
    sections=(
        Section("", (_NOW, _GROUPS)),
        Section("Is it tight?", _TIGHT),
        Section("Who uses it?", _WHO),
        Section("Who waits?", _WAITS),
        Section("Were we refused?", _REFUSED),
    ),
)
