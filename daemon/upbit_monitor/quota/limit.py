"""How many requests a period a group is believed to allow.

Documented, until a header announces another number, which is believed up and down within reason.
Where headers tell nothing and requests are refused all the same, the limit is lowered to what was
admitted, and comes back slowly: one request for every sixty periods without a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from upbit_monitor.quota.groups import Quota

_INCREDIBLE: Final = 4
"""A limit announced above this multiple of the documented one is not believed."""

_RECOVERY: Final = 60
"""Periods without a refusal after which an inferred limit rises by one."""


def budget_of(limit: int, share: float) -> int:
    """Give the part of a limit that is ours: whole requests a period, at least one."""
    return max(1, int(limit * share))


class Limit:
    """The belief about one group. Its state: what was announced, and what was inferred and when."""

    def __init__(self, quota: Quota) -> None:
        self._documented = quota
        self._announced = quota.limit
        self._inferred: int | None = None
        self._inferred_at = 0.0
        self.requests = quota.limit
        """Requests a period, as now believed. Read it; ``announce`` and the others write it."""

    def announce(self, requests: int) -> None:
        """Believe a limit a second that a header announces, within reason.

        What is announced where the period is not a second was never seen, and is not believed.
        """
        quota = self._documented
        if quota.period == 1.0 and 1 <= requests <= _INCREDIBLE * quota.limit:
            self._announced = requests
            self._settle()

    def infer(self, admitted: int, now: float) -> None:
        """Believe no more than was admitted, after a refusal that no header explains."""
        self._inferred = max(min(admitted, self.requests), 1)
        self._inferred_at = now
        self._settle()

    def recover(self, now: float) -> None:
        """Note a good answer: in time, an inferred limit rises again."""
        if self._inferred is None:
            return
        if now - self._inferred_at >= _RECOVERY * self._documented.period:
            self._inferred += 1
            self._inferred_at = now
            self._settle()

    def _settle(self) -> None:
        if self._inferred is not None and self._inferred >= self._announced:
            self._inferred = None
        self.requests = self._announced if self._inferred is None else self._inferred
