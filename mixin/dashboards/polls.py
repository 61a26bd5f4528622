"""The daemon's dashboard: how each poll is, and what becomes of its beats."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.colours import BAD, NOTICE, OFF, THEIRS, WARN, poll_state
from mixin.dashboards.expressions import age, known, quantile
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import shelf
from mixin.dashboards.panels import Query, timeline, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.verdict import STALE
from mixin.thresholds import LOST_BEATS_RATIO

_EACH: Final = "{{target}} {{poll}}"
_AGE: Final = age("upbit_monitor_poll_last_success_timestamp_seconds")
_INTERVALS: Final = f"({_AGE})\n/ upbit_monitor_poll_interval_seconds"


def _lost(counter: str) -> str:
    """Give the part of a poll's beats that a counter says were lost."""
    return f"rate({counter}[$__rate_interval])\n* upbit_monitor_poll_interval_seconds"


def _hour(counter: str) -> str:
    return f"sum by (job, instance, target, poll) (increase({counter}[1h]))"


POLLS: Final = (
    shelf(
        12,
        table(
            "Polls",
            "How is each poll? Counts are those of the last hour.",
            Column(name="State", expr=poll_state(), unit="none", words=colours.STATE),
            Column(name="Age", expr=_AGE, unit="s", decimals=0),
            Column(name="Interval", expr="upbit_monitor_poll_interval_seconds", unit="s"),
            Column(name="Intervals", expr=_INTERVALS, unit="none", decimals=1, bounds=STALE),
            Column(name="Running", expr="upbit_monitor_polls_running", unit="none"),
            Column(
                name="p99",
                expr=known(
                    quantile(
                        "0.99", "upbit_monitor_poll_duration_seconds", "target", "poll", within="1h"
                    )
                ),
                unit="s",
            ),
            Column(name="Runs", expr=_hour("upbit_monitor_poll_runs_total"), decimals=0),
            Column(
                name="Failed",
                expr=_hour("upbit_monitor_poll_failures_total"),
                decimals=0,
                bounds=(Bound(1, WARN),),
            ),
            Column(name="Skipped", expr=_hour("upbit_monitor_poll_skips_total"), decimals=0),
            Column(
                name="Overlapped",
                expr=_hour("upbit_monitor_poll_overlaps_total"),
                decimals=0,
                bounds=(Bound(1, NOTICE),),
            ),
            Column(
                name="Misfired",
                expr=_hour("upbit_monitor_poll_misfires_total"),
                decimals=0,
                bounds=(Bound(1, NOTICE),),
            ),
            Column(
                name="Missing",
                expr="upbit_monitor_poll_missing_markets",
                unit="none",
                bounds=(Bound(1, WARN),),
            ),
            keys={"target": "Target", "poll": "Poll", "instance": "Instance"},
            sort="Intervals",
        ),
    ),
    shelf(
        10,
        timeline(
            "State of each poll",
            "Which poll was not fresh, and when?",
            Query(poll_state(), _EACH),
            words=colours.STATE,
        ),
        timeseries(
            "Age of data in intervals",
            "How old is what each poll shows? Lines: where it is stale, and where it is so "
            "whatever the daemon says of itself.",
            Query(_INTERVALS, _EACH),
            unit="none",
            decimals=1,
            bounds=STALE,
        ),
    ),
    shelf(
        9,
        timeseries(
            "Duration of a run, p99",
            "How long do runs take, waits included?",
            Query(quantile("0.99", "upbit_monitor_poll_duration_seconds", "target", "poll"), _EACH),
            unit="s",
        ),
        timeseries(
            "Failed runs",
            "Why do runs fail?",
            Query(
                "sum by (job, instance, target, reason) "
                "(rate(upbit_monitor_poll_failures_total[$__rate_interval]))",
                "{{target}} {{reason}}",
            ),
            unit="cps",
            colours={
                "/ exchange$/": THEIRS,
                "/ withheld$/": NOTICE,
                "/ timeout$/": WARN,
                "/ exception$/": BAD,
                "/ cancelled$/": OFF,
            },
            least=0.1,
            style="bars",
        ),
        timeseries(
            "Runs a second",
            "Does each poll still run?",
            Query("rate(upbit_monitor_poll_runs_total[$__rate_interval])", _EACH),
            unit="cps",
        ),
    ),
    shelf(
        9,
        timeseries(
            "Beats lost to a run before",
            "What part of beats was skipped because the run before was still going?",
            Query(_lost("upbit_monitor_poll_overlaps_total"), _EACH),
            unit="percentunit",
            bounds=(Bound(LOST_BEATS_RATIO, WARN),),
        ),
        timeseries(
            "Beats lost to a standstill",
            "What part of beats passed while the daemon or its machine stood still?",
            Query(_lost("upbit_monitor_poll_misfires_total"), _EACH),
            unit="percentunit",
            bounds=(Bound(LOST_BEATS_RATIO, WARN),),
        ),
        timeseries(
            "Beats left out on purpose",
            "What part of beats did a poll stay away, because it backs off or is parked?",
            Query(_lost("upbit_monitor_poll_skips_total"), _EACH),
            unit="percentunit",
            least=0.1,
        ),
        timeseries(
            "Delay of a run's start, p99",
            "Do runs begin in time?",
            Query(
                quantile("0.99", "upbit_monitor_poll_start_delay_seconds", "target", "poll"), _EACH
            ),
            unit="s",
        ),
    ),
)
