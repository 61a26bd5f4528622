"""Words of gists and concerns: how long, how many, and the first few of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))
_SHORT: Final = 10.0
"""Below so many seconds, a tenth of one is worth telling."""

_FEW: Final = 3


def about(seconds: float) -> str:
    """Say about how long, in one unit, rounded down: "3 h", "40 s", "0.3 s"."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0.0):.1f} s" if seconds < _SHORT else f"{seconds // 1:.0f} s"


def few(names: Iterable[str]) -> str:
    """Name up to three, each once and in order, and count the others: "a, b, c and 2 more"."""
    everything = sorted(set(names))
    more = len(everything) - _FEW
    return ", ".join(everything[:_FEW]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, one: str, many: str = "") -> str:
    """Count things: "1 key", "2 keys", "2 currencies"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
