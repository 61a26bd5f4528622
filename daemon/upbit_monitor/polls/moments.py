"""Moments as the Exchange area of the exchange writes them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from upbit_monitor.errors import Unreadable

if TYPE_CHECKING:
    from upbit_monitor.exchange import Endpoint, Region


def moment(text: str, region: Region, endpoint: Endpoint[Any], field: str) -> float:
    """Read an ISO 8601 time; gives Unix seconds.

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
