"""The exchange of the judge: it counts, refuses, blocks, and knows whose fault a refusal is.

The counting itself is the simulated exchange's (four window models, exact), and nothing here is the
limiter's. Beside it the same strangers play twice more: alone, and beside one who knows everything.
What they lose with us and not alone, they lose by our fault; what the other one gets is what we
could have had.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from bench.limiter.contender import Reply
from upbit_monitor.simulator import Law, window

if TYPE_CHECKING:
    from random import Random

    from bench.limiter.scenario import Scenario

GROUP: Final = "ticker"
"""The group whose quota it is, as the header names it."""

_BLOCK: Final = 60.0
"""Seconds of the first 418; each further one lasts twice as long."""

_MINUTE: Final = 60.0
"""Refusals are counted towards a 418 for so many seconds."""

_GRID: Final = 0.02
"""The clairvoyant looks this often, in seconds."""

_HORIZON: Final = 5
"""And so many periods ahead: what one request moves is over by then."""


class Traffic:
    """The quota, and all that happens to it without us.

    Its state: the window; which strangers came, and how many of them were admitted; whether the
    limit has changed.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.strangers_admitted = 0
        """Since one period before the beginning: from then on we can see what they use."""
        self._scenario = scenario
        # Neither clock nor phase of the exchange is ours.
        offset = scenario.dice("clock").uniform(0, scenario.period)
        self.window = window(scenario.model, Law(scenario.limit, scenario.period), offset)
        self._strangers = tuple(
            scenario.strangers.times(scenario.seconds, scenario.dice("strangers"))
        )
        self._came = 0
        self._has_changed = False

    def fork(self) -> Self:
        """Give another one, in which the same is to come, and what happens is not shared."""
        twin = copy(self)
        twin.window = deepcopy(self.window)
        return twin

    def coming(self, until: float) -> tuple[float, ...]:
        """The moments of the strangers who are still to come up to a moment."""
        return self._strangers[self._came : bisect_right(self._strangers, until, self._came)]

    def advance(self, now: float, blocked_until: float = -math.inf) -> None:
        """Let everything happen that others do up to now. A block is theirs too."""
        for moment in self.coming(now):
            self._change(moment)
            if moment >= blocked_until and self.window.remaining(moment):
                self.window.count(moment)
                self.strangers_admitted += moment > -self._scenario.period
            self._came += 1
        self._change(now)

    def _change(self, now: float) -> None:
        scenario = self._scenario
        if not self._has_changed and now >= scenario.changes_at:
            self._has_changed = True
            law = Law(scenario.limit_at(now), scenario.period)
            self.window.enact(law, scenario.changes_at)


class Exchange:
    """One group's quota. Its state: the traffic, when we were refused, and the block in force."""

    def __init__(self, scenario: Scenario) -> None:
        self.admitted = 0
        self.refused = 0
        """Requests of ours answered with 429."""
        self.knocks = 0
        """Requests of ours that came while we were blocked, answered with 418."""
        self.blocks = 0
        self.blocked_until = -math.inf
        self._scenario = scenario
        self._traffic = Traffic(scenario)
        self._dice = scenario.dice("headers")
        self._refusals: deque[float] = deque()

    @property
    def strangers_admitted(self) -> int:
        """How many of the strangers' requests were admitted."""
        return self._traffic.strangers_admitted

    def advance(self, now: float) -> None:
        """Let everything happen that others do up to now."""
        self._traffic.advance(now, self.blocked_until)

    def receive(self, now: float) -> Reply:
        """Answer one request of ours that arrives now."""
        self.advance(now)
        judge = self._traffic.window
        if now < self.blocked_until:
            self.knocks += 1
            return Reply(418, None, retry_after=str(math.ceil(self.blocked_until - now)))
        if not judge.remaining(now):
            self.refused += 1
            self._count_refusal(now)
            return Reply(429, None)
        judge.count(now)
        self.admitted += 1
        return Reply(200, _header(self._scenario, judge.remaining(now), now, self._dice))

    def _count_refusal(self, now: float) -> None:
        self._refusals.append(now)
        while now - self._refusals[0] >= _MINUTE:
            self._refusals.popleft()
        if 0 < self._scenario.block_after <= len(self._refusals):
            self.blocked_until = now + _BLOCK * 2**self.blocks
            self.blocks += 1
            self._refusals.clear()


def _header(scenario: Scenario, left: int, now: float, dice: Random) -> str | None:
    match scenario.header:
        case "missing":
            return None
        case "malformed":
            return dice.choice(["", "sec=9", "group=; min=x; sec=-1", f"group={GROUP};sec=9e9"])
        case "lying":
            group = dice.choice([GROUP, GROUP, "default", "no-such-group"])
            minute = dice.choice([0, 60, 599, 600, 1800, 6_000_000])
            return f"group={group}; min={minute}; sec={dice.choice([0, 1, 5, 9, 29, 99_999])}"
        case _:
            return f"group={GROUP}; min={scenario.announced_at(now)}; sec={left}"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a play of a scenario is held against."""

    admitted: int
    """Requests of one who knows everything."""
    strangers_beside: int
    """Strangers' requests admitted beside that one."""
    strangers_alone: int
    """Strangers' requests admitted with nobody else there."""


def yardstick(scenario: Scenario) -> Yardstick:
    """Play a scenario without any limiter, and with one who knows everything.

    The clairvoyant sits in the exchange, knows the model, the window and what is to come, looks
    fifty times a second, and takes whatever costs no stranger anything. Not quite the most that is
    possible (it takes the earliest), so a limiter may come out a little above it.
    """
    alone, beside = Traffic(scenario), Traffic(scenario)
    alone.advance(scenario.seconds)
    taken = 0
    for step in range(1, round(scenario.seconds / _GRID)):
        now = step * _GRID
        beside.advance(now)
        while beside.window.remaining(now) and _costs_nobody(beside, now, scenario):
            beside.window.count(now)
            taken += 1
    beside.advance(scenario.seconds)
    return Yardstick(taken, beside.strangers_admitted, alone.strangers_admitted)


def _costs_nobody(traffic: Traffic, now: float, scenario: Scenario) -> bool:
    """Whether a request of ours takes from no stranger what that one would have got without it."""
    coming = traffic.coming(now + _HORIZON * scenario.period)
    if not coming or (scenario.change is None and traffic.window.remaining(now) > len(coming)):
        return True
    with_us, without = traffic.fork(), traffic.fork()
    with_us.window.count(now)
    ahead = 0
    for moment in coming:
        with_us.advance(moment)
        without.advance(moment)
        was_ahead, ahead = ahead, with_us.strangers_admitted - without.strangers_admitted
        if ahead < was_ahead:
            return False
    return True
