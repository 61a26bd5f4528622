"""Who does not answer: one target, the exchange, or nobody, because our own line is down.

One run that ends without an answer is weather. A target is out of reach when runs ended so twice,
and no poll of it is heard of since. Polls that ask rarely do not know yet, and are not waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.finding import Finding, Tone
from upbit_monitor.exposition.words import counted, listed, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_monitor.exposition.status import Opinion, Status, TargetStatus

_TWICE: Final = 2


def silent_since(target: TargetStatus) -> float | None:
    """Give the moment since which nothing is heard of a target that is out of reach, else None."""
    mute = [poll for poll in target.polls if poll.unreachable_since is not None]
    if sum(poll.failures for poll in mute) < _TWICE:
        return None
    since = min(poll.unreachable_since or 0.0 for poll in mute)
    others = (poll.heard_at for poll in target.polls if poll.unreachable_since is None)
    return since if all(moment is None or moment < since for moment in others) else None


def silence(status: Status) -> str | None:
    """Give the headline if a target does not answer; None if all do, or none is watched.

    That fresh polls are not overdue yet is no comfort: nothing of the target can be known.
    """
    watched = [target for target in status.targets if any(p.state.enabled for p in target.polls)]
    silent = [target.name for target in watched if silent_since(target) is not None]
    if not silent:
        return None
    if len(silent) < len(watched):
        return f"{listed(silent)} {'does' if len(silent) == 1 else 'do'} not answer"
    up = None if status.second_opinion is None else status.second_opinion.up
    if up is None:
        return "The exchange is out of reach"
    return "The exchange does not answer" if up else "We are offline"


def reach_findings(status: Status) -> Iterator[Finding]:
    """Tell of each target that is out of reach, and of a second opinion that is alone with it."""
    opinion = status.second_opinion
    answers = False
    for target in status.targets:
        since = silent_since(target)
        if since is None:
            answers = answers or any(poll.heard_at for poll in target.polls)
            continue
        failed = sum(poll.unreachable_since is not None for poll in target.polls)
        yield Finding(
            Tone.BAD,
            target.name,
            f"does not answer, for {span(status.now - since)}: {counted(failed, 'poll')} failed",
            next((poll.why for poll in target.polls if poll.unreachable_since is not None), None),
            _remedy(opinion),
        )
    if opinion is not None and opinion.up is False and answers:
        lasting = "" if opinion.since is None else f", for {span(status.now - opinion.since)}"
        yield Finding(
            Tone.WARN,
            opinion.address,
            f"is our second opinion, and does not answer{lasting}, though the exchange does",
            opinion.why,
            "Choose another address for it: this one cannot tell whether we are offline.",
        )


def _remedy(opinion: Opinion | None) -> str:
    if opinion is None or opinion.up is None:
        return "See whether this host reaches anything else: it may be our line, or the exchange."
    if opinion.up:
        return f"Our line is up, for {opinion.address} answers. It tries again by itself."
    return f"Look at our own line first: {opinion.address} does not answer either."
