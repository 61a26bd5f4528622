"""The polls: when they run, how they end, how fresh what they show is."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family, Kind

RUN_FAILURES: Final = ("exchange", "withheld", "timeout", "exception", "cancelled")
POLL_STATES: Final = ("waiting", "fresh", "late", "failing", "parked", "no_key", "not_here")

_RUN_SECONDS: Final = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELAY_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def _poll(  # noqa: PLR0913 -- a row of the catalogue
    name: str, kind: Kind, text: str, *, advice: str, label: str | None = None,
    values: tuple[str, ...] = (), buckets: tuple[float, ...] = (),
) -> Family:  # fmt: skip
    labels = ("target", "poll") if label is None else ("target", "poll", label)
    closed = {label: values} if label is not None else {}
    return Family(f"upbit_monitor_{name}", kind, text, labels, buckets, advice, closed)


POLL_RUNS: Final = _poll(
    "poll_runs_total", "counter", "Poll runs started.",
    advice="Its rate should be one an interval. Where it is less, skips, overlaps and misfires "
    "say what became of the other beats.",
)  # fmt: skip
POLL_FAILURES: Final = _poll(
    "poll_failures_total", "counter",
    "Poll runs that failed: exchange (no usable answer), withheld (the limiter let no request "
    "go), timeout, exception (a fault of the daemon), cancelled.",
    label="reason", values=RUN_FAILURES,
    advice="exchange: see `upbit_api_failures_total`. withheld: see the plan and "
    "`upbit_ratelimit_rejected_requests_total`. exception: a defect; please report the log line "
    "`poll_crashed`.",
)  # fmt: skip
POLL_SKIPS: Final = _poll(
    "poll_skips_total", "counter",
    "Beats at which a poll stayed away because it backs off or is parked.",
    advice="The poll failed and waits before it asks again; `upbit_monitor_poll_state` says "
    "whether it needs a person. It stops by itself when the exchange is well.",
)  # fmt: skip
POLL_MISFIRES: Final = _poll(
    "poll_misfires_total", "counter",
    "Runs that never began because their time passed while the event loop or the machine stood "
    "still.",
    advice="The machine slept, was frozen or had no CPU to spare. See "
    "`upbit_monitor_event_loop_lag_seconds`.",
)  # fmt: skip
POLL_OVERLAPS: Final = _poll(
    "poll_overlaps_total", "counter",
    "Runs skipped because the previous run was still going.",
    advice="A run takes longer than its interval: the exchange is slow, or the limiter lets the "
    "run's many requests go one by one. Lengthen the interval, or watch less.",
)  # fmt: skip
POLL_DURATION: Final = _poll(
    "poll_duration_seconds", "histogram", "Duration of a poll run, waits included.",
    buckets=_RUN_SECONDS,
    advice="Compare it with the waits for the limiter and the durations of requests: what is left "
    "is our own work. Near the interval, overlaps begin.",
)  # fmt: skip
POLL_START_DELAY: Final = _poll(
    "poll_start_delay_seconds", "histogram",
    "Delay from the scheduled time to the start of the run.", buckets=_DELAY_SECONDS,
    advice="Above some hundredths of a second the event loop is busy or the machine short of CPU. "
    "See `upbit_monitor_event_loop_lag_seconds`.",
)  # fmt: skip
POLL_INTERVAL: Final = _poll(
    "poll_interval_seconds", "gauge", "Configured interval between runs.",
    advice="It moves only with the configuration. Alerts on freshness compare with three times it.",
)  # fmt: skip
POLL_LAST_SUCCESS: Final = _poll(
    "poll_last_success_timestamp_seconds", "gauge",
    "Unix time of the last successful run; absent before the first.",
    advice="The age of everything that the poll shows. When it exceeds three intervals, do not "
    "trust those gauges: they stand as they were last seen. The page `/` says why.",
)  # fmt: skip
POLL_STATE: Final = _poll(
    "poll_state", "gauge",
    "Where a poll stands: 1 for the state that it is in, 0 for the others. waiting: nothing has "
    "succeeded yet; fresh; late: too old, though nothing failed; failing: too old, and failing; "
    "parked: refused until a person acts; no_key: it needs a key, and there is none; not_here: "
    "the region has no such endpoint.",
    label="state", values=POLL_STATES,
    advice="parked needs you: a key, a permission, an address; it looks again every quarter of an "
    "hour. failing mends itself with the exchange; late points at the limiter or the machine.",
)  # fmt: skip
POLL_MISSING_MARKETS: Final = _poll(
    "poll_missing_markets", "gauge",
    "Watched markets, or patterns of them, that the exchange does not list; the log names them.",
    advice="A market was delisted, or `watch` has a slip of the pen. Look for `market_missing` in "
    "the log, and mend `watch`.",
)  # fmt: skip
POLLS_RUNNING: Final = _poll(
    "polls_running", "gauge", "Runs in progress.",
    advice="0 or 1. If it stays 1, the run waits for the limiter or the exchange hangs; a run is "
    "ended by itself after nine tenths of its interval, or two request time-outs if that is more.",
)  # fmt: skip
