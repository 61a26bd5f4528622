"""The daemon itself: gone, late, starved, restarted, wrongly configured, or losing its log."""

from __future__ import annotations

from typing import Final

from mixin.alerts.steps import asked, logged
from mixin.rule import Alert
from mixin.thresholds import (
    LATE_INTERVALS,
    LOOP_LAG_SECONDS,
    LOST_BEATS,
    LOST_BEATS_RATIO,
    MEMORY_BYTES,
    RESTARTS,
    STALE_INTERVALS,
)
from upbit_monitor.logs import Event

JOB: Final = "upbit-monitor"
"""The job in prometheus.yml. `up` and `process_*` are everybody's names, so these go by it."""

_JOB: Final = f'{{job="{JOB}"}}'
_POLL: Final = "on (job, instance, target, poll)"


def _old() -> str:
    """Give the age of what a poll shows, in its intervals, if it is too much.

    What has never been there is as old as the configuration in force. Three intervals are too many
    if the daemon, which knows how long a run may take, says so; ten are, whatever it says.
    """
    more = STALE_INTERVALS - LATE_INTERVALS
    return f"""\
(
  time()
  -
  (
    upbit_monitor_poll_last_success_timestamp_seconds
    or
    0 * upbit_monitor_poll_interval_seconds
    + on (job, instance) group_left ()
    upbit_monitor_config_last_reload_success_timestamp_seconds
  )
)
/ {_POLL}
upbit_monitor_poll_interval_seconds
> {_POLL}
{STALE_INTERVALS} - {more}
* max by (job, instance, target, poll) (upbit_monitor_poll_state{{state=~"late|failing"}})
unless {_POLL}
upbit_monitor_poll_state{{state="parked"}} == 1"""


def _lost(kind: str) -> str:
    """Give the part of a poll's beats that were lost in this way, if it is too much.

    A few are spared, for of few beats one is many.
    """
    beats = [f"increase(upbit_monitor_poll_{each}_total[15m])" for each in _BEATS]
    lost = f"increase(upbit_monitor_poll_{kind}_total[15m])"
    among = "\n  + ".join(beats)
    return f"""\
{lost}
/
(
  {among}
)
> {LOST_BEATS_RATIO}
and
{lost} > {LOST_BEATS}"""


_BEATS: Final = ("runs", "skips", "overlaps", "misfires")
"""What becomes of a beat: one of these."""

ALERTS: Final = (
    Alert(
        name="UpbitMonitorDown",
        expr=f"up{_JOB} == 0",
        wait="5m",
        severity="critical",
        summary="{{ $labels.instance }}: the daemon does not answer",
        description="Prometheus has got no metrics from {{ $labels.instance }} for five minutes "
        "(up is {{ $value }}): nothing is watched there. See: systemctl status upbit-monitor; "
        "journalctl --unit upbit-monitor --lines 50.",
    ),
    Alert(
        name="UpbitMonitorAbsent",
        expr=f"absent(up{_JOB})",
        wait="10m",
        severity="critical",
        summary="Prometheus knows no upbit-monitor",
        description="No target of the job upbit-monitor has been known for ten minutes (absent: "
        "{{ $value }}), so no other alert can fire. See its targets: "
        f"{asked('count by (job) (up)')}; then scrape_configs in prometheus.yml.",
    ),
    Alert(
        name="UpbitDataStale",
        expr=_old(),
        wait="3m",  # after UpbitApiDown, which explains it, whichever is evaluated first
        severity="critical",
        summary="{{ $labels.target }}: {{ $labels.poll }} shows old data, or none",
        description="What {{ $labels.target }}/{{ $labels.poll }} shows is "
        '{{ $value | printf "%.1f" }} of its intervals old, or has not been there for as long. Do '
        "not trust its gauges. Why: curl -s http://{{ $labels.instance }}/readyz.",
    ),
    Alert(
        name="UpbitPollParked",
        expr='upbit_monitor_poll_state{state="parked"} == 1',
        wait="3m",  # after UpbitAuthFailing, which explains it most of the time
        severity="critical",
        summary="{{ $labels.target }}: {{ $labels.poll }} waits for a person",
        description="{{ $labels.target }}/{{ $labels.poll }} was refused in a way that asking "
        "again cannot help (parked: {{ $value }}): a key, a permission, an address, a parameter. "
        f"It looks again each quarter of an hour. What to mend: {logged(Event.POLL_PARKED)}; "
        "then curl -X POST "
        "http://{{ $labels.instance }}/-/reload.",
    ),
    Alert(
        name="UpbitMonitorPollsOverlapping",
        expr=_lost("overlaps"),
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.poll }} takes longer than its interval",
        description="{{ $value | humanizePercentage }} of the beats of {{ $labels.target }}/"
        "{{ $labels.poll }} were skipped because the run before was still going. A slow exchange, "
        "or more asked for than the share sustains: upbit-monitor check-config --plan.",
    ),
    Alert(
        name="UpbitMonitorPollsMisfiring",
        expr=_lost("misfires"),
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.poll }} misses its beats",
        description="{{ $value | humanizePercentage }} of the beats of {{ $labels.target }}/"
        "{{ $labels.poll }} passed while the daemon or its machine stood still. See what else runs "
        "there: top; and whether the machine was suspended: journalctl --boot --grep suspend.",
    ),
    Alert(
        name="UpbitMonitorEventLoopBlocked",
        expr="histogram_quantile(0.99, rate(upbit_monitor_event_loop_lag_seconds_bucket[5m])) "
        f"> {LOOP_LAG_SECONDS}",
        wait="5m",
        severity="warning",
        summary="{{ $labels.instance }}: the event loop is late by {{ $value | humanizeDuration }}",
        description="One timer in a hundred of {{ $labels.instance }} fires "
        "{{ $value | humanizeDuration }} or more too late: measured latencies are too long by as "
        "much. Is the machine out of CPU? top; systemctl show upbit-monitor --property "
        "CPUUsageNSec.",
    ),
    Alert(
        name="UpbitMonitorMemoryHigh",
        expr=f"process_resident_memory_bytes{_JOB} > {MEMORY_BYTES}",
        wait="15m",
        severity="warning",
        summary="{{ $labels.instance }}: the daemon uses {{ $value | humanize1024 }}B of memory",
        description="{{ $labels.instance }} has {{ $value | humanize1024 }}B resident, more than "
        f"{MEMORY_BYTES // 2**20} MiB; every market of four regions needs a third of it. See what "
        "grows: curl -s http://{{ $labels.instance }}/metrics | grep -v ^# | cut -d'{' -f1 | sort "
        "| uniq -c | sort -n | tail.",
    ),
    Alert(
        name="UpbitMonitorRestarting",
        expr=f"changes(process_start_time_seconds{_JOB}[30m]) > {RESTARTS}",
        severity="warning",
        summary="{{ $labels.instance }}: the daemon restarts again and again",
        description="{{ $labels.instance }} has started {{ $value }} times anew within half an "
        "hour. Its last words: journalctl --unit upbit-monitor --lines 100; memory and exit code: "
        "systemctl status upbit-monitor.",
    ),
    Alert(
        name="UpbitMonitorConfigReloadFailed",
        expr="upbit_monitor_config_last_reload_successful == 0",
        wait="5m",
        severity="warning",
        summary="{{ $labels.instance }}: the configuration file is wrong",
        description="The last reload of {{ $labels.instance }} failed (successful: {{ $value }}). "
        "The old configuration is in force, and the next start will fail. Every mistake with its "
        "line: upbit-monitor check-config.",
    ),
    Alert(
        name="UpbitMonitorSeriesCapped",
        expr="increase(upbit_monitor_series_limit_hits_total[15m]) > 0",
        wait="15m",
        severity="info",
        summary="{{ $labels.instance }}: {{ $labels.metric }} is not shown in full",
        description='{{ $value | printf "%.0f" }} samples of {{ $labels.metric }} were left out at '
        "{{ $labels.instance }}, or folded into `other`, within a quarter of an hour. Raise "
        f"metrics.series_cap, or watch fewer markets: {logged(Event.SERIES_CUT)}.",
    ),
    Alert(
        name="UpbitMonitorLogsLost",
        expr="increase(upbit_monitor_log_failures_total[15m]) > 0",
        severity="warning",
        summary='{{ $labels.instance }}: {{ $value | printf "%.0f" }} lines of the log were lost',
        description='{{ $value | printf "%.0f" }} log events of {{ $labels.instance }} could not '
        "be written within a quarter of an hour; the daemon goes on. Is the disk full? df "
        "--human-readable; journalctl --disk-usage.",
    ),
    Alert(
        name="UpbitMonitorStateUnusable",
        expr="upbit_monitor_state_failures_total > 0",
        severity="warning",
        summary="{{ $labels.instance }}: the end of a block would not survive a restart",
        description="The file of blocks could not be read or written {{ $value }} times since "
        "{{ $labels.instance }} started: after a restart within a 418 the daemon would ask, and "
        "lengthen it. Give it a directory that it may write, and start it anew, for this counts "
        "from its start: "
        f"{logged(Event.STATE_UNUSABLE, Event.STATE_UNREADABLE, Event.BLOCK_NOT_SAVED)}.",
    ),
    Alert(
        name="Watchdog",
        expr="vector(1)",
        severity="none",
        summary="Alerting works",
        description="This fires always (value {{ $value }}). If whoever should receive it does "
        "not, Prometheus, Alertmanager or the way to the receiver is broken. See: "
        + asked('ALERTS{alertname="Watchdog"}')
        + ".",
    ),
)
