"""Moments as HTTP writes them, as Unix seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def http_date(text: str) -> float | None:
    """Read a date such as ``Sun, 06 Nov 1994 08:49:37 GMT``; ``None`` if it is none."""
    try:
        return unix(parsedate_to_datetime(text))  # without a zone it is UTC: RFC 5322, RFC 9110
    except (ValueError, OverflowError):
        return None


def unix(moment: datetime) -> float:
    """Give Unix seconds; without a zone it is taken as UTC, where Python would take local time."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
