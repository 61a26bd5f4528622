"""A tally: counts by a label whose values are a closed set."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from upbit_monitor.metrics import Board, Family


def tally(
    board: Board, family: Family, counts: Mapping[str, float], known: Collection[str]
) -> dict[tuple[str, ...], float]:
    """Give counts as rows of a gauge; what is not of the closed set is summed up as ``other``."""
    rows: dict[tuple[str, ...], float] = {}
    for value, count in counts.items():
        row = (board.fold(family, value, known),)
        rows[row] = rows.get(row, 0) + count
    return rows
