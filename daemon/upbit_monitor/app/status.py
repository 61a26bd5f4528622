"""What the page and /readyz show, gathered from pollers and limiters at the moment of asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor import __version__
from upbit_monitor.app.revision import revision
from upbit_monitor.app.scopes import scopes_of
from upbit_monitor.config import Idle
from upbit_monitor.exposition import (
    Counted,
    PollState,
    PollStatus,
    QuotaStatus,
    Status,
    TargetStatus,
)
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_monitor.app.watch import Watch
    from upbit_monitor.config import Target
    from upbit_monitor.exposition import Opinion, Rejection
    from upbit_monitor.metrics import Board
    from upbit_monitor.poller import Poller
    from upbit_monitor.quota import GroupState, RateLimiter


_OFF: Final = {Idle.NO_KEY: PollState.NO_KEY, Idle.NOT_HERE: PollState.NOT_HERE}


def status(  # noqa: PLR0913 -- what only the daemon knows, each with its name
    watch: Watch,
    *,
    started_at: float,
    now: float,
    draining: bool = False,
    rejected: Rejection | None = None,
    second_opinion: Opinion | None = None,
) -> Status:
    """Describe the daemon; ``started_at`` and ``now`` are Unix seconds."""
    return Status(
        version=__version__,
        revision=revision(),
        started_at=started_at,
        now=now,
        targets=tuple(_target(target, watch, now) for target in watch.settings.targets.values()),
        draining=draining,
        rejected=rejected,
        second_opinion=second_opinion,
    )


def show_states(board: Board, status: Status) -> None:
    """Show where each poll stands, off ones too."""
    for target in status.targets:
        states: dict[tuple[str, ...], float] = {
            (poll.name, state.label): float(poll.state is state)
            for poll in target.polls
            for state in PollState
        }
        board.show(c.POLL_STATE, target.name, states)


def _target(target: Target, watch: Watch, now: float) -> TargetStatus:
    way = watch.ways[target.name]
    skew = way.skew()
    return TargetStatus(
        name=target.name,
        region=target.region,
        base_url=target.base_url,
        account="no key" if target.credentials is None else "key",
        polls=_polls(target, watch.pollers),
        quotas=_quotas(watch.limiters[target.name], _planned(target, watch), now),
        reachable=way.reachable,
        certificate_not_after=way.not_after,
        skew=None if skew is None else (skew.middle, skew.half_width),
    )


def _polls(target: Target, pollers: Sequence[Poller]) -> tuple[PollStatus, ...]:
    key = target.credentials
    fixed = key is not None and key.from_environment
    mine = (poller for poller in pollers if poller.target == target.name)
    active = (_poll(poller, fixed_key=fixed) for poller in mine)
    idle = (PollStatus(name, _OFF[why], 0.0, why=why) for name, why in target.idle.items())
    return (*active, *idle)


def _poll(poller: Poller, *, fixed_key: bool) -> PollStatus:
    return PollStatus(
        name=poller.poll.name,
        state=PollState(poller.state().value),
        every_seconds=poller.every,
        last_success_at=poller.last_success_at,
        failures=poller.cadence.failures,
        why=poller.why,
        gist=poller.poll.gist,
        concerns=tuple(poller.poll.concerns),
        unreachable_since=poller.unreachable_since,
        heard_at=poller.heard_at,
        withheld=poller.withheld,
        throttled=poller.throttled,
        groups=frozenset(endpoint.group for endpoint in poller.poll.endpoints),
        key_from_environment=fixed_key and poller.poll.private,
    )


def _planned(target: Target, watch: Watch) -> Mapping[str, float]:
    """Give what is planned of each group that the target uses or shares."""
    scopes = scopes_of(target)
    return {group.group: group.planned for group in watch.plan if group.scope in scopes}


def _quotas(
    limiters: Sequence[RateLimiter], planned: Mapping[str, float], now: float
) -> tuple[QuotaStatus, ...]:
    return tuple(
        _quota(
            state,
            now,
            planned=planned.get(state.group, 0.0),
            counted_by=scope,
            blocked=limiter.shut_until > limiter.clock(),
        )
        for scope, limiter in zip(Counted, limiters, strict=False)
        for state in limiter.look()
        # Groups that no poll has used say nothing to anybody.
        if state.remaining is not None or state.waiting or state.shut_for
    )


def _quota(
    state: GroupState, now: float, *, planned: float, counted_by: Counted, blocked: bool
) -> QuotaStatus:
    return QuotaStatus(
        group=state.group,
        limit=state.limit,
        budget=state.budget,
        left=state.remaining,
        waiting=state.waiting,
        shut_until=now + state.shut_for if state.shut_for else None,
        foreign=state.foreign,
        planned=planned,
        others=state.expected,
        period=state.period,
        blocked=blocked,
        counted_by=counted_by,
    )
