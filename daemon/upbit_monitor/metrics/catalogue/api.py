"""What the exchange answers: attempts, their outcome, their time."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family, Kind

# Closed sets of label values.
REASONS: Final = (
    "timeout", "dns", "connect", "tls", "disconnect", "http_4xx", "http_5xx", "throttled",
    "blocked", "payload", "cancelled",
)  # fmt: skip
CODES: Final = (
    "200", "201", "400", "401", "403", "404", "418", "422", "429", "500", "502", "503", "504",
)  # fmt: skip
# The names documented or seen for reads; the exchange has more, for orders.
ERRORS: Final = (
    "400", "404", "no_authorization_token", "invalid_access_key", "jwt_verification",
    "invalid_query_payload", "expired_access_key", "nonce_used", "no_authorization_ip",
    "out_of_scope", "thirdparty_agreement_required", "invalid_parameter", "validation_error",
    "bad_request", "notfoundmarket", "QUERY_PARAMETER_NOT_SUPPORTED", "market_offline", "none",
    "other",
)  # fmt: skip

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


def _api(  # noqa: PLR0913 -- a row of the catalogue
    name: str, kind: Kind, text: str, *, advice: str, label: str | None = None,
    values: tuple[str, ...] = (), buckets: tuple[float, ...] = (),
) -> Family:  # fmt: skip
    labels = ("target", "endpoint") if label is None else ("target", "endpoint", label)
    closed = {label: values} if label is not None else {}
    return Family(f"upbit_api_{name}", kind, text, labels, buckets, advice, closed)


ATTEMPTS: Final = _api(
    "attempts_total", "counter",
    "HTTP requests put on the wire; equal to what the exchange received, but for requests that "
    "met a connection just closed.",
    advice="Its rate is what we ask of the endpoint: compare it with "
    "`upbit-monitor check-config --plan`. If it falls, see which poll skips or is withheld.",
)  # fmt: skip
RESPONSES: Final = _api(
    "responses_total", "counter", "HTTP responses received, by status code.",
    label="code", values=CODES,
    advice="401 and 403 want a look at the key, 404 at the watched markets, 5xx patience and the "
    "exchange's notices. 429 and 418 mean that the quota was refused: go on with "
    "`upbit_ratelimit_throttled_total`.",
)  # fmt: skip
FAILURES: Final = _api(
    "failures_total", "counter",
    "Attempts that did not yield a usable answer, by reason. Those with the reason dns, connect "
    "or tls never reached the wire and are not among the attempts.",
    label="reason", values=REASONS,
    advice="dns, connect and tls are the network on our side or on the way; timeout, disconnect, "
    "http_5xx and payload are the exchange's; http_4xx is ours to mend. The log has the first of "
    "each kind as `request_failed`, with the exchange's own words.",
)  # fmt: skip
EXCHANGE_ERRORS: Final = _api(
    "exchange_errors_total", "counter",
    "Error answers by the name in the error body; none if it has none, other if the name is "
    "not known.",
    label="error", values=ERRORS,
    advice="The name says what to mend: a key that is unknown, expired, bound to another address "
    "or without the permission. For other, read the name in the log line `request_failed`.",
)  # fmt: skip
REQUEST_DURATION: Final = _api(
    "request_duration_seconds", "histogram",
    "Time from sending a request to having read the whole body, or to the failure, for every "
    "request that reached the wire.",
    buckets=_SECONDS,
    advice="When it rises, `upbit_api_phase_duration_seconds` says where the time goes. A slower "
    "exchange also lets fewer requests through our share, for a slot is held until a window after "
    "the answer.",
)  # fmt: skip
IN_FLIGHT: Final = _api(
    "in_flight_requests", "gauge", "Requests on the wire now.",
    advice="One or two are usual. If it stays up, the exchange hangs: each request ends at the "
    "latest after `timeouts.total`, and is then counted as a failure.",
)  # fmt: skip
RESPONSE_BYTES: Final = _api(
    "response_bytes_total", "counter", "Decoded body bytes received.",
    advice="It grows with the markets asked for and with open orders. A sudden fall with status "
    "200 hints at empty or shortened answers: see `upbit_api_failures_total` for payload.",
)  # fmt: skip
UP: Final = _api(
    "up", "gauge",
    "Whether the last attempt gave a valid answer (1) or not (0); absent before the first.",
    advice="If one endpoint is 0, look at its failures by reason; if all of a target are, at the "
    "network and at the exchange's notices of maintenance. It keeps its value while nothing is "
    "asked, so read it beside `upbit_api_last_success_timestamp_seconds`.",
)  # fmt: skip
LAST_SUCCESS: Final = _api(
    "last_success_timestamp_seconds", "gauge",
    "Unix time of the last valid answer; absent before the first.",
    advice="Its age should stay near the interval of the poll that asks. If it grows while "
    "`upbit_api_up` is 1, nothing is being asked: see the polls' skips and what the limiter "
    "rejects.",
)  # fmt: skip
