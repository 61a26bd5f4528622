"""Durations and counts in human words."""

from __future__ import annotations

from typing import Final

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """Say how long, in the largest unit and the next one: "2 h 5 min", "42 s", "0.5 s".

    The spaces are such that no line breaks there. A negative span is 0 s: clocks are set back,
    and nobody is helped by "-3 s ago".
    """
    return _span(seconds).replace(" ", "\N{NO-BREAK SPACE}")


def _span(seconds: float) -> str:
    if 0 < seconds < 1:
        return f"{round(seconds, 2):g} s"
    rest = max(0, round(seconds))
    for place, (unit, size) in enumerate(_UNITS):
        if rest >= size:
            smaller, smaller_size = _UNITS[min(place + 1, len(_UNITS) - 1)]
            extra = rest % size // smaller_size
            return f"{rest // size} {unit}" + (f" {extra} {smaller}" if extra else "")
    return "0 s"


def ago(seconds: float) -> str:
    """Say how long ago something was."""
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def counted(count: int, noun: str) -> str:
    """Count things: "1 poll", "1,200 polls"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
