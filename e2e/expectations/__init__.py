"""What every panel of every dashboard should show in a run: by dashboard, by title.

A panel without an expectation is a fault, and so is an expectation without a panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from e2e.expectations import api_latency, daemon, exchange, overview, rate_limits
from e2e.expectations.expected import Expected

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXPECTATIONS", "Expected"]

EXPECTATIONS: Final[Mapping[str, Mapping[str, tuple[Expected, ...]]]] = {
    "overview": overview.PANELS,
    "api-latency": api_latency.PANELS,
    "rate-limits": rate_limits.PANELS,
    "daemon": daemon.PANELS,
    "exchange": exchange.PANELS,
}
