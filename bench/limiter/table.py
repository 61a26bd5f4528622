"""The table in words and figures: lines of text, and nothing measured here."""

from __future__ import annotations

import math
import textwrap
from statistics import fmean
from typing import TYPE_CHECKING, Final

from bench.limiter.scenarios import PUBLISHED, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bench.limiter.contender import Entry
    from bench.limiter.scenarios import Column
    from bench.limiter.verdict import Figures, Verdict

_NOTHING: Final = "-"
_WIDTH: Final = 100
_FEW: Final = 0.1
"""A clairvoyant with less than this part of the quota is no measure: a part of next to nothing."""

_HEAD: Final = (
    "used %",
    "admitted",
    "429s",
    "418s",
    "blocks",
    "harm",
    "p50 s",
    "p99 s",
    "seen %",
    "CPU µs",
)

LEGEND: Final = """\
used %     requests admitted, of those that a clairvoyant gets who takes nothing from strangers;
           "-" where that one gets less than a tenth of the quota: of next to nothing no part tells
admitted   requests admitted, a minute: where strangers use up the quota, the figure that counts
429s       requests refused, a minute
418s       requests sent although we were blocked, in the whole play; what was under way when the
           block began is among them. Sixty refusals within a minute bring a block of a minute
           (in the scenario that says so, five), the next block lasts two minutes, and so on
blocks     how often that was, in the whole play
harm       strangers' requests refused that would not have been without us, a minute
p50, p99   wait between asking and being let go; those still waiting at the end are among them
seen %     strangers' requests that the limiter says it saw, of those admitted; "!" if it says more
           than there were. Only ours tells
CPU µs     of a whole play for each request, the judge's part included, which is the same for all.
           With the table of costs all that differs from run to run
"""


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lay out lines of cells: the first one to the left, the others to the right."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    for name, *cells in table:
        line = [name.ljust(widths[0])]
        line += [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join(line).rstrip()


def group(verdict: Verdict) -> str:
    """Show one scenario, a line a limiter."""
    scenario = verdict.scenario
    title = f"{scenario.name}: a clairvoyant gets {number(verdict.clairvoyant)} a minute"
    if scenario.strangers.rate:
        title += f", strangers alone {number(verdict.strangers)}"
    few = verdict.clairvoyant < _FEW * 60 * scenario.limit / scenario.period
    lines = [_line("", _HEAD), *(_row(figures, few=few) for figures in verdict.rows)]
    return "\n".join([title, *lines])


def summary(verdicts: Mapping[str, Verdict], limiters: Sequence[str]) -> str:
    """Show the summary: of each column the mean over its window models.

    ``verdicts`` by the scenarios' names. Columns of which one is missing are left out.
    """
    shown = [
        (index, column)
        for index, column in enumerate(SUMMARY)
        if all(scenario.name in verdicts for scenario in column.scenarios)
    ]
    if not shown:
        return ""
    rows = [
        ("", *(column.name for _, column in shown)),
        ("clairvoyant: a minute", *(number(_best(column, verdicts)) for _, column in shown)),
    ]
    for limiter in limiters:
        rows.append((limiter, *(_cell(column, verdicts, limiter) for _, column in shown)))
        rows += [
            (row.name, *(row.cells[index] for index, _ in shown))
            for row in PUBLISHED
            if row.beside == limiter
        ]
    return "\n".join(aligned(rows))


def settings(entries: Iterable[Entry]) -> str:
    """Show how each limiter is configured."""
    return "\n".join(
        textwrap.fill(
            entry.settings,
            _WIDTH,
            initial_indent=f"{entry.name:<21}",
            subsequent_indent=" " * 21,
        )
        for entry in entries
    )


def number(value: float) -> str:
    """Write a figure in as few digits as tell it apart."""
    if math.isnan(value):
        return _NOTHING
    if value == 0 or value >= 10:  # noqa: PLR2004 -- from here on, a tenth is noise
        return f"{value:.0f}"
    return f"{value:.1f}"


def _row(figures: Figures, *, few: bool) -> str:
    if figures.failure:
        return f"{figures.limiter:<20} {figures.failure}"
    return _line(
        figures.limiter,
        (
            _NOTHING if few else f"{100 * figures.utilisation:.1f}",
            number(figures.admitted),
            number(figures.refused),
            number(figures.knocks),
            number(figures.blocks),
            number(figures.harm),
            f"{figures.p50:.2f}",
            f"{figures.p99:.2f}",
            _seen(figures.foreign),
            f"{1e6 * figures.cpu:.0f}",
        ),
    )


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<20}" + "".join(cell.rjust(9) for cell in cells)


def _seen(foreign: float | None) -> str:
    if foreign is None:
        return ""
    if math.isfinite(foreign):
        return f"{100 * foreign:.0f}" + ("!" if foreign > 1 else "")
    return "!" if foreign > 0 else _NOTHING


def _cell(column: Column, verdicts: Mapping[str, Verdict], limiter: str) -> str:
    rows = [
        figures
        for scenario in column.scenarios
        for figures in verdicts[scenario.name].rows
        if figures.limiter == limiter
    ]
    failure = next((row.failure for row in rows if row.failure), "")
    if failure:
        return failure.split()[0].rstrip(":")
    best = _best(column, verdicts)
    used = 100 * fmean(row.admitted for row in rows) / best if best else math.nan
    cells = [used, fmean(row.refused for row in rows)]
    if column.scenarios[0].strangers.rate:
        cells.append(fmean(row.harm for row in rows))
    return "/".join(map(number, cells)) + (" B" if any(row.blocks for row in rows) else "")


def _best(column: Column, verdicts: Mapping[str, Verdict]) -> float:
    return fmean(verdicts[scenario.name].clairvoyant for scenario in column.scenarios)
