"""What is wrong and what to do about it: one headline and the findings behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_monitor.exposition.finding import Finding, Tone
from upbit_monitor.exposition.poll_findings import TROUBLED, poll_findings
from upbit_monitor.exposition.reach import reach_findings, silence
from upbit_monitor.exposition.status import PollState
from upbit_monitor.exposition.target_findings import lockout, target_findings
from upbit_monitor.exposition.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_monitor.exposition.status import Status


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer to "is it all right?"."""

    tone: Tone
    headline: str
    findings: tuple[Finding, ...]


def diagnose(status: Status) -> Diagnosis:
    """Judge the daemon as a whole; the gravest finding comes first.

    Of equal ones, what concerns a target or a quota comes before the polls that suffer from it.
    A refused group is a finding, but not the headline's matter: a 429 shuts one for a second or
    two, and the polls stay fresh. A block lasts, and grows: it is the headline.
    """
    findings = sorted(
        (*reach_findings(status), *target_findings(status), *poll_findings(status)),
        key=lambda finding: -finding.tone.rank,
    )
    tone, headline = _headline(status, findings)
    return Diagnosis(tone, headline, tuple(findings))


def _headline(status: Status, findings: Sequence[Finding]) -> tuple[Tone, str]:
    states: Counter[PollState] = Counter(
        poll.state for _, poll in status.polls() if poll.state.enabled
    )
    total = states.total()
    troubled = {state: states[state] for state in TROUBLED if states[state]}
    if status.draining:
        return Tone.WARN, "Shutting down"
    if not total:
        return Tone.WARN, "Nothing is watched"
    # Both are told: who is locked out by one exchange may miss another.
    if gravest := [words for words in (lockout(status), silence(status)) if words]:
        return Tone.BAD, ", ".join(gravest)
    if troubled:
        count = sum(troubled.values())
        tone = Tone.WARN if set(troubled) == {PollState.LATE} else Tone.BAD
        word = TROUBLED[next(iter(troubled))] if len(troubled) == 1 else "in trouble"
        return tone, f"{_share(count, total)} {word}"
    if waiting := states[PollState.WAITING]:
        return Tone.BUSY, f"{_share(waiting, total)} yet to answer"
    return _well(status, total, findings)


def _well(status: Status, total: int, findings: Sequence[Finding]) -> tuple[Tone, str]:
    """All is fresh: still, whoever looks now wants to know what else there is."""
    parts = [f"{_share(total, total)} fresh"]
    if stumbled := sum(1 for _, poll in status.polls() if poll.failures):
        parts.append(
            "but failed last time" if stumbled == total else f"{stumbled} failed last time"
        )
    if notable := sum(not finding.passing for finding in findings):
        parts.append(f"{counted(notable, 'thing')} to look at")
    return Tone.GOOD if len(parts) == 1 else Tone.WARN, ", ".join(parts)


def _share(count: int, total: int) -> str:
    if total == 1:
        return "The only poll is"
    if count == total:
        return "Both polls are" if total == 2 else f"All {total} polls are"  # noqa: PLR2004 -- both
    return f"{count} of {total} polls {'is' if count == 1 else 'are'}"
