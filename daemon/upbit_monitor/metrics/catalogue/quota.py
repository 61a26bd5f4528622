"""The quota: what the exchange allows, what we take and plan of it, who else does."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family, Kind

HEADER_ERRORS_REASONS: Final = ("missing", "malformed", "unexpected_group")
REJECTIONS: Final = ("deadline", "blocked")

_RATIOS: Final = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
_WAIT_SECONDS: Final = (0, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def _quota(  # noqa: PLR0913 -- a row of the catalogue
    name: str, kind: Kind, text: str, *, advice: str, label: str | None = None,
    values: tuple[str, ...] = (), buckets: tuple[float, ...] = (),
) -> Family:  # fmt: skip
    labels = ("target", "group") if label is None else ("target", "group", label)
    closed = {label: values} if label is not None else {}
    return Family(f"upbit_ratelimit_{name}", kind, text, labels, buckets, advice, closed)


PLANNED: Final = _quota(
    "planned_requests_per_second", "gauge",
    "Requests a second that the polls of this target ask for, by their intervals and options; "
    "absent for a group that none of them asks.",
    advice="It moves only with the configuration. Compare it with the rate of "
    "`upbit_ratelimit_requests_total`: less is sent when polls back off, are withheld or need "
    "fewer pages than planned. More is sent if there are more pages of orders.",
)  # fmt: skip
REQUESTS: Final = _quota(
    "requests_total", "counter", "Requests put on the wire, by the group that counts them.",
    advice="Its rate is our part of the quota. Against `upbit_ratelimit_budget_requests` a window "
    "it says how much of our share is left; `upbit-monitor check-config --plan` says who asks.",
)  # fmt: skip
REMAINING: Final = _quota(
    "remaining_requests", "gauge",
    "Requests left in the current window, from the sec field of the last Remaining-Req header; "
    "absent before the first.",
    advice="A scrape sees one moment of a window of a second, so do not alert on it: use "
    "`upbit_ratelimit_remaining_ratio`. It helps to compare with what another client sees.",
)  # fmt: skip
LIMIT: Final = _quota(
    "limit_requests", "gauge",
    "Requests allowed in a window as currently believed: the documented default, what the headers "
    "show, or less after refusals that no header explains.",
    advice="If it falls, the exchange announces less, or refuses without a header: read its "
    "notices, and hold the new number against `upbit-monitor check-config --plan`. What is only "
    "inferred from refusals rises again by itself.",
)  # fmt: skip
BUDGET: Final = _quota(
    "budget_requests", "gauge", "Requests in a window that the daemon allows itself at most.",
    advice="It is the limit times the smallest `share` of the targets that share the quota. It "
    "follows the limit, and a reload that changes `share`.",
)  # fmt: skip
PACE: Final = _quota(
    "pace_requests", "gauge",
    "Requests in a window that the daemon sends at most beside other clients, so as to leave them "
    "room; the budget when it is alone.",
    advice="Below the budget, others use the quota and we give way. If polls come too late because "
    "of it, ask less often, or give the other client an address or account of its own.",
)  # fmt: skip
HELD: Final = _quota(
    "held_requests", "gauge",
    "Slots of the budget held now, by requests under way and by those whose answer came less than "
    "a window ago.",
    advice="At the budget, the next request waits: usual for a moment. If it stays there, more is "
    "planned than the share sustains, or the exchange is slow.",
)  # fmt: skip
WINDOW: Final = _quota(
    "window_seconds", "gauge", "Length of the rate-limit window.",
    advice="A constant of each group. Divide requests of a window by it to get a rate.",
)  # fmt: skip
UPDATED: Final = _quota(
    "updated_timestamp_seconds", "gauge",
    "Unix time of the last Remaining-Req header for the group; absent before the first.",
    advice="If it grows old while requests are answered, the header has gone or changed its name: "
    "see `upbit_ratelimit_header_errors_total`. We then rely on the documented limit.",
)  # fmt: skip
REMAINING_RATIO: Final = _quota(
    "remaining_ratio", "histogram",
    "Remaining requests divided by the limit, observed at every response; unlike the gauge it is "
    "not aliased by the scrape interval.",
    buckets=_RATIOS,
    advice="A tenth percentile below 0.2 says that the quota is nearly used up at times. "
    "`upbit_ratelimit_foreign_requests_total` says whether by others; else plan less.",
)  # fmt: skip
WAIT_DURATION: Final = _quota(
    "wait_duration_seconds", "histogram",
    "Time a request waited for the rate limiter before it was let go.", buckets=_WAIT_SECONDS,
    advice="Short waits are the limiter at work. Waits near a poll's interval end in runs that are "
    "withheld: lengthen intervals, raise `share`, or see who else uses the quota.",
)  # fmt: skip
WAITING: Final = _quota(
    "waiting_requests", "gauge",
    "Requests waiting for the rate limiter now. Targets that share the quota show the same number.",
    advice="A queue that does not empty means that more is asked for than may go; see "
    "`upbit_ratelimit_blocked_until_timestamp_seconds` first, then the plan.",
)  # fmt: skip
REJECTED: Final = _quota(
    "rejected_requests_total", "counter",
    "Requests the limiter refused to send: deadline (no free slot in time), blocked (a 429 or "
    "418 holds the group or the scope). Targets that share the quota show the same number.",
    label="reason", values=REJECTIONS,
    advice="deadline: the share is too small for the plan, or others are using the quota. blocked: "
    "wait, and find out why we were refused. `upbit-monitor once --debug` tells each decision.",
)  # fmt: skip
THROTTLED: Final = _quota(
    "throttled_total", "counter", "Answers with status 429.",
    advice="Alone, the limiter never causes one: look for another client on this address or "
    "account, or for a limit that was cut. The log line `quota_refused` has the ledger of that "
    "moment and the likely cause.",
)  # fmt: skip
BLOCKED: Final = _quota(
    "blocked_total", "counter", "Answers with status 418: the IP or the account is blocked.",
    advice="Stop every other client of this address or account, for going on lengthens the block. "
    "The daemon waits by itself until the end that the answer stated, also across a restart.",
)  # fmt: skip
BLOCKED_UNTIL: Final = _quota(
    "blocked_until_timestamp_seconds", "gauge",
    "Unix time until which requests are held back after a 418 or 429; 0 if they are not.",
    advice="Nothing is sent before that moment; nothing needs to be done. Restarting does not "
    "help: the end of a 418 is remembered.",
)  # fmt: skip
FOREIGN: Final = _quota(
    "foreign_requests_total", "counter",
    "Requests taken from the quota by other clients on the same IP or account, a lower bound: "
    "what the headers show as used and no request of ours can be. It is seen only in answers to "
    "our own requests, and what a bucket has refilled before one is hidden. Targets that share "
    "the quota show the same number.",
    advice="Somebody else uses this address (market data) or this account (orders). If you do not "
    "know who, look for another program, a second daemon, or a key that is used elsewhere.",
)  # fmt: skip
FOREIGN_EXPECTED: Final = _quota(
    "foreign_expected_requests", "gauge",
    "Requests of other clients to expect in a window, by what was seen of them lately; 0 when "
    "the daemon is alone.",
    advice="It is the room that we leave. If it stays high after the others have gone, wait: they "
    "are forgotten after sixty windows whose answers show none of them.",
)  # fmt: skip
HEADER_ERRORS: Final = Family(
    "upbit_ratelimit_header_errors_total", "counter",
    "Responses whose Remaining-Req header was missing, malformed or named an unexpected group. "
    "A missing one is not counted for 418, 429 and 5xx, where nothing promises it.",
    ("target", "reason"), (),
    "A proxy that drops headers, or a change at the exchange. The limiter still holds its share of "
    "the documented limit, but sees neither strangers nor a new limit: report it, with the header.",
    {"reason": HEADER_ERRORS_REASONS},
)  # fmt: skip
