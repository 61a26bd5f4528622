"""What it means that something is not there: a table for METRICS.md."""

from __future__ import annotations

from typing import Final, NamedTuple


class _Row(NamedTuple):
    what: str
    metrics: str
    log: str
    page: str
    once: str


_ROWS: Final = (
    _Row(
        "A poll that has never succeeded",
        "Its gauges are absent, and so is `upbit_monitor_poll_last_success_timestamp_seconds`; its "
        "counters stand at 0. `upbit_monitor_poll_state` is 1 for waiting, failing or parked.",
        "Nothing before the first failure; that is a warning, `request_failed` or `poll_failed`, "
        "or an error, `poll_parked`.",
        "waiting, failing or parked, and why.",
        "`FAIL`, why, and no values; exit 3.",
    ),
    _Row(
        "A target without a key",
        "`upbit_monitor_poll_state` is 1 for no_key. There is no other series of the poll, of its "
        "endpoints, or of the account's groups; those there were go at the reload that finds no "
        "key.",
        "The field `off` of `daemon_started`.",
        "no key.",
        "`off`, and why; it is not unwell.",
    ),
    _Row(
        "An endpoint that the region lacks",
        "`upbit_monitor_poll_state` is 1 for not_here. There is no other series of the poll or of "
        "its endpoints.",
        "The field `off` of `daemon_started`.",
        "not here.",
        "`off`, and why; it is not unwell.",
    ),
    _Row(
        "A market that vanished",
        "Its series go at the next success. `upbit_market_delistings_total` counts it, and "
        "`upbit_monitor_poll_missing_markets` does if it is watched.",
        "`market_delisted`; `market_missing`, a warning, once, if it is watched.",
        "A concern of the poll, if it is watched.",
        "No value; a concern, if it is watched.",
    ),
    _Row(
        "An endpoint that was never asked",
        "Its counters and histograms stand at 0; `upbit_api_up` and "
        "`upbit_api_last_success_timestamp_seconds` are absent.",
        "Nothing.",
        "Nothing: the page speaks of polls.",
        "Nothing.",
    ),
    _Row(
        "The exchange is unreachable",
        "`upbit_api_up` is 0 and `upbit_api_failures_total` grows. Gauges stay as they were last "
        "seen: read their age. `upbit_monitor_poll_state` turns to failing after three intervals "
        "and one run.",
        "The first failure of each kind is a warning, `request_failed`; then silence, and "
        "`request_recovered` tells how long it lasted.",
        "The reason at once; failing once what is shown is too old.",
        "`FAIL` and why; exit 3.",
    ),
    _Row(
        "A value that is null in the answer",
        "That series is absent, and what is observed or counted of it goes without; those of other "
        "values and other markets are there. Only a row that does not tell what it is of, "
        "such as its market, fails the poll.",
        "Nothing: it is no fault.",
        "Nothing: the poll is fresh.",
        "No line for it.",
    ),
)

ABSENCE: Final = "\n".join(
    [
        "What is not known is not shown. This is how that looks, and where else it is told:",
        "",
        "| What | Metrics | Log | Page `/` | `once` |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in _ROWS),
    ]
)
