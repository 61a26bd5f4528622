"""Whose requests are counted where, what strangers take of it, and who is blocked."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .windows import Law, Window, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .knobs import Knobs
    from .world import Region, Scope

_PERIODS_OF_STRANGERS = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """What a group leaves a scope at some instant, and under which law."""

    group: str
    law: Law
    left: int


class Quotas:
    """What each scope has used of each group. Its state is one window for each pair of them."""

    def __init__(self, region: Region, knobs: Knobs) -> None:
        self._region = region
        self._knobs = knobs
        self._windows: dict[tuple[Scope, str], Window] = {}
        self._strangers_until: dict[tuple[Scope, str], float] = {}

    def standing(self, scope: Scope, group: str, now: float) -> Standing:
        """What a scope may still send in a group at this instant."""
        law, opened = self._law(group), self._windows.get((scope, group))
        return Standing(group, law, opened.remaining(now) if opened else law.limit)

    def count(self, scope: Scope, group: str, now: float) -> None:
        """Book one admitted request."""
        self._window(scope, group).count(now)

    def let_strangers_in(self, scope: Scope, group: str, now: float) -> None:
        """Book what strangers of the same scope have sent since the last look, and was admitted.

        After a long silence only the last ten periods are made up: older ones count no more.
        """
        rate = self._knobs.strangers.get(group, 0.0)
        if not rate:
            return
        opened = self._window(scope, group)
        floor = now - _PERIODS_OF_STRANGERS * self._law(group).period
        since = max(floor, self._strangers_until.get((scope, group), floor))
        for time in _stranger_times(since, now, rate, self._knobs.strangers_burst):
            if opened.remaining(time):
                opened.count(time)
        self._strangers_until[scope, group] = now

    def turn(self, knobs: Knobs, now: float) -> None:
        """Follow the knobs: new limits at once; another window model starts empty."""
        remodelled = (knobs.window, knobs.clock_offset_seconds) != (
            self._knobs.window,
            self._knobs.clock_offset_seconds,
        )
        self._knobs = knobs
        if remodelled:
            self._windows.clear()
        for (_, group), opened in self._windows.items():
            opened.enact(self._law(group), now)

    def _law(self, group: str) -> Law:
        law = self._region.laws[group]
        return Law(self._knobs.limits.get(group, law.limit), law.period)

    def _window(self, scope: Scope, group: str) -> Window:
        key = (scope, group)
        if key not in self._windows:
            knobs = self._knobs
            self._windows[key] = window(knobs.window, self._law(group), knobs.clock_offset_seconds)
        return self._windows[key]


def _stranger_times(since: float, until: float, rate: float, burst: int) -> Iterator[float]:
    """When strangers come, after `since` and up to `until`: bursts at an even beat."""
    beat = burst / rate
    for number in range(math.floor(since / beat) + 1, math.floor(until / beat) + 1):
        for _ in range(burst):
            yield number * beat


@dataclass(slots=True)
class _Record:
    refusals: deque[float] = field(default_factory=deque)
    blocks: int = 0
    blocked_until: float = -math.inf


class Blocks:
    """Who answered 429s by asking on. Its state is each scope's late refusals and blocks."""

    def __init__(self) -> None:
        self._records: dict[Scope, _Record] = {}

    def seconds_left(self, scope: Scope, now: float) -> float:
        """How long a scope stays blocked; nought if it is not."""
        record = self._records.get(scope)
        return max(0.0, record.blocked_until - now) if record else 0.0

    def shut(self, scope: Scope, until: float) -> None:
        """Block a scope up to a time, whatever it did. A longer block stays."""
        record = self._records.setdefault(scope, _Record())
        record.blocked_until = max(record.blocked_until, until)

    def refused(self, scope: Scope, now: float, knobs: Knobs) -> None:
        """Book a 429. The last one that is tolerated begins a block, each longer than before."""
        record = self._records.setdefault(scope, _Record())
        record.refusals.append(now)
        while now - record.refusals[0] >= knobs.block_within_seconds:
            record.refusals.popleft()
        if 0 < knobs.block_after_refusals <= len(record.refusals):
            length = knobs.block_seconds * knobs.block_growth**record.blocks
            record.blocked_until = now + length
            record.blocks += 1
            record.refusals.clear()
