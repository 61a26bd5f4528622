"""Durations as Prometheus writes them: ``500ms``, ``5s``, ``1m30s``, ``1d``.

Units go from large to small, each at most once: y (365d), w, d, h, m, s, ms. A bare number is no
duration: ``60`` may be meant as seconds or as milliseconds, and both readings look right in a
review. Source: ``ParseDuration`` and ``Duration.String`` of prometheus/common.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_MILLISECONDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "y": 365 * 86_400_000,
        "w": 7 * 86_400_000,
        "d": 86_400_000,
        "h": 3_600_000,
        "m": 60_000,
        "s": 1_000,
        "ms": 1,
    }
)
_LONGEST: Final = 292 * _MILLISECONDS["y"]
"""What Prometheus can hold; also far below the point where a float loses milliseconds."""
_WHOLE_ONLY: Final = frozenset({"y", "w", "d"})

PATTERN: Final = "^(?=.)" + "".join(f"([0-9]{{1,15}}{unit})?" for unit in _MILLISECONDS) + "$"
"""The same grammar for JSON Schema."""
_GRAMMAR: Final = re.compile(
    "".join(f"(?:([0-9]{{1,15}}){unit})?" for unit in _MILLISECONDS), flags=re.ASCII
)
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


def parse(text: str) -> float:
    """Seconds that ``text`` means.

    Raises ``ValueError`` ("what is wrong; how to mend it").
    """
    match = _GRAMMAR.fullmatch(text)
    if not text or match is None:
        if _NUMBER.fullmatch(text):
            remedy = f"write {text}s if seconds are meant, {text}ms if milliseconds"
            raise ValueError(f"is a number without a unit; {remedy}")
        raise ValueError("is not a duration; write one such as 500ms, 5s, 1m30s or 1h")
    amounts = zip(match.groups("0"), _MILLISECONDS.values(), strict=True)
    milliseconds = sum(int(amount) * unit for amount, unit in amounts)
    if milliseconds > _LONGEST:
        raise ValueError("is longer than 292y; write a shorter duration")
    return milliseconds / 1000


def render(seconds: float) -> str:
    """Text of a duration, rounded to the millisecond: ``parse(render(x)) == x`` for what parses.

    As Prometheus does, y, w and d are used only for a whole number of them: 36 hours are ``36h``.
    """
    left = round(seconds * 1000)
    if left == 0:
        return "0s"
    text = ""
    for unit, size in _MILLISECONDS.items():
        if unit in _WHOLE_ONLY and left % size:
            continue
        amount, left = divmod(left, size)
        text += f"{amount}{unit}" if amount else ""
    return text
