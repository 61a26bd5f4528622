"""What is wrong beside the polls: a quota, a clock, a certificate, a configuration."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.finding import Finding, Tone
from upbit_monitor.exposition.status import Counted
from upbit_monitor.exposition.words import certificate, clock, counted, listed, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upbit_monitor.exposition.status import QuotaStatus, Status, TargetStatus

_SKEWED: Final = 2.0
"""Seconds that our clock may be off. What we tell of ages is wrong by as much."""

_ENDING: Final = 14 * 86_400.0
"""Seconds before the end of a certificate: one that renews itself has done so by then."""


def target_findings(status: Status) -> Iterator[Finding]:
    """Tell all that concerns a target, or the daemon, as a whole."""
    yield from _configuration(status)
    yield from _blocks(status)
    for target in status.targets:
        yield from _refusals(target, status.now)
        yield from _crowds(target)
        yield from _clock(target)
        yield from _certificate(target, status.now)


def _configuration(status: Status) -> Iterator[Finding]:
    if status.rejected is None:
        return
    first, *others = status.rejected.problems or ("",)
    more = f" (and {counted(len(others), 'problem')} more)" if others else ""
    yield Finding(
        Tone.WARN,
        "The configuration",
        f"was rejected {span(status.now - status.rejected.at)} ago; the old one stays in force",
        f"{first}{more}" or None,
        "Mend the file and reload it; upbit-monitor check-config tells every problem.",
    )


def lockout(status: Status) -> str | None:
    """Give the headline if a 418 locks us out; None if none does."""
    address, account = (_blocked(status, counted_by) for counted_by in Counted)
    if address:
        every = len(address) == len(status.targets)
        return "Our IP address is blocked" + ("" if every else f" at {listed(address)}")
    if account:
        many = len(account) > 1
        accounts, be = ("accounts", "are") if many else ("account", "is")
        return f"The {accounts} of {listed(account)} {be} blocked"
    return None


def _blocked(status: Status, counted_by: Counted) -> list[str]:
    return [
        target.name
        for target in status.targets
        if any(q.counted_by is counted_by and q.blocked_at(status.now) for q in target.quotas)
    ]


def _blocks(status: Status) -> Iterator[Finding]:
    """Tell of each 418 once, however many groups and targets it shuts."""
    shut: dict[tuple[str, ...], list[tuple[str, QuotaStatus]]] = {}
    for target in status.targets:
        for quota in target.quotas:
            if quota.blocked_at(status.now):
                # Targets at one host share its view of our address.
                account = target.name if quota.counted_by is Counted.ACCOUNT else ""
                together = (target.base_url, quota.counted_by, account)
                shut.setdefault(together, []).append((target.name, quota))
    for (_, counted_by, _), groups in shut.items():
        names = [name for name, _ in groupby(groups, lambda group: group[0])]
        quotas = [quota for _, quota in groups]
        yield Finding(
            Tone.BAD,
            f"{listed(names)} / our {counted_by}",
            f"is blocked (418) for another {_opening(quotas, status.now)}",
            None,
            "Wait: the exchange locked us out after too many requests, and asking meanwhile "
            "makes it longer. Look for others who use the quota.",
        )


def _refusals(target: TargetStatus, now: float) -> Iterator[Finding]:
    shut = [quota for quota in target.quotas if quota.shut_for(now) and not quota.blocked]
    if shut:
        names = listed([quota.group for quota in shut])
        were = "was refused (429) and is" if len(shut) == 1 else "were refused (429) and are"
        yield Finding(
            Tone.WARN,
            f"{target.name} / {names}",
            f"{were} shut for another {_opening(shut, now)}",
            None,
            "Wait: the exchange asked us to stay away, and asking meanwhile makes it longer.",
            passing=True,
        )


def _opening(quotas: Sequence[QuotaStatus], now: float) -> str:
    """Say how long all of them are shut, and what waits for it."""
    waiting = sum(quota.waiting for quota in quotas)
    held = f", and {counted(waiting, 'request')} held back" if waiting else ""
    return f"{span(max(quota.shut_for(now) for quota in quotas))}{held}"


def _crowds(target: TargetStatus) -> Iterator[Finding]:
    for quota in target.quotas:
        if quota.crowded:
            yield Finding(
                Tone.WARN,
                f"{target.name} / {quota.group}",
                f"is used by others: {quota.others:.1f} of {quota.limit} requests a window",
                None,
                f"Find who else asks {quota.counted_by.company}. We keep out of their way, so our "
                "polls may be late.",
            )


def _clock(target: TargetStatus) -> Iterator[Finding]:
    if target.skew is None:
        return
    middle, give = target.skew
    if abs(middle) - give > _SKEWED:
        yield Finding(
            Tone.WARN,
            f"{target.name} / our clock",
            f"is {clock(target.skew)}",
            None,
            "Set this host's clock (NTP): ages of prices and orders are told by it.",
        )


def _certificate(target: TargetStatus, now: float) -> Iterator[Finding]:
    ends = target.certificate_not_after
    if ends is not None and ends - now < _ENDING:
        yield Finding(
            Tone.WARN,
            f"{target.name} / certificate",
            certificate(ends - now),
            None,
            "It is the exchange's to renew. If a proxy stands between, look at the proxy's.",
        )
