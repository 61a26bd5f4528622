"""What the daemon says of itself: the frozen values behind the landing page and /readyz.

The composition fills them from what it knows and hands over a whole ``Status`` at a time. All
moments are Unix seconds, so that nothing here asks a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_monitor.polls import Concern


class PollState(StrEnum):
    """Where one poll stands. Only one of these is true at a time; the docstrings say which."""

    WAITING = "waiting"
    """Nothing has succeeded yet since the start, and nothing has failed."""
    FRESH = "fresh"
    """The last success is recent enough. Failures after it, if any, are counted beside."""
    LATE = "late"
    """The last success is too old, though no run failed: runs wait, hang or are skipped."""
    FAILING = "failing"
    """The last success is too old, or there is none, and the last run failed."""
    PARKED = "parked"
    """The exchange refused in a way that only a person can mend."""
    NO_KEY = "no key"
    """The poll needs an account, and its target has no key: it is not enabled."""
    NOT_HERE = "not here"
    """The region has no such endpoint: the poll is not enabled."""

    @property
    def label(self) -> str:
        """The value of the label ``state``."""
        return self.name.lower()

    @property
    def enabled(self) -> bool:
        """Whether the poll runs at all."""
        return self not in {PollState.NO_KEY, PollState.NOT_HERE}

    @property
    def ready(self) -> bool:
        """Whether a poll in this state keeps nobody waiting."""
        return self is PollState.FRESH or not self.enabled


@dataclass(frozen=True, slots=True)
class PollStatus:
    """One poll of one target.

    ``every_seconds`` is the interval, 0 for a poll that is not enabled. ``failures`` counts the
    failed runs since the last success; ``why`` is the reason of the last one, or of the state, in
    one sentence. It may quote the exchange. ``gist`` is what the last success saw, and
    ``concerns`` what of it a person should look at.

    ``unreachable_since`` is when runs began to end without an answer, None while they do not;
    ``heard_at`` when a run last ended with one, be it a refusal. ``withheld``: the last run failed
    because our own limiter let no request go; ``throttled``: because of a 429. ``groups``: what its
    questions are counted with. ``key_from_environment``: the poll's key comes from
    the environment, which is read at the start alone.
    """

    name: str
    state: PollState
    every_seconds: float
    last_success_at: float | None = None
    failures: int = 0
    why: str | None = None
    gist: str = ""
    concerns: tuple[Concern, ...] = ()
    unreachable_since: float | None = None
    heard_at: float | None = None
    withheld: bool = False
    throttled: bool = False
    groups: frozenset[str] = frozenset()
    key_from_environment: bool = False

    @property
    def short_of_quota(self) -> bool:
        """Whether the last run failed for want of quota: a 429, or our limiter's own no."""
        return self.withheld or self.throttled


class Counted(StrEnum):
    """By what the exchange counts requests together. The words are for people."""

    ADDRESS = "IP address"
    ACCOUNT = "account"

    @property
    def company(self) -> str:
        """Where those are who use the same quota."""
        return "at this address" if self is Counted.ADDRESS else "with a key of this account"


_CROWD: Final = 0.3
"""The part of a quota that others take when they are told of; the planned alert says the same."""


@dataclass(frozen=True, slots=True)
class QuotaStatus:
    """One rate-limit group of one target.

    ``limit`` is what the exchange allows in one window, ``budget`` the part that this daemon
    takes at most. ``left`` is what the last answer said of the window, None before the first.
    ``waiting`` counts our requests in the queue. Until ``shut_until`` nothing is sent: after a
    429 to this group or, if ``blocked``, after a 418 to anything that is counted together with it
    (``counted_by``). ``foreign`` is a lower bound of the requests that others took since the start,
    ``others`` what is to be expected of them in a window now. ``planned`` is how many requests a
    second all polls ask for that share the quota. ``period`` is the window's length in seconds.
    """

    group: str
    limit: int
    budget: int
    left: int | None = None
    waiting: int = 0
    shut_until: float | None = None
    foreign: int = 0
    planned: float = 0.0
    others: float = 0.0
    period: float = 1.0
    blocked: bool = False
    counted_by: Counted = Counted.ADDRESS

    @property
    def crowded(self) -> bool:
        """Whether others take much of what the exchange allows, or of what is ours of it."""
        spare = self.limit - self.budget
        return self.others > 0 and (self.others >= _CROWD * self.limit or self.others > spare)

    @property
    def overplanned(self) -> bool:
        """Whether our polls ask for more than our share."""
        return self.planned * self.period > self.budget

    @property
    def used(self) -> int | None:
        """Requests gone from the last window that was seen, by whomever."""
        return None if self.left is None else min(max(self.limit - self.left, 0), self.limit)

    def shut_for(self, now: float) -> float:
        """Seconds until the group opens again; 0 if it is open."""
        return max(0.0, (self.shut_until or now) - now)

    def blocked_at(self, now: float) -> bool:
        """Whether a 418 shuts the group at this moment."""
        return self.blocked and self.shut_for(now) > 0


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One watched region, with or without an account.

    ``reachable``: whether the last attempt got an answer, of whatever status; None before the
    first. ``certificate_not_after`` is when the exchange's certificate ends; None for plain HTTP
    and before the first connection. ``skew``: the seconds by which our clock is ahead of the
    exchange's, and by how much that may be wrong to either side; None while nothing is known.
    """

    name: str
    region: str
    base_url: str
    account: Literal["key", "no key"]
    polls: tuple[PollStatus, ...] = ()
    quotas: tuple[QuotaStatus, ...] = ()
    reachable: bool | None = None
    certificate_not_after: float | None = None
    skew: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a host beside the exchange can be reached: the setting ``second_opinion``.

    ``up`` is None before the first answer, and ``since`` the moment at which it became what it
    is. ``why`` is the reason of the last failure, in one phrase, while it is not up.
    """

    address: str
    up: bool | None = None
    since: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A configuration that was rejected at a reload: when, and each problem in one line."""

    at: float
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """The daemon at the moment ``now``.

    ``second_opinion`` is None if none is asked for; ``rejected`` while what is in force is what
    was read last.
    """

    version: str
    revision: str
    started_at: float
    now: float
    targets: tuple[TargetStatus, ...] = ()
    draining: bool = False
    second_opinion: Opinion | None = None
    rejected: Rejection | None = None

    def polls(self) -> Iterator[tuple[TargetStatus, PollStatus]]:
        """Give every poll with its target, in order."""
        return ((target, poll) for target in self.targets for poll in target.polls)

    @property
    def ready(self) -> bool:
        """Whether every enabled poll is fresh and we are not on the way out.

        Computed, not told: the gauge ``upbit_monitor_ready`` reads it here too, so that gauge,
        page and /readyz cannot disagree.
        """
        return not self.draining and all(poll.state.ready for _, poll in self.polls())
