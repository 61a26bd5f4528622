"""Is it broken? And if so: what, since when, whose fault, and where to look next."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.annotations import FIRING
from mixin.dashboards.colours import BAD, GRAVE, WARN, poll_state
from mixin.dashboards.dashboard import Dashboard, uid
from mixin.dashboards.expressions import BY, known, rule, total
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.links import to
from mixin.dashboards.panels import Query, text, timeline, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.variables import COMMON
from mixin.dashboards.verdict import (
    AGE,
    BUDGET,
    BURNING,
    ERRORS,
    HELD,
    P99,
    REFUSED,
    SKEW,
    STALE,
    VERDICT,
)
from mixin.recording import EXCHANGE_FAULTS, HEADROOM, errors
from mixin.thresholds import (
    FAST_BURN,
    HEADROOM_RATIO,
    HELD_BACK_SECONDS,
    SKEW_SECONDS,
    SLOW_BURN,
    SLOW_SECONDS,
)


def _fault(reasons: str, legend: str) -> Query:
    counted = total("upbit_api_failures_total", "target", only=f'reason=~"{reasons}"')
    return Query(counted, f"{{{{target}}}}: {legend}")


_WAY: Final = "dns|connect|tls"
"""Reasons of failures on the way to the exchange, which may be its fault or this host's."""
_EXCHANGES_OWN: Final = EXCHANGE_FAULTS.removeprefix(f"{_WAY}|")

_TARGET: Final = to(
    uid("api-latency"),
    "API of ${__data.fields.Target}",
    target="__data.fields.Target",
    instance="__data.fields.Instance",
)

_BY_TARGET: Final = shelf(
    7,
    table(
        "Targets",
        "Which target is ill, and of what? A row for each exchange that a daemon watches.",
        Column(name="Reachable", expr="upbit_api_reachable", words=colours.YES),
        Column(
            name="Endpoints down",
            expr=f"sum by ({BY}) (1 - upbit_api_up)",
            bounds=(Bound(1, WARN),),
        ),
        Column(name="Errors", expr=known(ERRORS), unit="percentunit", decimals=1, bounds=BURNING),
        Column(name="p99", expr=known(P99), unit="s", bounds=(Bound(SLOW_SECONDS),)),
        Column(
            name="Requests/s",
            expr=total("upbit_api_attempts_total", "target"),
            unit="reqps",
            decimals=1,
        ),
        Column(
            name="Intervals old",
            expr=AGE,
            unit="none",
            decimals=1,
            bounds=STALE,
        ),
        Column(
            name="Least headroom",
            expr=f"min by ({BY}) (\n{known(rule(HEADROOM))}\n)",
            unit="percentunit",
            decimals=0,
            bounds=(Bound(HEADROOM_RATIO, BAD, below=True),),
        ),
        Column(
            name="Refusals, 1 h",
            expr=f"sum by ({BY}) ({REFUSED})",
            unit="none",
            decimals=0,
            bounds=(Bound(1),),
        ),
        Column(
            name="Held back",
            expr=HELD,
            unit="s",
            decimals=0,
            bounds=(Bound(1, WARN), Bound(HELD_BACK_SECONDS, GRAVE)),
        ),
        Column(
            name="Proven clock skew",
            expr=f"clamp_min({SKEW}, 0)",
            unit="s",
            decimals=1,
            bounds=(Bound(SKEW_SECONDS, WARN),),
        ),
        keys={"target": "Target", "instance": "Instance"},
        links={"Target": _TARGET},
        sort="Errors",
    ),
)

_GUIDE: Final = """\
**Whose fault?** Read *Failures by whose fault*.

- **the exchange**: wait, read its notices.
- **the way to it**: if *Is it they or we?* says we are offline, it is this host's network.
- **our request**: the log's `request_failed` says what to mend.
- **the quota**: a stranger, or a cut limit: see *Rate limits*.

**Since when?** *Firing alerts* tells; each alert has a runbook of its name.
"""

_PARTS: Final = '"endpoint", "poll", "group", "market", "currency", "side", "quote", "error"'
_SINCE: Final = f"""\
label_replace(
  label_join(
    1000 * ALERTS_FOR_STATE and ignoring (alertstate) {FIRING},
    "part", " ", {_PARTS}
  ),
  "part", "$1", "part", " *(.*?) *"
)"""
"""When each alert began, in milliseconds; `part` is what of the target is ill."""

_ALERTS: Final = shelf(
    10,
    table(
        "Firing alerts",
        "What fires, and since when?",
        Column(name="Since", expr=_SINCE, unit="dateTimeFromNow"),
        keys={
            "severity": "Severity",
            "alertname": "Alert",
            "target": "Target",
            "part": "Of it",
            "instance": "Instance",
        },
        links={"Target": _TARGET},
        widths={"Severity": 90, "Alert": 260, "Target": 120},
        group="Severity",
        sort="Since",
        width=14,
    ),
    timeline(
        "Worst poll of each target",
        "Which target shows old data, or none, and since when?",
        Query(poll_state(worst=True), "{{target}}"),
        words=colours.STATE,
        width=10,
    ),
)

_WHY: Final = (
    shelf(
        9,
        timeseries(
            "Failures by whose fault",
            "Who is to blame for the failures?",
            _fault(_EXCHANGES_OWN, "the exchange"),
            _fault(_WAY, "the way to it"),
            _fault("http_4xx", "our request"),
            _fault("throttled|blocked", "the quota"),
            unit="reqps",
            colours={f"/{name}$/": colour for name, colour in colours.FAULTS.items()},
            least=0.1,
            style="bars",
            width=10,
        ),
        timeline(
            "Is it they or we?",
            "Does each exchange answer, and does the host that the second opinion asks?",
            Query("upbit_api_reachable", "{{target}}"),
            Query("upbit_monitor_second_opinion_up", "second opinion"),
            words=colours.UP,
            width=8,
        ),
        text("Where to look next", "What do these panels say, taken together?", _GUIDE, width=6),
    ),
    shelf(
        9,
        timeseries(
            "Error ratio",
            "What part of what was tried failed by the exchange's fault or the way's? "
            "Lines: the paces at which a month's budget is gone within five and two days.",
            Query(ERRORS, "{{target}} {{instance}}"),
            unit="percentunit",
            bounds=BURNING,
        ),
        timeseries(
            "p99 latency",
            "How long do the slowest hundredth of requests take? Beyond the line one is slow.",
            Query(P99, "{{target}} {{instance}}", exemplar=True),
            unit="s",
            bounds=(Bound(SLOW_SECONDS),),
        ),
    ),
    shelf(
        9,
        timeseries(
            "Requests a second",
            "How much is asked, and does it stand still?",
            Query(total("upbit_api_attempts_total", "target"), "{{target}} {{instance}}"),
            unit="reqps",
        ),
        timeseries(
            "Error budget burn, one hour",
            "How many times faster than it lasts is the error budget used? Needs the rules. Lines: "
            "the alerts' paces.",
            Query(f"{errors('1h')} / {BUDGET:.3g}", "{{target}} {{instance}}"),
            unit="none",
            decimals=1,
            bounds=(Bound(SLOW_BURN, WARN), Bound(FAST_BURN)),
        ),
        timeseries(
            "Least headroom of a quota",
            "Which target has the least of a quota left, in the worst tenth of answers?",
            Query(f"min by ({BY}) (\n{rule(HEADROOM)}\n)", "{{target}} {{instance}}"),
            unit="percentunit",
            high=1,
            bounds=(Bound(HEADROOM_RATIO, below=True),),
            calcs=("lastNotNull", "max"),
        ),
    ),
)

OVERVIEW: Final = Dashboard(
    file="overview",
    title="Overview",
    description="Is it broken? What, since when, whose fault, and where to look next.",
    variables=COMMON,
    sections=(
        Section("", VERDICT),
        Section("", (_BY_TARGET, _ALERTS)),
        Section("Why", _WHY),
    ),
)
