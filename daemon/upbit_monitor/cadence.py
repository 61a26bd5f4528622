"""When a poll uses a beat, and how it stands: pure, with the time as an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from upbit_monitor.errors import Verdict

_LONGEST_BACK_OFF: Final = 60.0
"""Seconds between attempts in lasting bad weather, where the interval itself is not longer."""

PARKED_PROBE: Final = 900.0
"""Seconds between the slow probes of a parked poll, where the interval itself is not longer."""

_OVERDUE_AFTER: Final = 3
"""Intervals without success after which what a poll shows is called late."""


class State(Enum):
    """What a person sees of a poll; the values are what the page writes."""

    WAITING = "waiting"
    """No run has succeeded yet, and none has failed."""
    FRESH = "fresh"
    """What it shows is recent enough; failures since then do not make it untrue."""
    LATE = "late"
    """What it shows is too old, though no run has failed since: runs wait, hang or are lost."""
    FAILING = "failing"
    """What it shows is too old, or there is nothing to show, and the last run failed."""
    PARKED = "parked"
    """It waits for a person, and until then probes rarely."""


@dataclass(slots=True)
class Cadence:
    """When the next attempt is due. All times are the caller's, in seconds of one clock.

    Its state: failures in a row, and how many of them were weather; whether parked; the moment
    before which beats are let pass; the moment of the last success.
    """

    every: float
    failures: int = 0
    weather: int = 0
    parked: bool = False
    not_before: float = field(default=float("-inf"))
    succeeded_at: float | None = None

    def due(self, now: float) -> bool:
        """Whether the beat at ``now`` is used."""
        return now >= self.not_before

    def state(self, now: float, grace: float) -> State:
        """How the poll stands. ``grace``: seconds that one run may take beside the interval."""
        if self.parked:
            return State.PARKED
        if self.succeeded_at is not None:
            allowed = _OVERDUE_AFTER * self.every
            # A run that may be under way is given its time.
            if self.failures:
                # One run that failed late, and the beat after it, are no news. The grace is at
                # least twice what a request may take.
                allowed = max(allowed, 2 * self.every + grace / 2)
            else:
                allowed += grace
            if now - self.succeeded_at <= allowed:
                return State.FRESH
        if self.failures:
            return State.FAILING
        return State.WAITING if self.succeeded_at is None else State.LATE

    def succeed(self, now: float) -> None:
        """Note a success: every beat is used again."""
        self.failures = 0
        self.weather = 0
        self.parked = False
        self.not_before = float("-inf")
        self.succeeded_at = now

    def fail(self, now: float, judged: Verdict, dice: float) -> None:
        """Note a failure; ``dice`` in [0, 1) spreads the return of many.

        Weather doubles the pause, from no pause after the first failure up to a minute. What a
        person must mend is probed every quarter of an hour, and parked until a success: weather
        at a probe does not say that it is mended, only that the probe is worth repeating sooner.
        What the limiter holds back needs no pause of ours: the limiter waits.
        """
        self.failures += 1
        self.parked = self.parked or judged is Verdict.PARK
        pause = 0.0
        if judged is Verdict.PARK:
            pause = max(PARKED_PROBE, self.every) * (0.9 + 0.2 * dice)
        elif judged is Verdict.RETRY:
            self.weather += 1
            steps = 2 ** min(self.weather - 1, 16) - 1
            longest = max(_LONGEST_BACK_OFF, self.every)
            pause = min(self.every * steps, longest) * (0.5 + 0.5 * dice)
        self.not_before = now + pause
