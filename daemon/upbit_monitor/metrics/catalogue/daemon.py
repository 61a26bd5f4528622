"""The daemon itself: its build, its readiness, its loop, its log."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family, Kind

LEVELS: Final = ("debug", "info", "warning", "error")
MASKS: Final = ("key_name", "configured_key", "jwt", "bearer", "basic", "userinfo")

_LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def _own(  # noqa: PLR0913 -- a row of the catalogue
    name: str, kind: Kind, text: str, *labels: str, advice: str,
    values: tuple[str, ...] = (), buckets: tuple[float, ...] = (),
) -> Family:  # fmt: skip
    closed = {labels[0]: values} if values else {}
    return Family(f"upbit_monitor_{name}", kind, text, labels, buckets, advice, closed)


BUILD_INFO: Final = _own(
    "build_info", "gauge", "Build of the running daemon; the value is always 1.",
    "version", "revision", "python_version", "aiohttp_version",
    advice="A new set of labels is a new build. Compare the moment with what changed elsewhere.",
)  # fmt: skip
READY: Final = _own(
    "ready", "gauge",
    "Whether every enabled poll has succeeded at least once since the start or the last reload, "
    "and none is overdue (1), or not (0); same as /readyz.",
    advice="At 0, `/readyz` and the page `/` name the polls that are not fresh, and why. After a "
    "start or a reload it is 0 until the slowest poll has run once.",
)  # fmt: skip
RELOAD_OK: Final = _own(
    "config_last_reload_successful", "gauge", "Whether the last configuration load succeeded.",
    advice="At 0, the old configuration stays in force. `upbit-monitor check-config` names every "
    "mistake with its line; mend it and reload, or the next start will fail.",
)  # fmt: skip
RELOADED: Final = _own(
    "config_last_reload_success_timestamp_seconds", "gauge",
    "Unix time of the last successful configuration load.",
    advice="It moves at a start and at a reload. Gauges begin anew at that moment; counters go on "
    "at a reload.",
)  # fmt: skip
LOOP_LAG: Final = _own(
    "event_loop_lag_seconds", "histogram",
    "How much later than asked a timer fired in the event loop.", buckets=_LAG_SECONDS,
    advice="Above a tenth of a second, latencies that we measure are too long by as much. Give the "
    "process more CPU, or show fewer series.",
)  # fmt: skip
TASKS: Final = _own(
    "asyncio_tasks", "gauge", "Asyncio tasks alive.",
    advice="It goes up and down with the polls. If it grows for hours, tasks leak: please report "
    "it.",
)  # fmt: skip
EXPOSITION: Final = _own(
    "exposition_duration_seconds", "gauge",
    "Time taken to render the previous /metrics answer; absent before the second.",
    advice="It grows with the number of series: watch fewer markets one by one, or lower "
    "`metrics.series_cap`, if it nears the scrape's time-out.",
)  # fmt: skip
LOG_MESSAGES: Final = _own(
    "log_messages_total", "counter", "Log events written, by level.", "level", values=LEVELS,
    advice="error wants a person, warning a look in the morning. A flood at info or debug is the "
    "level that is configured.",
)  # fmt: skip
LOG_FAILURES: Final = _own(
    "log_failures_total", "counter",
    "Log events lost because they could not be written, for example on a full disk.",
    advice="The daemon goes on, and its log has a gap. Make room, or mend whatever reads its "
    "standard output.",
)  # fmt: skip
LOG_REDACTIONS: Final = _own(
    "log_redactions_total", "counter", "Values masked before a log event was written.", "kind",
    values=MASKS,
    advice="A secret was on its way into the log and was masked there; nothing leaked. It should "
    "not have come so far: please report which event has `[redacted:…]` in it.",
)  # fmt: skip
STATE_FAILURES: Final = _own(
    "state_failures_total", "counter",
    "Times that the file of blocks, by which the end of a 418 survives a restart, could not be "
    "read or written.",
    advice="See `state_unusable`, `state_unreadable` or `block_not_saved` in the log, and give the "
    "daemon a directory that it may write. Until then do not restart it during a block.",
)  # fmt: skip
