"""The matrix of faults and alerts, for a terminal and for the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from e2e.verdict import Outcome

TOLD: Final = "F"
MUTED: Final = "m"
ECHO: Final = "e"
NONE: Final = "."

LEGEND: Final = (
    f"{TOLD} fired and was told, {MUTED} fired and was muted by an inhibition, "
    f"{ECHO} was told only after the fault, {NONE} did not fire"
)


def mark(outcome: Outcome, alert: str) -> str:
    """Give the mark of an alert in the row of a fault."""
    if alert in outcome.told:
        return TOLD
    if alert in outcome.echoes:
        return ECHO
    return MUTED if alert in outcome.fired else NONE


def text(outcomes: Sequence[Outcome], alerts: Iterable[str]) -> str:
    """Give the matrix as text, with numbered columns and what was not as it should be."""
    columns = list(alerts)
    width = max((len(one.scenario.name) for one in outcomes), default=0)
    lines = [f"{number:>3} {name}" for number, name in enumerate(columns, 1)]
    lines.append("")
    numbers = (f"{number:02}" for number in range(1, len(columns) + 1))
    lines.extend(f"{'':{width}}  {' '.join(digits)}" for digits in zip(*numbers, strict=True))
    lines += [
        f"{one.scenario.name:{width}}  {' '.join(mark(one, name) for name in columns)}"
        for one in outcomes
    ]
    return "\n".join([*lines, "", LEGEND])


def times(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Tell of each alert after how many seconds it fired, was told, and resolved."""
    for one in outcomes:
        for name, spell in sorted(one.fired.items(), key=lambda item: item[1].first):
            told = one.told.get(name) or one.echoes.get(name)
            when = "muted" if told is None else f"told {told - one.began:+.0f} s"
            yield (
                f"  {one.scenario.name}: {name} fired {spell.first - one.began:+.0f} s, {when}, "
                f"last {spell.last - one.ended:+.0f} s after the fault"
            )


def markdown(outcomes: Iterable[Outcome]) -> str:
    """Give the matrix as a table for the documents: a row for each fault."""
    rows = [
        "# Which fault brings about which alert",
        "",
        'As `make e2e ARGS="--matrix e2e/MATRIX.md"` printed it last.',
        "",
        "| Fault | | Told | Fires, and is muted |",
        "|---|---|---|---|",
    ]
    for one in outcomes:
        told = ", ".join(sorted(one.told)) or "nothing"
        muted = ", ".join(sorted(one.fired.keys() - one.told.keys()))
        rows.append(f"| `{one.scenario.name}` | {one.scenario.story} | {told} | {muted} |")
    return "\n".join(rows) + "\n"


def unproved(outcomes: Iterable[Outcome], alerts: Iterable[str]) -> list[str]:
    """Give the alerts that no fault brought about so that somebody was told."""
    told = {name for one in outcomes for name in one.told}
    return [name for name in alerts if name not in told]
