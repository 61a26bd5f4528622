"""What is wrong with polls. Those that fail alike are told in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.finding import TONES, Finding, Tone
from upbit_monitor.exposition.reach import silent_since
from upbit_monitor.exposition.status import PollState
from upbit_monitor.exposition.words import counted, listed, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upbit_monitor.exposition.status import PollStatus, Status, TargetStatus

TROUBLED: Final = {
    PollState.PARKED: "parked",
    PollState.FAILING: "failing",
    PollState.LATE: "late",
}
"""The states that are a trouble, each with its word for the headline."""


def poll_findings(status: Status) -> Iterator[Finding]:
    """Tell of polls in trouble, and of what those that are well want looked at."""
    for target in status.targets:
        for alike in _alike(target):
            where = f"{target.name} / {listed([poll.name for poll in alike])}"
            what, remedy = _complaint(alike, status.now)
            yield Finding(TONES[alike[0].state], where, what, alike[0].why, remedy)
        for poll in target.polls:
            # What an overdue poll saw may be over.
            for concern in poll.concerns if poll.state is PollState.FRESH else ():
                where = f"{target.name} / {poll.name}"
                yield Finding(Tone.WARN, where, concern.what, None, concern.remedy)


def _alike(target: TargetStatus) -> list[list[PollStatus]]:
    """Put together what has one cause. That a target is out of reach is told as a whole."""
    silent = silent_since(target) is not None
    groups: dict[tuple[object, ...], list[PollStatus]] = {}
    for poll in target.polls:
        told = silent and poll.unreachable_since is not None and poll.state is not PollState.PARKED
        if poll.state not in TROUBLED or told:
            continue
        # What our limiter holds back has one cause, though each tells another wait.
        cause = True if poll.withheld else poll.why
        groups.setdefault((poll.state, cause, poll.key_from_environment), []).append(poll)
    return [*groups.values()]


def _complaint(polls: Sequence[PollStatus], now: float) -> tuple[str, str]:
    many = len(polls) > 1
    match polls[0].state:
        case PollState.PARKED:
            be, them = ("are", "them") if many else ("is", "it")
            what = f"{be} parked: the exchange refused {them}, and asking again the same way "
            what += "cannot help"
            remedy = "Mend the cause, then reload the configuration."
            if polls[0].key_from_environment:
                remedy = (
                    "Mend the cause, then reload. A new key needs a restart: it comes from the "
                    "environment, which is read at the start alone."
                )
        case PollState.FAILING:
            times = counted(max(poll.failures for poll in polls), "time")
            what = f"fail, up to {times} in a row" if many else f"fails, {times} in a row"
            remedy = "It tries again by itself. If that lasts, see the log: it has each cause."
            if polls[0].withheld:
                what += ": our own limiter holds requests back"
                remedy = "See the quota: it is used up, or shut. Longer intervals need less of it."
        case _:
            what = _lateness(polls, now)
            remedy = "See whether requests wait for the quota, or runs are skipped or hang."
    return what, remedy


def _lateness(polls: Sequence[PollStatus], now: float) -> str:
    if len(polls) == 1:
        return (
            f"is late: due every {span(polls[0].every_seconds)}, but nothing {_since(polls, now)}"
        )
    return f"are late: nothing {_since(polls, now)}"


def _since(polls: Sequence[PollStatus], now: float) -> str:
    seen = [poll.last_success_at for poll in polls if poll.last_success_at is not None]
    if len(seen) < len(polls):
        return "since the start"
    return f"for {'up to ' if len(polls) > 1 else ''}{span(now - min(seen))}"
