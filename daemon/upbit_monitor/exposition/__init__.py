"""The web side: /metrics, /healthz, /readyz and a page for people.

Knows nothing of polls or limiter: it is given a registry and a question that answers a ``Status``.
"""

from upbit_monitor.exposition.status import (
    Opinion,
    PollState,
    PollStatus,
    QuotaStatus,
    Status,
    TargetStatus,
)
from upbit_monitor.exposition.web import WebServer

__all__ = [
    "Opinion",
    "PollState",
    "PollStatus",
    "QuotaStatus",
    "Status",
    "TargetStatus",
    "WebServer",
]
