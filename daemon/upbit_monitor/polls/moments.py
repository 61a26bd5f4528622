"""Moments as the exchange writes them: milliseconds, UTC without saying so, or local times."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from upbit_monitor.errors import Unreadable

if TYPE_CHECKING:
    from upbit_monitor.exchange import Endpoint, Region

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Unix time, up to the end of the year 9999; a double has room for each, however it is spelt."""


def moment(text: str, region: Region, endpoint: Endpoint[Any], field: str) -> float:
    """Read an ISO 8601 time of the Exchange area; gives Unix seconds.

    Korea writes an offset. The global documents show none: that is taken as local time. Raises
    ``Unreadable``, which names the field and not what stands in it.
    """
    found = None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
    if found is None:
        # Outside the ``except``: the foreign error has the text in it, and would hang on to ours.
        raise Unreadable(f"{endpoint.path}: {field} is no ISO 8601 time")
    if found.tzinfo is None:
        found = found.replace(tzinfo=region.zone)
    return found.timestamp()


def utc(text: str) -> float:
    """Give the Unix time of an ISO 8601 time; without an offset it is UTC. Raises ``ValueError``.

    Quotation writes its times so, and says that they are UTC only in the name of the field.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        raise ValueError("a time before or after all years") from None
