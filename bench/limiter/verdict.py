"""What the plays of one scenario come to: a few figures for each limiter."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.limiter.exchange import yardstick
from bench.limiter.play import play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.limiter.contender import Entry
    from bench.limiter.exchange import Yardstick
    from bench.limiter.play import Score
    from bench.limiter.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One limiter in one scenario; the mean of all seeds."""

    limiter: str
    utilisation: float
    """What was admitted, as a part of what a clairvoyant gets; ``nan`` if that is nothing."""
    admitted: float
    """Requests a minute."""
    refused: float
    """Answers with 429 a minute."""
    knocks: float
    """Answers with 418 in a play."""
    blocks: float
    """Times that it was blocked in a play."""
    harm: float
    """Refusals of strangers' requests a minute that there would not have been without it."""
    p50: float
    """Seconds that half of the requests waited at most."""
    p99: float
    foreign: float | None
    """Strangers' requests that it says it saw, as a part of those admitted; ``None`` if it does not
    say. Where there are none, ``nan`` if it saw none, and else ``inf``."""
    cpu: float
    """Seconds of CPU a request, the judge's own part included."""
    failure: str = ""
    """Why the figures mean little: it stalled or crashed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All limiters in one scenario."""

    scenario: Scenario
    clairvoyant: float
    """Requests a minute that a clairvoyant gets."""
    strangers: float
    """Strangers' requests a minute that are admitted when nobody else is there."""
    rows: tuple[Figures, ...]


def judged(scenario: Scenario, entries: Sequence[Entry], seeds: int) -> Verdict:
    """Play a scenario with each limiter and each seed."""
    worlds = [replace(scenario, seed=seed) for seed in range(seeds)]
    sticks = [yardstick(world) for world in worlds]
    minutes = scenario.seconds * seeds / 60
    return Verdict(
        scenario,
        sum(stick.admitted for stick in sticks) / minutes,
        sum(stick.strangers_alone for stick in sticks) / minutes,
        tuple(
            figures(entry.name, scenario, sticks, [play(world, entry) for world in worlds])
            for entry in entries
        ),
    )


def figures(
    limiter: str, scenario: Scenario, sticks: Sequence[Yardstick], scores: Sequence[Score]
) -> Figures:
    """Sum up one limiter's plays, one a seed, against the yardsticks of the same seeds."""
    plays, minutes = len(scores), scenario.seconds * len(scores) / 60
    best = sum(stick.admitted for stick in sticks)
    admitted = sum(score.admitted for score in scores)
    waits = sorted(wait for score in scores for wait in score.waits)
    return Figures(
        limiter=limiter,
        utilisation=admitted / best if best else math.nan,
        admitted=admitted / minutes,
        refused=sum(score.refused for score in scores) / minutes,
        knocks=sum(score.knocks for score in scores) / plays,
        blocks=sum(score.blocks for score in scores) / plays,
        harm=sum(map(harm, sticks, scores)) / minutes,
        p50=_quantile(waits, 0.5),
        p99=_quantile(waits, 0.99),
        foreign=_foreign(scores),
        cpu=sum(score.cpu for score in scores) / max(sum(score.sent for score in scores), 1),
        failure=next((score.failure for score in scores if score.failure), ""),
    )


def harm(stick: Yardstick, score: Score) -> int:
    """How many more of the strangers' requests were refused than without us.

    We can do them good too, where our request moves the beginning of a window; that is not told.
    """
    return max(stick.strangers_alone - score.strangers_admitted, 0)


def _foreign(scores: Sequence[Score]) -> float | None:
    told = [score.foreign for score in scores if score.foreign is not None]
    if len(told) < len(scores):
        return None
    truth = sum(score.strangers_admitted for score in scores)
    if truth:
        return sum(told) / truth
    return math.inf if any(told) else math.nan


def _quantile(waits: Sequence[float], part: float) -> float:
    return waits[max(math.ceil(part * len(waits)) - 1, 0)] if waits else math.nan
