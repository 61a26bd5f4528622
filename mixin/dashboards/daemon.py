"""Tells whether the daemon does its work: its polls are fresh, and it is well itself."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.colours import BAD, NOTICE, OFF, PLAIN, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import quantile
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Query, stat, timeseries
from mixin.dashboards.polls import POLLS
from mixin.dashboards.tables import Column, table
from mixin.dashboards.variables import COMMON
from mixin.thresholds import LOOP_LAG_SECONDS, MEMORY_BYTES, RESTARTS

_LAG: Final = "upbit_monitor_event_loop_lag_seconds"


_NOW: Final = (
    shelf(
        4,
        stat(
            "Daemon",
            "Does Prometheus get an answer of each daemon?",
            Query("min(up)"),
            unit="none",
            words=colours.UP,
            nothing="no daemon known",
        ),
        stat(
            "Ready",
            "Is every poll of each daemon fresh?",
            Query("min(upbit_monitor_ready)"),
            unit="none",
            words=colours.YES,
        ),
        stat(
            "Last reload succeeded",
            "Is the configuration in force the one in the file?",
            Query("min(upbit_monitor_config_last_reload_successful)"),
            unit="none",
            words=colours.YES,
        ),
        stat(
            "Up for",
            "How long ago did the daemon start that started last?",
            Query("min(time() - process_start_time_seconds)"),
            unit="dtdurations",
            decimals=0,
        ),
        stat(
            "Restarts within half an hour",
            "Does a daemon start again and again?",
            Query("max(changes(process_start_time_seconds[30m]))"),
            unit="none",
            decimals=0,
            bounds=(Bound(1, NOTICE), Bound(RESTARTS + 1)),
        ),
        stat(
            "Errors logged within an hour",
            "Did anything happen that wants a person?",
            Query('sum(increase(upbit_monitor_log_messages_total{level="error"}[1h]))'),
            unit="none",
            decimals=0,
            bounds=(Bound(1, WARN),),
        ),
    ),
)

_PROCESS: Final = (
    shelf(
        8,
        timeseries(
            "Event loop lag",
            "Are measured latencies true? Beyond the line they are too long by as much.",
            Query(quantile("0.5", _LAG), "{{instance}} p50"),
            Query(quantile("0.99", _LAG), "{{instance}} p99"),
            unit="s",
            bounds=(Bound(LOOP_LAG_SECONDS, WARN),),
            dashed="/ p50$/",
        ),
        timeseries(
            "Memory",
            "Does memory grow?",
            Query("process_resident_memory_bytes", "{{instance}}"),
            unit="bytes",
            bounds=(Bound(MEMORY_BYTES, WARN),),
        ),
        timeseries(
            "CPU",
            "How much of one processor is used?",
            Query("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}"),
            unit="percentunit",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Open files",
            "Do connections or files leak?",
            Query("process_open_fds", "{{instance}}"),
            unit="none",
            decimals=0,
        ),
        timeseries(
            "Asyncio tasks",
            "Do tasks leak?",
            Query("upbit_monitor_asyncio_tasks", "{{instance}}"),
            unit="none",
            decimals=0,
        ),
        timeseries(
            "Time that a scrape takes",
            "What does it cost to be watched: to Prometheus, and of that the rendering?",
            Query("scrape_duration_seconds", "{{instance}} scrape"),
            Query("upbit_monitor_exposition_duration_seconds", "{{instance}} rendering"),
            unit="s",
        ),
        timeseries(
            "Series",
            "How many series does each daemon expose?",
            Query("scrape_samples_scraped", "{{instance}}"),
            unit="short",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Log lines by level",
            "How much is logged, and how grave is it?",
            Query(
                "rate(upbit_monitor_log_messages_total[$__rate_interval])", "{{instance}} {{level}}"
            ),
            unit="cps",
            least=0.1,
            colours={
                "/ debug$/": OFF,
                "/ info$/": PLAIN,
                "/ warning$/": WARN,
                "/ error$/": BAD,
            },
            style="bars",
        ),
        timeseries(
            "Values masked in the log",
            "Was a secret on its way into the log? Nothing leaked, but please report it.",
            Query(
                "increase(upbit_monitor_log_redactions_total[$__rate_interval])",
                "{{instance}} {{kind}}",
            ),
            unit="none",
            style="bars",
        ),
        timeseries(
            "What could not be written",
            "Were lines of the log lost, or the file of blocks not written?",
            Query(
                "increase(upbit_monitor_log_failures_total[$__rate_interval])",
                "{{instance}} log lines",
            ),
            Query(
                "increase(upbit_monitor_state_failures_total[$__rate_interval])",
                "{{instance}} file of blocks",
            ),
            unit="none",
            colours={"/ log lines$/": WARN, "/ file of blocks$/": BAD},
            style="bars",
        ),
    ),
    shelf(
        7,
        table(
            "Builds",
            "Which build runs where, and since when is its configuration in force?",
            Column(
                name="Configuration loaded",
                expr="1000 * upbit_monitor_config_last_reload_success_timestamp_seconds\n"
                "* on (job, instance) group_left (version, revision, python_version, "
                "aiohttp_version) upbit_monitor_build_info",
                unit="dateTimeAsIso",
            ),
            keys={
                "instance": "Instance",
                "version": "Version",
                "revision": "Revision",
                "python_version": "Python",
                "aiohttp_version": "aiohttp",
            },
            width=14,
        ),
        table(
            "Series left out",
            "Which metric is not shown in full, within the last hour?",
            Column(
                name="Samples",
                expr="sum by (job, instance, metric) "
                "(increase(upbit_monitor_series_limit_hits_total[1h])) > 0",
                decimals=0,
            ),
            keys={"metric": "Metric", "instance": "Instance"},
            sort="Samples",
            nothing="",
            width=10,
        ),
    ),
)

DAEMON: Final = Dashboard(
    file="daemon",
    title="Daemon",
    description="Does the daemon do its work: are its polls fresh, and is it well itself?",
    variables=(*COMMON, "poll"),
    sections=(
        Section("", (*_NOW, *POLLS[:2])),
        Section("Runs and beats", POLLS[2:]),
        Section("The process", _PROCESS),
    ),
)
