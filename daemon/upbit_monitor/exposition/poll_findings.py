"""What is wrong with polls. Those that fail alike are told in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.finding import TONES, Finding, Tone
from upbit_monitor.exposition.reach import silent_since
from upbit_monitor.exposition.status import PollState
from upbit_monitor.exposition.words import counted, listed, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upbit_monitor.exposition.status import PollStatus, QuotaStatus, Status, TargetStatus

TROUBLED: Final = {
    PollState.PARKED: "parked",
    PollState.FAILING: "failing",
    PollState.LATE: "late",
}
"""The states that are a trouble, each with its word for the headline."""

_PROBED_EVERY: Final = 900.0
"""Seconds between two looks of a parked poll whose interval is not longer."""


def poll_findings(status: Status) -> Iterator[Finding]:
    """Tell of polls in trouble, and of what those that are well want looked at."""
    for target in status.targets:
        for alike in _alike(target):
            where = f"{target.name} / {listed([poll.name for poll in alike])}"
            what, remedy = _complaint(alike, status.now)
            if others := _company_of(target, alike[0]):
                what += ", for " if alike[0].withheld else ": "
                what += _company_told(others)
                remedy = _company_remedy(others)
            yield Finding(TONES[alike[0].state], where, what, alike[0].why, remedy)
        yield from _concerns(target)


def _concerns(target: TargetStatus) -> Iterator[Finding]:
    """Tell what polls want looked at; what several say in the same words is told once."""
    names: dict[tuple[str, str], list[str]] = {}
    for poll in target.polls:
        # What an overdue poll saw may be over.
        for concern in poll.concerns if poll.state is PollState.FRESH else ():
            names.setdefault((concern.what, concern.remedy), []).append(poll.name)
    for (what, remedy), polls in names.items():
        yield Finding(Tone.WARN, f"{target.name} / {listed(polls)}", what, None, remedy)


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
        others = tuple(quota.group for quota in _company_of(target, poll))
        key = (poll.state, cause, poll.key_from_environment, others)
        groups.setdefault(key, []).append(poll)
    return [*groups.values()]


def _complaint(polls: Sequence[PollStatus], now: float) -> tuple[str, str]:
    many = len(polls) > 1
    match polls[0].state:
        case PollState.PARKED:
            be, them = ("are", "them") if many else ("is", "it")
            again = "They look again by themselves" if many else "It looks again by itself"
            what = f"{be} parked: the exchange refused {them}, and asking again the same way "
            what += "cannot help"
            remedy = "Mend the cause, then reload the configuration."
            if polls[0].key_from_environment:
                remedy = (
                    "Mend the cause, then reload. A new key needs a restart: it comes from the "
                    "environment, which is read at the start alone."
                )
            remedy += f" {again}, about every {_probing(polls)}."
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


def _probing(polls: Sequence[PollStatus]) -> str:
    slowest = max(poll.every_seconds for poll in polls)
    return "quarter of an hour" if slowest <= _PROBED_EVERY else span(slowest)


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


def _company_of(target: TargetStatus, poll: PollStatus) -> tuple[QuotaStatus, ...]:
    """Give the groups that others use and that a failing poll lacks; the crowded ones if any.

    Our limiter lets no 429 happen by our own doing: where strangers were seen, it is theirs.
    """
    if poll.state is not PollState.FAILING or not poll.short_of_quota:
        return ()
    shared = [quota for quota in _suspects(target, poll) if _is_shared(quota, poll)]
    return tuple([quota for quota in shared if quota.crowded] or shared)


def _suspects(target: TargetStatus, poll: PollStatus) -> Sequence[QuotaStatus]:
    """Give the groups that may have let a poll down."""
    return [quota for quota in target.quotas if quota.group in poll.groups]


def _is_shared(quota: QuotaStatus, poll: PollStatus) -> bool:
    # A block is told by itself. What our limiter withholds is due to those who are there now.
    seen = quota.others > 0 or (quota.foreign > 0 and not poll.withheld)
    return seen and not quota.blocked


def _company_told(quotas: Sequence[QuotaStatus]) -> str:
    """Say what others do, to continue a sentence."""
    names = listed([quota.group for quota in quotas])
    return f"others use up {names}" if quotas[0].crowded else f"others were seen to use {names}"


def _company_remedy(quotas: Sequence[QuotaStatus]) -> str:
    """Say what to do about them."""
    places = " or ".join(dict.fromkeys(quota.counted_by.company for quota in quotas))
    return (
        f"Find who else asks {places}: we try again by ourselves, but get only what they leave. "
        "Longer intervals of ours alone do not end that."
    )
