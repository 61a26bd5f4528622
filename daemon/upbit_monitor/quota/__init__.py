"""What the exchange allows, and how we keep to it: facts, header, sums, waiting."""

from upbit_monitor.quota.block import BlockState
from upbit_monitor.quota.decision import Decision, GroupState, Kind, Tell
from upbit_monitor.quota.groups import KNOWN, QUOTATION, UNKNOWN, Quota, account
from upbit_monitor.quota.limit import budget_of
from upbit_monitor.quota.limiter import RateLimiter
from upbit_monitor.quota.permit import Permit
from upbit_monitor.quota.remaining import Remaining
from upbit_monitor.quota.window import Window

__all__ = [
    "KNOWN",
    "QUOTATION",
    "UNKNOWN",
    "BlockState",
    "Decision",
    "GroupState",
    "Kind",
    "Permit",
    "Quota",
    "RateLimiter",
    "Remaining",
    "Tell",
    "Window",
    "account",
    "budget_of",
]
