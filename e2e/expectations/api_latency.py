"""What the dashboard of the API's latency should show."""

from __future__ import annotations

from typing import Final

from e2e.expectations.expected import at, calm, later

_SLOW, _QUIET = (1.0, 2.5), (0.005, 1.0)

PANELS: Final = {
    "Median latency": (calm("slow", *_QUIET), at("slow", *_SLOW)),
    "p99 latency": (calm("slow", *_QUIET), at("slow", *_SLOW), at("hanging", 2.5, 5)),
    "Slow requests": (calm("slow", 0, 0.05), at("slow", 0.99, 1)),
    "Failed requests": (calm("dead", 0, 0.02), at("dead", 1, 1)),
    "Certificate ends in": (calm("certificate", 299, 300), at("certificate", 4.9, 5)),
    "Proven clock skew": (calm("clock_skew", 0, 0.3), at("clock_skew", 3.5, 5.5)),
    "Latency of each target": tuple(
        wish
        for ref in "ABC"
        for wish in (calm("slow", *_QUIET, ref), at("slow", *_SLOW, ref), later("slow", 0, 1, ref))
    ),
    "p99 latency of each endpoint": (
        at("slow", *_SLOW, endpoint="ticker"),
        at("slow", *_SLOW, endpoint="orderbook"),
    ),
    "Where the time goes": (
        calm("healthy", 0, 0.05, "A"),
        calm("healthy", 0, 0.05, "B"),
        later("dead", 0, 0.1, "C"),
        at("certificate", 0.0001, 0.5, "D"),
        at("slow", 1.2, 2.0, "E"),
        calm("healthy", 0, 0.1, "F"),
    ),
    "How requests are spread": (
        calm("healthy", 0, 1, "A"),
        calm("healthy", 0, 1, "B"),
        calm("healthy", 0, 1, "C"),
        calm("healthy", 0, 1, "D"),
        at("overlapping", 0.8, 1, "E"),
        at("slow", 0.9, 1, "F"),
        at("hanging", 0.9, 1, "G"),
    ),
    "Slow requests of each target": (calm("slow", 0, 0.05), at("slow", 0.99, 1)),
    "Latency budget burn, one hour": (calm("slow", 0, 3), at("slow", 14.4)),
    "Requests on the wire": (at("hanging", 1, 1), calm("dead", 0, 1)),
    "Responses by status": (
        calm("healthy", 0.5, 3, code="200"),
        at("maintenance_page", 0.05, code="503"),
        at("expired_access_key", 0.05, code="401"),
        at("maintenance_notice", 0.05, code="403"),
        at("limit_cut", 0.05, code="429"),
        at("blocked", 0.05, code="418"),
    ),
    "Failures by reason": (
        calm("healthy", 0, 0),
        at("dead", 0.1, reason="connect"),
        at("hanging", 0.1, reason="timeout"),
        at("garbage", 0.1, reason="payload"),
        at("burst_5xx", 0.2, reason="http_5xx"),
    ),
    "Failed requests of each target": (calm("dead", 0, 0.02), at("dead", 1, 1)),
    "Endpoints up": (
        calm("one_endpoint", 1, 1),
        at("one_endpoint", 0, 0, endpoint="orderbook"),
        at("one_endpoint", 1, 1, endpoint="ticker"),
        later("one_endpoint", 1, 1, endpoint="orderbook"),
    ),
    "Errors that the exchange names": tuple(
        at(name, 0.5, error=name)
        for name in (
            "invalid_access_key", "jwt_verification", "expired_access_key", "no_authorization_ip",
            "out_of_scope", "nonce_used", "no_authorization_token", "invalid_query_payload",
            "thirdparty_agreement_required",
        )
    ),
    "Age of the last valid answer": (
        calm("dead", 0, 4, endpoint="ticker"), at("dead", 60, endpoint="ticker")
    ),
    "Requests of each endpoint": (calm("healthy", 0.5, 1.5, endpoint="ticker"), at("dead", 0, 0)),
    "Bytes received": (calm("healthy", 100, endpoint="ticker"), at("dead", 0, 0)),
    "They or we": (
        calm("offline", 1, 1), at("offline", 0, 0),
        calm("offline", 1, 1, "B"), at("offline", 0, 0, "B"),
    ),
    "Way to them, and to another host": (
        later("dead", 0, 0.1, "A"),
        later("dead", 0, 0.5, "B"),
        at("certificate", 0.0005, 1, "C"),
        calm("offline", 0, 0.5, "D"),
    ),
    "Failures of the second opinion": (
        calm("offline", 0, 0), at("offline", 0.2, reason="connect"), later("offline", 0, 0)
    ),
    "Connections": (
        calm("healthy", 0.5, 3, state="reused"), later("dead", 0.05, state="new"),
    ),
    "Clock skew": (
        calm("clock_skew", -0.6, 0.6), at("clock_skew", -5.6, -4.4),
        at("clock_skew", -5.6, -3.9, "B"), at("clock_skew", -6.1, -4.4, "C"),
    ),
    "Certificate": (calm("certificate", 299, 300), at("certificate", 4.9, 5)),
}  # fmt: skip
