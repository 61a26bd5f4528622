"""Words of gists and concerns: how long, how many, and the first few of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_SHORT: Final = 10.0
"""Below so many seconds, a tenth of one is worth telling."""

_FEW: Final = 3


def about(seconds: float) -> str:
    """Say how long, in one or two units, rounded down: "2 d 23 h", "40 s", "0.3 s"."""
    if seconds < _SHORT:
        return f"{max(seconds, 0.0):.1f} s"
    rest = int(seconds)
    place = next(place for place, (_, size) in enumerate(_UNITS) if rest >= size)
    parts = [(rest // size, unit) for unit, size in _UNITS[place : place + 1]]
    for unit, size in _UNITS[place + 1 : place + 2]:
        parts.append((rest % _UNITS[place][1] // size, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def few(names: Iterable[str]) -> str:
    """Name up to three, each once and in order, and count the others: "a, b, c and 2 more"."""
    everything = sorted(set(names))
    more = len(everything) - _FEW
    return ", ".join(everything[:_FEW]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, one: str, many: str = "") -> str:
    """Count things: "1 key", "2 keys", "2 currencies"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
