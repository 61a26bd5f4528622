"""How long a refusal tells us to stay away.

Nobody has published a 429 or a 418 of this exchange with its headers. The documents say that a
418 "includes the block time", not where, so every plausible place is read: the header
``Retry-After`` as seconds or as a date; in the message, in English or Korean, a number with a unit,
a moment, or a bare number where one waits for it; and a field of the body that is named for it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from upbit_monitor.exchange.dates import http_date, unix

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 7 * 24 * 3600.0
"""A longer pause is not believed beyond this: no answer may silence the daemon for good."""

_BODY: Final = 4096
"""Bytes of a body that are searched: an error is short."""

_NEAR: Final = 20
"""Characters before a number that tell whether it is a rate."""

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?\Z", re.ASCII)

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


# "10 requests per 1 second" is the limit that was broken, and so is "1초당 10회".
_RATE_BEFORE: Final = re.compile(
    r"(?:\bper|\bevery|\beach|requests? (?:with)?in|(?:in|over|within) the (?:last|past)|/)\s*\Z",
    re.IGNORECASE,
)
_RATE_AFTER: Final = re.compile(r"\s*(?:당(?!신)|마다|내|이내|(?:에|동안|간)?\s*\d[\d,]*\s*회)")
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_BARE: Final = re.compile(
    r"(?:retry|again|wait|blocked|banned) (?:after|in|for) (\d{1,9})(?=\s*(?:[.!;)]|\Z))(?!\.\d)",
    re.IGNORECASE | re.ASCII,
)
_FIELD: Final = re.compile(
    r'"(?:block|retry|wait|remaining|ban)(?:ed|ning)?_?(?:after|time|for|in|sec(?:ond)?s?|duration)"'
    r'\s*:\s*"?(\d{1,9}(?:\.\d{1,9})?)"?\s*[,}]',
    re.IGNORECASE | re.ASCII,
)


def pause(headers: Mapping[str, str], message: str, now: float, body: bytes = b"") -> float | None:
    """Give the seconds that a 429 or 418 states, or ``None`` if it states none. Never raises.

    ``message`` is that of the ``body``, of which the fields beside it are looked at too. A date is
    compared with the answer's own ``Date`` where there is one, so that our clock does not matter,
    else with ``now`` (Unix seconds).
    """
    now = http_date(headers.get("Date", "")) or now
    for seconds in (_retry_after(headers, now), _told(message, now), _field(body)):
        if seconds is not None:
            return min(max(seconds, 0.0), _LONGEST)
    return None


def _told(message: str, now: float) -> float | None:
    """Give the seconds that a message tells in words."""
    message = message[:_BODY]
    ends = [_iso(found[0], now) for found in _MOMENT.finditer(message)]
    if coming := [end for end in ends if end is not None and end > 0]:
        return max(coming)
    message = _MOMENT.sub(" ", message)  # when it was written, perhaps
    parts = [
        float(found[1].replace(",", "")) * _seconds(found[2])
        for found in _PAUSE.finditer(message)
        if not _RATE_BEFORE.search(message, max(found.start() - _NEAR, 0), found.start())
        and not _RATE_AFTER.match(message, found.end())
    ]
    if parts:
        return sum(parts)
    bare = _BARE.search(message)
    return float(bare[1]) if bare else None


def _iso(text: str, now: float) -> float | None:
    try:
        # Without a zone it may be UTC or Korean time, which is earlier: UTC is the safe one.
        return unix(datetime.fromisoformat(text)) - now
    except ValueError:
        return None


def _field(body: bytes) -> float | None:
    text = body[:_BODY].decode("utf-8", "replace")
    return max((float(found[1]) for found in _FIELD.finditer(text)), default=None)


def _seconds(unit: str) -> float:
    unit = unit.lower()
    return _UNITS.get(unit) or _UNITS[unit.removesuffix("s")]


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if _NUMBER.match(value):
        return float(value)
    until = http_date(value)
    return None if until is None else until - now
