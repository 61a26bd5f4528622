"""A world: callers who hunger, a network with its delays and losses, and four judges.

The judges are the simulated exchange's own windows. They share no code with the limiter. As long
as nobody is refused all four count the same requests, so one world asks all of them at once.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.virtual import run
from upbit_monitor.quota import Quota, RateLimiter, Remaining
from upbit_monitor.simulator import Law, window

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = ("anchored", "calendar", "sliding", "bucket")
TIMEOUT = 5.0
"""Seconds after which an answer is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What differs from world to world. Times in seconds; probabilities from 0 to 1."""

    seed: int
    limit: int = 10
    period: float = 1.0
    share: float = 1.0
    callers: int = 50
    rest: float = 0.0
    """Mean pause of a caller between two requests."""
    way: float = 0.025
    """Median time of one way, up or down."""
    jitter: float = 0.0
    """Sigma of its lognormal distribution; 0 is a fixed delay."""
    spikes: float = 0.0
    """Probability of up to 0.4 s more."""
    losses: float = 0.0
    """Probability that a request, or its answer, is lost on the way."""
    impatience: float = 0.0
    """Probability that a caller gives up while its request is under way."""
    header: str = "sliding"
    """The judge whose count the header tells."""
    offset: float = 0.0
    """The exchange's clock minus ours."""
    seconds: float = 20.0

    @classmethod
    def drawn(cls, seed: int, share: float) -> World:
        """Draw a world at random."""
        dice = random.Random(seed)
        return cls(
            seed=seed,
            limit=dice.choice([1, 2, 3, 5, 8, 10, 10, 12, 30]),
            period=dice.choice([1.0, 1.0, 1.0, 2.0]),
            share=share,
            callers=dice.choice([1, 3, 10, 50]),
            rest=dice.choice([0.0, 0.0, 0.1, 1.0]),
            way=dice.choice([0.0025, 0.025, 0.075]),
            jitter=dice.choice([0.0, 0.2, 0.5, 1.0]),
            spikes=dice.choice([0.0, 0.004, 0.1]),
            losses=dice.choice([0.0, 0.0, 0.01, 0.1]),
            impatience=dice.choice([0.0, 0.0, 0.05]),
            header=dice.choice(MODELS),
            offset=dice.uniform(-5, 5),
            seconds=dice.choice([8.0, 12.0]),
        )


@dataclass(slots=True)
class Report:
    """What became of a world."""

    counted_at: list[float] = field(default_factory=list)
    round_trips: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    foreign: int = 0

    @property
    def mean_round_trip(self) -> float:
        return sum(self.round_trips) / len(self.round_trips)

    def rate(self, since: float) -> float:
        """Requests a second counted after ``since``, up to the last."""
        counted = [moment for moment in self.counted_at if moment >= since]
        return (len(counted) - 1) / (counted[-1] - counted[0])


class _Play:
    """A world while it lasts. Its state: the limiter, the judges, the dice and the report."""

    def __init__(self, world: World) -> None:
        quota = Quota(world.limit, world.period)
        law = Law(world.limit, world.period)
        self.world = world
        self.dice = random.Random(world.seed)
        self.limiter = RateLimiter({"ticker": quota}, share=world.share, dice=self.dice.random)
        self.judges = {model: window(model, law, world.offset) for model in MODELS}
        self.report = Report()

    async def play(self) -> Report:
        tasks = [asyncio.create_task(self.call()) for _ in range(self.world.callers)]
        await asyncio.sleep(self.world.seconds)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self.report.foreign = self.limiter.look()[0].foreign
        return self.report

    async def call(self) -> None:
        while True:
            if self.world.rest:
                await asyncio.sleep(self.dice.expovariate(1 / self.world.rest))
            async with self.limiter.permit("ticker") as permit:
                permit.departed()
                departed_at = _now()
                try:
                    # `wait_for` would swallow a cancel in the instant of the answer.
                    async with asyncio.timeout(self.patience()):
                        remaining = await self.send()
                except TimeoutError:
                    continue
                self.report.round_trips.append(_now() - departed_at)
                permit.settle(remaining)

    def patience(self) -> float:
        if self.dice.random() < self.world.impatience:
            return self.dice.uniform(0, 2 * self.world.way)
        return TIMEOUT

    def send(self) -> asyncio.Future[Remaining]:
        """Let the network carry a request and its answer; neither knows of our patience."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Remaining] = loop.create_future()

        def arrive() -> None:
            remaining = self.count()
            self.carry(lambda: None if answer.done() else answer.set_result(remaining))

        self.carry(arrive)
        return answer

    def carry(self, to: Callable[[], object]) -> None:
        world, dice = self.world, self.dice
        if dice.random() < world.losses:
            return
        way = world.way * math.exp(dice.gauss(0, world.jitter))
        if dice.random() < world.spikes:
            way += dice.uniform(0, 0.4)
        # The theory's one assumption: nothing is a whole period under way.
        way = min(way, 0.95 * world.period)
        asyncio.get_running_loop().call_later(way, to)

    def count(self) -> Remaining:
        now = _now()
        self.report.counted_at.append(now)
        for model, judge in self.judges.items():
            if judge.remaining(now):
                judge.count(now)
            else:
                self.report.refused[model] += 1
        left = self.judges[self.world.header].remaining(now)
        limit = self.world.limit if self.world.period == 1.0 else None
        return Remaining("ticker", left, limit)


def played(world: World) -> Report:
    """Play a world to its end, in virtual time."""
    return run(_Play(world).play())


def _now() -> float:
    return asyncio.get_running_loop().time()
