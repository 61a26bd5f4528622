"""What the exchange allows, and how we keep to it: facts, header, sums, waiting."""

from upbit_monitor.quota.block import BlockState
from upbit_monitor.quota.gate import GroupState
from upbit_monitor.quota.groups import KNOWN, QUOTATION, Quota, account
from upbit_monitor.quota.limiter import Permit, RateLimiter
from upbit_monitor.quota.remaining import Remaining
from upbit_monitor.quota.window import Window

__all__ = [
    "KNOWN",
    "QUOTATION",
    "BlockState",
    "GroupState",
    "Permit",
    "Quota",
    "RateLimiter",
    "Remaining",
    "Window",
    "account",
]
