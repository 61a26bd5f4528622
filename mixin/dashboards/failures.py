"""The API's dashboard below: what the exchange answers, and how requests fail."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.expressions import age, total
from mixin.dashboards.layout import shelf
from mixin.dashboards.panels import Query, timeline, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.verdict import BURNING, ERRORS

FAILURES: Final = (
    shelf(
        9,
        timeseries(
            "Responses by status",
            "What does the exchange answer?",
            Query(
                f"{total('upbit_api_responses_total', 'target', 'code')} > 0", "{{target}} {{code}}"
            ),
            unit="reqps",
            colours=colours.CODES,
            style="area",
        ),
        timeseries(
            "Failures by reason",
            "How do requests fail? Those for dns, connect or tls never reached the wire.",
            Query(total("upbit_api_failures_total", "target", "reason"), "{{target}} {{reason}}"),
            unit="reqps",
            colours=colours.REASONS,
            least=0.1,
            style="bars",
        ),
        timeseries(
            "Failed requests of each target",
            "What part of what was tried failed by the exchange's fault or the way's?",
            Query(ERRORS, "{{target}} {{instance}}"),
            unit="percentunit",
            bounds=BURNING,
        ),
    ),
    shelf(
        9,
        timeline(
            "Endpoints up",
            "Which endpoint gave no valid answer to its last request, and since when?",
            Query("upbit_api_up", "{{target}} {{endpoint}}"),
            words=colours.UP,
        ),
        table(
            "Errors that the exchange names",
            "What does the exchange call its refusals, within the time shown above?",
            Column(
                name="Answers",
                expr="sum by (job, instance, target, endpoint, error) "
                "(increase(upbit_api_exchange_errors_total[$__range])) > 0",
                unit="short",
                decimals=0,
            ),
            keys={"target": "Target", "endpoint": "Endpoint", "error": "Error"},
            sort="Answers",
            nothing="",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Age of the last valid answer",
            "Is anything no longer asked, or no longer answered?",
            Query(age("upbit_api_last_success_timestamp_seconds"), "{{target}} {{endpoint}}"),
            unit="s",
        ),
        timeseries(
            "Requests of each endpoint",
            "What is asked, and how often?",
            Query("rate(upbit_api_attempts_total[$__rate_interval])", "{{target}} {{endpoint}}"),
            unit="reqps",
        ),
        timeseries(
            "Bytes received",
            "How much does the exchange send, and do answers get shorter?",
            Query(
                "rate(upbit_api_response_bytes_total[$__rate_interval])", "{{target}} {{endpoint}}"
            ),
            unit="Bps",
        ),
    ),
)
