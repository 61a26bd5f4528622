"""How long a refusal tells us to stay away.

Nobody has published a 429 or a 418 of this exchange with its headers. The documents say that a
418 "includes the block time", not where, so every plausible place is read: the header
``Retry-After`` as seconds or as a date, then a number with a unit in the message, in English or
Korean.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 24 * 3600.0
"""A longer pause is not believed beyond this: no answer may silence the daemon for good."""

_UNITS: Final = {
    "ms": 0.001, "millisecond": 0.001, "밀리초": 0.001,
    "s": 1.0, "sec": 1.0, "second": 1.0, "초": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "분": 60.0,
    "h": 3600.0, "hour": 3600.0, "시간": 3600.0,
    "d": 86400.0, "day": 86400.0, "일": 86400.0,
}  # fmt: skip
# After "11월" (November) or "10시" (ten o'clock) stands a day or a minute of the calendar, not a
# length of time; "다시" (again) ends in the same letter.
# ASCII: else the long s (U+017F) matches an "s", and no unit is found for it.
_PAUSE: Final = re.compile(
    r"(?<![\d.,])(?<!\d[월시])(?<!\d[월시]\s)(\d[\d,]{0,11}(?:\.\d{1,9})?)\s*("
    r"(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?|days?|ms|s|m|h|d)(?![a-z])"
    r"|밀리초|초|분|시간|일)",
    re.IGNORECASE | re.ASCII,
)


def pause(headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Give the seconds that a 429 or 418 states, or ``None`` if it states none. Never raises.

    A date is compared with the answer's own ``Date`` where there is one, so that our clock does
    not matter, else with ``now`` (Unix seconds).
    """
    seconds = _retry_after(headers, now)
    if seconds is None:
        found = _PAUSE.findall(message)
        parts = [float(number.replace(",", "")) * _seconds(unit) for number, unit in found]
        seconds = sum(parts) if parts else None
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST)


def _seconds(unit: str) -> float:
    unit = unit.lower()
    return _UNITS.get(unit) or _UNITS[unit.removesuffix("s")]


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _moment(value)
    if until is None:
        return None
    return until - (_moment(headers.get("Date", "")) or now)


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        # Without a zone it is UTC (RFC 5322, RFC 9110); Python would take it as local time.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
