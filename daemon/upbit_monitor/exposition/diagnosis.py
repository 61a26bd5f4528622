"""What is wrong and what to do about it: one headline and the findings behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.status import PollState
from upbit_monitor.exposition.words import counted, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_monitor.exposition.status import PollStatus, QuotaStatus, Status


class Tone(StrEnum):
    """How serious something is, from calm to alarming."""

    IDLE = "idle"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"


_SERIOUSNESS: Final = {tone: rank for rank, tone in enumerate(Tone)}

TONES: Final = {
    PollState.FRESH: Tone.GOOD,
    PollState.WAITING: Tone.BUSY,
    PollState.LATE: Tone.WARN,
    PollState.FAILING: Tone.BAD,
    PollState.PARKED: Tone.BAD,
    PollState.NO_KEY: Tone.IDLE,
    PollState.NOT_HERE: Tone.IDLE,
}
_TROUBLED: Final = {
    PollState.PARKED: "parked",
    PollState.FAILING: "failing",
    PollState.LATE: "late",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, what, the reason if known, what to do."""

    tone: Tone
    where: str
    what: str
    why: str | None
    remedy: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer to "is it all right?"."""

    tone: Tone
    headline: str
    findings: tuple[Finding, ...]


def diagnose(status: Status) -> Diagnosis:
    """Judge the daemon as a whole; the gravest finding comes first.

    A shut group is a finding, but not the headline's matter: a 429 shuts one for a second or two,
    and the polls stay fresh.
    """
    findings = sorted(
        (*_poll_findings(status), *_quota_findings(status)),
        key=lambda finding: -_SERIOUSNESS[finding.tone],
    )
    tone, headline = _headline(status)
    return Diagnosis(tone, headline, tuple(findings))


def _headline(status: Status) -> tuple[Tone, str]:
    states: Counter[PollState] = Counter(
        poll.state for _, poll in status.polls() if poll.state.enabled
    )
    total = states.total()
    troubled = {state: states[state] for state in _TROUBLED if states[state]}
    if status.draining:
        return Tone.WARN, "Shutting down"
    if not total:
        return Tone.WARN, "Nothing is watched"
    if troubled:
        count = sum(troubled.values())
        tone = Tone.WARN if set(troubled) == {PollState.LATE} else Tone.BAD
        word = _TROUBLED[next(iter(troubled))] if len(troubled) == 1 else "in trouble"
        return tone, f"{_share(count, total)} {word}"
    if waiting := states[PollState.WAITING]:
        return Tone.BUSY, f"{_share(waiting, total)} yet to answer"
    if stumbled := sum(1 for _, poll in status.polls() if poll.failures):
        # Still true, what they show: but whoever looks now wants to know.
        return Tone.WARN, f"{_share(total, total)} fresh, {stumbled} failed last time"
    return Tone.GOOD, f"{_share(total, total)} fresh"


def _share(count: int, total: int) -> str:
    if total == 1:
        return "The only poll is"
    if count == total:
        return "Both polls are" if total == 2 else f"All {total} polls are"  # noqa: PLR2004 -- both
    return f"{count} of {total} polls {'is' if count == 1 else 'are'}"


def _poll_findings(status: Status) -> Iterator[Finding]:
    for target, poll in status.polls():
        if poll.state in _TROUBLED:
            what, remedy = _complaint(poll, status.now)
            yield Finding(TONES[poll.state], f"{target.name} / {poll.name}", what, poll.why, remedy)


def _complaint(poll: PollStatus, now: float) -> tuple[str, str]:
    match poll.state:
        case PollState.PARKED:
            what = "is parked: the exchange refused it, and asking again the same way cannot help"
            remedy = "Mend the cause, then reload the configuration."
        case PollState.FAILING:
            what = f"fails, {counted(poll.failures, 'time')} in a row"
            remedy = "It tries again by itself. If that lasts, see the log: it has each cause."
        case _:
            what = f"is late: due every {span(poll.every_seconds)}, but nothing {_since(poll, now)}"
            remedy = "See whether requests wait for the quota, or runs are skipped or hang."
    return what, remedy


def _since(poll: PollStatus, now: float) -> str:
    if poll.last_success_at is None:
        return "since the start"
    return f"for {span(now - poll.last_success_at)}"


def _quota_findings(status: Status) -> Iterator[Finding]:
    for target in status.targets:
        for quota in target.quotas:
            if seconds := quota.shut_for(status.now):
                yield _shut(f"{target.name} / {quota.group}", quota, seconds)


def _shut(where: str, quota: QuotaStatus, seconds: float) -> Finding:
    held = f", and {counted(quota.waiting, 'request')} held back" if quota.waiting else ""
    return Finding(
        Tone.WARN,
        where,
        f"is shut for another {span(seconds)}{held}",
        None,
        "Wait: the exchange asked us to stay away, and asking meanwhile makes it longer.",
    )
