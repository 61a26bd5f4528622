"""Where panels stand: shelves of equal height, each filled from the left to the right edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mixin.dashboards.panels import Panel

COLUMNS: Final = 24
"""Grafana's grid."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Panels side by side. ``height``: in Grafana's units of 38 pixels."""

    height: int
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it; the first section of a dashboard needs none."""

    title: str
    shelves: tuple[Shelf, ...]


def shelf(height: int, *panels: Panel) -> Shelf:
    """Set panels side by side; those without a width share what is left.

    Raises ``ValueError`` if that leaves a gap or does not fit.
    """
    open_ended = [panel for panel in panels if not panel.width]
    left = COLUMNS - sum(panel.width for panel in panels)
    share, rest = divmod(left, len(open_ended) or 1)
    if rest or left < 0 or (share and not open_ended) or (open_ended and not share):
        titles = ", ".join(panel.body["title"] for panel in panels)
        raise ValueError(f"{titles}: {left} of {COLUMNS} columns are left; change a width")
    return Shelf(height, tuple(panel if panel.width else panel.wide(share) for panel in panels))


def laid_out(sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
    """Give panels and headings with their places, and with ids by their order."""
    y, number = 0, 0
    for section in sections:
        if section.title:
            number += 1
            yield _heading(section.title, number, y)
            y += 1
        for row in section.shelves:
            x = 0
            for panel in row.panels:
                number += 1
                place = {"x": x, "y": y, "w": panel.width, "h": row.height}
                yield {"id": number, "gridPos": place, **panel.body}
                x += panel.width
            y += row.height


def _heading(title: str, number: int, y: int) -> dict[str, Any]:
    return {
        "id": number,
        "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
        "type": "row",
        "title": title,
        "collapsed": False,
        "panels": [],
    }
