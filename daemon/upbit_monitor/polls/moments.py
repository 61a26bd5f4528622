"""Moments as the exchange writes them, and lengths of time as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Unix time, up to the end of the year 9999."""

_UNITS: Final = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0))
_FEW: Final = 10.0
"""Below so many seconds, a tenth of one is worth telling."""


def utc(text: str) -> float:
    """Give the Unix time of an ISO 8601 time; without an offset it is UTC. Raises ``ValueError``.

    Quotation writes its times so, and says that they are UTC only in the name of the field.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        raise ValueError("a time before or after all years") from None


def length(seconds: float) -> str:
    """Give a length of time in a word or two, rounded down: ``0.3 s``, ``12 s``, ``3 min``."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < _FEW else f"{seconds // 1:.0f} s"
