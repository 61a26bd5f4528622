"""How a value looks: its colour from bounds, its line by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from mixin.dashboards.colours import BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """A value from which on (``below``: below which) something is of this colour."""

    value: float
    colour: str = BAD
    below: bool = False


def judged(bounds: Sequence[Bound], good: str = GOOD) -> Json:
    """Give thresholds that colour a value: ``good``, but for what lies beyond a bound."""
    below = sorted((bound for bound in bounds if bound.below), key=lambda bound: bound.value)
    above = sorted((bound for bound in bounds if not bound.below), key=lambda bound: bound.value)
    colours = [*(bound.colour for bound in below), good]
    steps = zip((bound.value for bound in below), colours[1:], strict=True)
    return thresholds([*steps, *((bound.value, bound.colour) for bound in above)], colours[0])


def thresholds(steps: Iterable[tuple[float, str]], base: str) -> Json:
    """Give colours from a value on; ``base`` is that of everything below the first."""
    first = {"value": None, "color": base}
    return {
        "mode": "absolute",
        "steps": [
            first,
            *({"value": float(f"{value:.12g}"), "color": colour} for value, colour in steps),
        ],
    }


def coloured(name: str, colour: str) -> Json:
    """Give what fixes the colour of a series."""
    return override(name, {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}})


def override(name: str, *properties: Json) -> Json:
    """Give what changes a field, or those whose name fits a pattern /like this/."""
    kind = "byRegexp" if name.startswith("/") else "byName"
    return {"matcher": {"id": kind, "options": name}, "properties": [*properties]}


def given(**settings: float | None) -> Json:
    """Give the settings that are made."""
    return {name: value for name, value in settings.items() if value is not None}
