"""The daemon's own families: attempts, the limiter, polls, itself.

What a poll learns of the exchange is declared in the poll's own module. Names are a contract
between the daemon, the rules and the dashboards. Label sets are closed; see ``REASONS`` and the
like. Families that speak of an exchange have the label ``target`` first.
"""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import SERIES_LIMIT_HITS, Family, Kind
from upbit_monitor.metrics.way import WAY

# Closed sets of label values.
REASONS: Final = (
    "timeout", "dns", "connect", "tls", "disconnect", "http_4xx", "http_5xx", "throttled",
    "blocked", "payload", "cancelled",
)  # fmt: skip
CODES: Final = (
    "200", "201", "400", "401", "403", "404", "418", "422", "429", "500", "502", "503", "504",
)  # fmt: skip
PHASES: Final = ("queue", "resolve", "connect", "tls", "processing", "transfer")
HEADER_ERRORS_REASONS: Final = ("missing", "malformed", "unexpected_group")
REJECTIONS: Final = ("deadline", "blocked")
RUN_FAILURES: Final = ("exchange", "withheld", "timeout", "exception", "cancelled")

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_PHASE_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_RATIOS: Final = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
_WAIT_SECONDS: Final = (0, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_RUN_SECONDS: Final = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELAY_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def _api(
    name: str, kind: Kind, text: str, *labels: str, buckets: tuple[float, ...] = (),
    advice: str = "",
) -> Family:  # fmt: skip
    labels = ("target", "endpoint", *labels)
    return Family(f"upbit_api_{name}", kind, text, labels, buckets, advice)


def _quota(
    name: str, kind: Kind, text: str, *labels: str, buckets: tuple[float, ...] = ()
) -> Family:
    return Family(f"upbit_ratelimit_{name}", kind, text, ("target", "group", *labels), buckets)


def _poll(
    name: str, kind: Kind, text: str, *labels: str, buckets: tuple[float, ...] = ()
) -> Family:
    return Family(f"upbit_monitor_{name}", kind, text, ("target", "poll", *labels), buckets)


def _own(name: str, kind: Kind, text: str, *labels: str, buckets: tuple[float, ...] = ()) -> Family:
    return Family(f"upbit_monitor_{name}", kind, text, labels, buckets)


ATTEMPTS: Final = _api(
    "attempts_total", "counter",
    "HTTP requests put on the wire; equal to what the exchange received, but for requests that "
    "met a connection just closed.",
)  # fmt: skip
RESPONSES: Final = _api(
    "responses_total", "counter", "HTTP responses received, by status code.", "code",
)  # fmt: skip
FAILURES: Final = _api(
    "failures_total", "counter",
    "Attempts that did not yield a usable answer, by reason. Those with the reason dns, connect "
    "or tls never reached the wire and are not among the attempts.",
    "reason",
)  # fmt: skip
EXCHANGE_ERRORS: Final = _api(
    "exchange_errors_total", "counter",
    "Error answers by the name in the error body; none if it has none, other if the name is "
    "not known.",
    "error",
)  # fmt: skip
REQUEST_DURATION: Final = _api(
    "request_duration_seconds", "histogram",
    "Time from sending a request to having read the whole body, or to the failure, for every "
    "request that reached the wire.",
    buckets=_SECONDS,
)  # fmt: skip
PHASE_DURATION: Final = _api(
    "phase_duration_seconds", "histogram",
    "Time spent in one phase of an attempt: queue (pool), resolve (DNS), connect (TCP), tls "
    "(handshake), processing (request sent to first byte), transfer (first byte to end of body). "
    "An attempt passes resolve, connect and tls only if it needs a new connection.",
    "phase", buckets=_PHASE_SECONDS,
    advice="A slow connect is the network's, a slow tls or processing the exchange's; compare "
    "connect with upbit_monitor_second_opinion_duration_seconds to see whose network it is.",
)  # fmt: skip
IN_FLIGHT: Final = _api("in_flight_requests", "gauge", "Requests on the wire now.")
RESPONSE_BYTES: Final = _api("response_bytes_total", "counter", "Decoded body bytes received.")
UP: Final = _api(
    "up", "gauge",
    "Whether the last attempt gave a valid answer (1) or not (0); absent before the first.",
)  # fmt: skip
LAST_SUCCESS: Final = _api(
    "last_success_timestamp_seconds", "gauge",
    "Unix time of the last valid answer; absent before the first.",
)  # fmt: skip
CONNECTIONS: Final = Family(
    "upbit_api_connections_total", "counter",
    "Connections taken for a request, new or reused. An attempt that failed before it had one is "
    "not among them.",
    ("target", "state"),
    advice="Polls slower than the 15 s for which an idle connection is kept make a new one each "
    "time. Many new ones beside fast polls mean that the exchange, or something on the way, "
    "closes them.",
)  # fmt: skip

REMAINING: Final = _quota(
    "remaining_requests", "gauge",
    "Requests left in the current window, from the sec field of the last Remaining-Req header; "
    "absent before the first.",
)  # fmt: skip
LIMIT: Final = _quota(
    "limit_requests", "gauge",
    "Requests allowed in a window as currently believed: the documented default, what the headers "
    "show, or less after refusals that no header explains.",
)  # fmt: skip
BUDGET: Final = _quota(
    "budget_requests", "gauge", "Requests in a window that the daemon allows itself at most.",
)  # fmt: skip
PACE: Final = _quota(
    "pace_requests", "gauge",
    "Requests in a window that the daemon sends at most beside other clients, so as to leave them "
    "room; the budget when it is alone.",
)  # fmt: skip
HELD: Final = _quota(
    "held_requests", "gauge",
    "Slots of the budget held now, by requests under way and by those whose answer came less than "
    "a window ago.",
)  # fmt: skip
WINDOW: Final = _quota("window_seconds", "gauge", "Length of the rate-limit window.")
UPDATED: Final = _quota(
    "updated_timestamp_seconds", "gauge",
    "Unix time of the last Remaining-Req header for the group; absent before the first.",
)  # fmt: skip
REMAINING_RATIO: Final = _quota(
    "remaining_ratio", "histogram",
    "Remaining requests divided by the limit, observed at every response; unlike the gauge it is "
    "not aliased by the scrape interval.",
    buckets=_RATIOS,
)  # fmt: skip
WAIT_DURATION: Final = _quota(
    "wait_duration_seconds", "histogram",
    "Time a request waited for the rate limiter before it was let go.", buckets=_WAIT_SECONDS,
)  # fmt: skip
WAITING: Final = _quota(
    "waiting_requests", "gauge",
    "Requests waiting for the rate limiter now. Targets that share the quota show the same number.",
)  # fmt: skip
REJECTED: Final = _quota(
    "rejected_requests_total", "counter",
    "Requests the limiter refused to send: deadline (no free slot in time), blocked (a 429 or "
    "418 holds the group or the scope). Targets that share the quota show the same number.",
    "reason",
)  # fmt: skip
THROTTLED: Final = _quota("throttled_total", "counter", "Answers with status 429.")
BLOCKED: Final = _quota(
    "blocked_total", "counter", "Answers with status 418: the IP or the account is blocked.",
)  # fmt: skip
BLOCKED_UNTIL: Final = _quota(
    "blocked_until_timestamp_seconds", "gauge",
    "Unix time until which requests are held back after a 418 or 429; 0 if they are not.",
)  # fmt: skip
FOREIGN: Final = _quota(
    "foreign_requests_total", "counter",
    "Requests taken from the quota by other clients on the same IP or account, a lower bound: "
    "what the headers show as used and no request of ours can be. It is seen only in answers to "
    "our own requests, and what a bucket has refilled before one is hidden. Targets that share "
    "the quota show the same number.",
)  # fmt: skip
FOREIGN_EXPECTED: Final = _quota(
    "foreign_expected_requests", "gauge",
    "Requests of other clients to expect in a window, by what was seen of them lately; 0 when "
    "the daemon is alone.",
)  # fmt: skip
HEADER_ERRORS: Final = Family(
    "upbit_ratelimit_header_errors_total", "counter",
    "Responses whose Remaining-Req header was missing, malformed or named an unexpected group. "
    "A missing one is not counted for 418, 429 and 5xx, where nothing promises it.",
    ("target", "reason"),
)  # fmt: skip

POLL_RUNS: Final = _poll("poll_runs_total", "counter", "Poll runs started.")
POLL_FAILURES: Final = _poll(
    "poll_failures_total", "counter",
    "Poll runs that failed: exchange (no usable answer), withheld (the limiter let no request "
    "go), timeout, exception (a fault of the daemon), cancelled.",
    "reason",
)  # fmt: skip
POLL_SKIPS: Final = _poll(
    "poll_skips_total", "counter",
    "Beats at which a poll stayed away because it backs off or is parked.",
)  # fmt: skip
POLL_MISFIRES: Final = _poll(
    "poll_misfires_total", "counter",
    "Runs that never began because their time passed while the event loop or the machine stood "
    "still.",
)  # fmt: skip
POLL_OVERLAPS: Final = _poll(
    "poll_overlaps_total", "counter", "Runs skipped because the previous run was still going.",
)  # fmt: skip
POLL_DURATION: Final = _poll(
    "poll_duration_seconds", "histogram", "Duration of a poll run, waits included.",
    buckets=_RUN_SECONDS,
)  # fmt: skip
POLL_START_DELAY: Final = _poll(
    "poll_start_delay_seconds", "histogram",
    "Delay from the scheduled time to the start of the run.", buckets=_DELAY_SECONDS,
)  # fmt: skip
POLL_INTERVAL: Final = _poll(
    "poll_interval_seconds", "gauge", "Configured interval between runs.",
)  # fmt: skip
POLL_LAST_SUCCESS: Final = _poll(
    "poll_last_success_timestamp_seconds", "gauge",
    "Unix time of the last successful run; absent before the first.",
)  # fmt: skip
POLL_STATE: Final = _poll(
    "poll_state", "gauge",
    "Where a poll stands: 1 for the state that it is in, 0 for the others. waiting: nothing has "
    "succeeded yet; fresh; late: too old, though nothing failed; failing: too old, and failing; "
    "parked: refused until a person acts; no_key: it needs a key, and there is none; not_here: "
    "the region has no such endpoint.",
    "state",
)  # fmt: skip
POLL_MISSING_MARKETS: Final = _poll(
    "poll_missing_markets", "gauge",
    "Watched markets, or patterns of them, that the exchange does not list; the log names them.",
)  # fmt: skip
POLLS_RUNNING: Final = _poll("polls_running", "gauge", "Runs in progress.")

BUILD_INFO: Final = _own(
    "build_info", "gauge", "Build of the running daemon; the value is always 1.",
    "version", "revision", "python_version", "aiohttp_version",
)  # fmt: skip
READY: Final = _own(
    "ready", "gauge",
    "Whether every enabled poll has succeeded at least once since the start or the last reload, "
    "and none is overdue (1), or not (0); same as /readyz.",
)  # fmt: skip
RELOAD_OK: Final = _own(
    "config_last_reload_successful", "gauge", "Whether the last configuration load succeeded.",
)  # fmt: skip
RELOADED: Final = _own(
    "config_last_reload_success_timestamp_seconds", "gauge",
    "Unix time of the last successful configuration load.",
)  # fmt: skip
LOOP_LAG: Final = _own(
    "event_loop_lag_seconds", "histogram",
    "How much later than asked a timer fired in the event loop.", buckets=_PHASE_SECONDS,
)  # fmt: skip
TASKS: Final = _own("asyncio_tasks", "gauge", "Asyncio tasks alive.")
EXPOSITION: Final = _own(
    "exposition_duration_seconds", "gauge",
    "Time taken to render the previous /metrics answer; absent before the second.",
)  # fmt: skip
LOG_MESSAGES: Final = _own(
    "log_messages_total", "counter", "Log events written, by level.", "level",
)  # fmt: skip
LOG_FAILURES: Final = _own(
    "log_failures_total", "counter",
    "Log events lost because they could not be written, for example on a full disk.",
)  # fmt: skip
LOG_REDACTIONS: Final = _own(
    "log_redactions_total", "counter", "Values masked before a log event was written.", "kind",
)  # fmt: skip
STATE_FAILURES: Final = _own(
    "state_failures_total", "counter",
    "Times that the file of blocks, by which the end of a 418 survives a restart, could not be "
    "read or written.",
)  # fmt: skip

CATALOGUE: Final[tuple[Family, ...]] = tuple(
    dict.fromkeys(
        family
        for family in (*globals().values(), *WAY, SERIES_LIMIT_HITS)
        if isinstance(family, Family)
    )
)
"""Every family above, those of the way to the exchange, and ``SERIES_LIMIT_HITS``."""
