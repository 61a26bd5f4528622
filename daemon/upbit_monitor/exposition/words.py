"""Durations and counts in human words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = 86_400
_MOST_NAMES: Final = 3
"""More names than this make a sentence long; then the rest is counted."""

_UNITS: Final = (("d", _DAY), ("h", 3_600), ("min", 60), ("s", 1))


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


def listed(names: Sequence[str]) -> str:
    """Name things: "markets, tickers", "markets, tickers and 5 more"."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    shown = names[: _MOST_NAMES - 1]
    return f"{', '.join(shown)} and {len(names) - len(shown)} more"


def clock(skew: tuple[float, float]) -> str:
    """Say how our clock goes: "0.2 s ahead of the exchange (±0.1 s)".

    ``skew``: seconds that it is ahead, and how much that may be wrong either way.
    """
    middle, give = skew
    if abs(middle) <= give:
        return f"as the exchange's (±{_seconds(abs(middle) + give)})"
    side = "ahead of" if middle > 0 else "behind"
    return f"{_seconds(abs(middle))} {side} the exchange (±{_seconds(give)})"


def _seconds(seconds: float) -> str:
    number = f"{seconds:.1f}" if seconds >= 0.1 else f"{seconds:.1g}"  # noqa: PLR2004 -- a tenth
    return f"{number}\N{NO-BREAK SPACE}s"


def certificate(seconds: float) -> str:
    """Say when a certificate ends that ends in so many seconds."""
    if seconds < 0:
        return f"ended {ago(-seconds)}"
    return f"ends in {span(seconds if seconds < 2 * _DAY else seconds // _DAY * _DAY)}"
