"""The web side: /metrics, /healthz, /readyz and a page for people.

Knows nothing of polls or limiter: it is given a registry and a question that answers a ``Status``.
"""

from upbit_monitor.exposition.status import (
    Counted,
    Opinion,
    PollState,
    PollStatus,
    QuotaStatus,
    Rejection,
    Status,
    TargetStatus,
)
from upbit_monitor.exposition.web import WebServer
from upbit_monitor.exposition.words import certificate, clock, counted

__all__ = [
    "Counted",
    "Opinion",
    "PollState",
    "PollStatus",
    "QuotaStatus",
    "Rejection",
    "Status",
    "TargetStatus",
    "WebServer",
    "certificate",
    "clock",
    "counted",
]
