"""What a limiter tells: what it believes of a group, and each decision with what it saw.

Frozen records for the metrics, the log and whoever looks for a fault. Nothing is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Kind(StrEnum):
    """What was decided, or heard: a closed set.

    Each request gets one of the first two, and one that was granted gets one of the others later.
    """

    GRANTED = "granted"
    """A request may go."""
    WITHHELD = "withheld"
    """A request does not go: it cannot, in the time that it has."""
    ANSWERED = "answered"
    """An answer came that is no refusal, whatever else it says."""
    REFUSED = "refused"
    """The exchange answered 429."""
    BLOCKED = "blocked"
    """The exchange answered 418."""
    LOST = "lost"
    """The request was sent, and its answer is given up: it may have been counted."""
    UNSENT = "unsent"
    """The request never reached the wire: its slot is given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """What is believed of one group at one moment; for the metrics and the page."""

    group: str
    called: str | None
    """The name that the newest header gave the group; ``None`` before the first."""
    limit: int
    budget: int
    period: float
    remaining: int | None
    """What the newest header said is left; ``None`` before the first."""
    left: int
    """What may leave now."""
    held: int
    """How many slots of the budget are held now."""
    under_way: int
    waiting: int
    foreign: int
    """Requests of others, so far; a lower bound."""
    expected: float
    """Requests of others to expect in a period; 0 if we are alone."""
    pace: float
    """Requests a period that we send at most beside others; ``inf`` if we are alone."""
    shut_for: float
    """Seconds until the group, or the whole scope, opens again; 0 if it is open."""

    @property
    def in_company(self) -> bool:
        """Whether others are about."""
        return math.isfinite(self.pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision of a limiter, or one thing that it heard."""

    at: float
    """The loop's time, in seconds."""
    kind: Kind
    state: GroupState
    """What is believed of the group right after it.

    With a refusal, what was believed right before, and how long the group is shut now: of what
    had let the request go, and not of what is made of the refusal.
    """
    waited: float = 0.0
    """Seconds between asking and the grant, or the end of patience."""
    why: str = ""
    """Why the request had to wait when it came, or may not go now; empty if it went at once."""
    ahead: int = 0
    """How many were to go before it when it came."""
    probe: bool = False
    """Whether it goes alone, because its answer is to tell what is known no more, or not yet."""
    left: int | None = None
    """What this answer's header says is left; ``None`` without one, or if it is not believed."""
    called: str | None = None
    """The name that this answer's header gives the group; ``None`` without one."""

    @property
    def cause(self) -> Literal["strangers", "unexplained"]:
        """Whose doing a refusal may be: that of others who were seen, or of nobody known."""
        # A limiter that was refused takes company for granted: it must have been seen too.
        return "strangers" if self.state.in_company and self.state.foreign else "unexplained"


Tell: TypeAlias = Callable[[Decision], None]
"""Who is told. It is called in the midst of things: it must not raise, nor ask for a permit."""
