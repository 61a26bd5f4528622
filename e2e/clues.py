"""What to look at when a run is not as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.pace import TIMES
from mixin.alerts import GROUPS
from mixin.rule import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from e2e.verdict import Outcome


def expressions(times: float = TIMES) -> dict[str, str]:
    """Give the expression of each alert as the run had it, on one line."""
    rules = [rule for group in GROUPS for rule in group.hastened(times).rules]
    return {rule.name: " ".join(rule.expr.split()) for rule in rules if isinstance(rule, Alert)}


def amiss(outcome: Outcome) -> frozenset[str]:
    """Give the alerts for which a scenario did not come out as it should."""
    wanted = outcome.scenario
    fired = frozenset(outcome.fired)
    return (
        (wanted.told ^ frozenset(outcome.told))
        | (wanted.muted - fired)
        | (fired - wanted.told - wanted.muted)
    )


def clues(outcomes: Iterable[Outcome], logs: Mapping[str, str], folder: Path) -> list[str]:
    """Give the logs, and the questions to ask of `python -m e2e serve`, of what came out wrong."""
    expr = expressions()
    lines: list[str] = []
    for outcome in outcomes:
        names = amiss(outcome)
        if not names:
            continue
        daemon = outcome.scenario.daemon
        lines.append(
            f"{outcome.scenario.name}: daemon {daemon}, log {logs.get(daemon, '')}, "
            f"fault from {outcome.began:.0f} to {outcome.ended:.0f}"
        )
        lines += [f"    {name}: {expr[name]}" for name in sorted(names)]
    if lines:
        lines.append(
            f"`python -m e2e serve` answers these of what was recorded; {folder} has every log, "
            "and rules and routes as they were"
        )
    return lines
