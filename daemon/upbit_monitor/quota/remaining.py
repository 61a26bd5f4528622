"""The ``Remaining-Req`` header: what the exchange says is left of a group's quota.

``group=ticker; min=600; sec=9``: of the group ``ticker``, nine requests are left in the
current window after the one just answered. ``min`` is deprecated and constant, sixty times
the limit a second, so it tells the limit (observed, not promised).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Far above any quota of the exchange: a larger number is a broken header, not a quota.
_LARGEST: Final = 100_000
_GROUP: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}\Z")
_DIGITS: Final = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class Remaining:
    """One header, read: ``requests`` left in the window, and the ``limit`` if it shows one."""

    group: str
    requests: int
    limit: int | None = None

    @classmethod
    def parse(cls, header: str) -> Remaining | None:
        """Read a header's value; ``None`` if it is malformed. Never raises.

        Notices of the exchange write ``exchange.order`` where its headers write ``order``:
        the prefix is dropped. Unknown fields are ignored; a repeated field is malformed.
        """
        fields: dict[str, str] = {}
        for part in header.split(";"):
            key, equals, value = part.partition("=")
            key = key.strip().lower()
            if not equals or key in fields:
                return None
            fields[key] = value.strip()
        group = fields.get("group", "").lower().removeprefix("exchange.")
        requests = _number(fields.get("sec", ""))
        if not _GROUP.match(group) or requests is None:
            return None
        return cls(group, requests, _limit(fields.get("min"), requests))


def _number(text: str) -> int | None:
    if not _DIGITS.match(text) or int(text) > _LARGEST:
        return None
    return int(text)


def _limit(minute: str | None, requests: int) -> int | None:
    """Give the limit a second that ``min`` implies, or ``None`` where it implies none.

    Headers of 2023 and before counted ``min`` down (``min=573; sec=9``): such a number is no
    multiple of sixty, or implies less than what is left, and tells nothing.
    """
    number = _number(minute or "")
    if number is None or number % 60 or number // 60 < requests:
        return None
    return number // 60
