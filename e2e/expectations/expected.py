"""What a panel should show of a fault, as bounds of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from e2e.prometheus import Series

ANY: Final = math.inf
"""No upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one query of a panel should show in a phase, both bounds included.

    ``scenario``: the operator has chosen its target and its daemon; none: everything. ``whole``:
    only the daemon, with all its targets. ``every``: each value lies within, not just one.
    ``labels``: only series with these. ``phase``: quiet, fault or after.
    """

    phase: str
    scenario: str | None
    low: float
    high: float
    ref: str = "A"
    labels: Mapping[str, str] = field(default_factory=dict)
    every: bool = False
    whole: bool = False

    def fault(self, series: Sequence[Series]) -> str | None:
        """Say what is wrong with these series; ``None`` if nothing is."""
        numbers = [float(text) for one in series for _, text in one["values"]]
        numbers = [number for number in numbers if not math.isnan(number)]
        where = (
            f"in phase {self.phase} of {self.scenario or 'everything'} {dict(self.labels) or ''}"
        )
        if not numbers:
            return f"shows nothing {where}"
        fits = [self.low <= number <= self.high for number in numbers]
        if all(fits) if self.every else any(fits):
            return None
        how = "is not always" if self.every else "is never"
        seen = f"{min(numbers):.4g} to {max(numbers):.4g}"
        return f"{how} within {self.low:g} to {self.high:g} {where}: {seen}"


def at(
    scenario: str | None, low: float, high: float = ANY, ref: str = "A", **labels: str
) -> Expected:
    """Expect that a value is reached while a fault goes on."""
    return Expected(phase="fault", scenario=scenario, low=low, high=high, ref=ref, labels=labels)


def of_all(scenario: str, low: float, high: float = ANY, ref: str = "A", **labels: str) -> Expected:
    """Expect the same of a daemon with all its targets."""
    return Expected(
        phase="fault", scenario=scenario, low=low, high=high, ref=ref, labels=labels, whole=True
    )


def calm(
    scenario: str | None, low: float, high: float = ANY, ref: str = "A", **labels: str
) -> Expected:
    """Expect that every value of the quiet phase lies within."""
    return Expected(
        phase="quiet", scenario=scenario, low=low, high=high, ref=ref, labels=labels, every=True
    )


def later(
    scenario: str | None, low: float, high: float = ANY, ref: str = "A", **labels: str
) -> Expected:
    """Expect that a value is reached after all faults."""
    return Expected(phase="after", scenario=scenario, low=low, high=high, ref=ref, labels=labels)
