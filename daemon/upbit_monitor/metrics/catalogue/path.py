"""The path to the exchange: connections, and where the time of a request goes."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family

PHASES: Final = ("queue", "resolve", "connect", "processing", "transfer")
CONNECTION_STATES: Final = ("new", "reused")

_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

PHASE_DURATION: Final = Family(
    "upbit_api_phase_duration_seconds", "histogram",
    "Time spent in one phase of an attempt: queue (pool), resolve (DNS), connect (TCP and TLS), "
    "processing (request sent to first byte), transfer (first byte to end of body).",
    ("target", "endpoint", "phase"), _SECONDS,
    "processing is the exchange and the way to it, transfer the size of the answer and the line; "
    "resolve and connect are seen only when a connection is new. queue should be nothing: else "
    "our own connections are too few.",
    {"phase": PHASES},
)  # fmt: skip
CONNECTIONS: Final = Family(
    "upbit_api_connections_total", "counter",
    "Connections taken for a request, new or reused.", ("target", "state"), (),
    "Most should be reused. Many new ones mean that the exchange, a proxy or a firewall closes "
    "idle connections sooner than the polls come round: each then pays for TCP and TLS again.",
    {"state": CONNECTION_STATES},
)  # fmt: skip
