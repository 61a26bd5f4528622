"""Ten minutes of all there is: every poll in four regions, two accounts, at tight intervals.

A poll that is added later is part of it at once, at half of its own default interval; ``OPTIONS``
may say otherwise.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.app.census import Census
from tests.app.house import House, settings, target
from tests.simulated import SimulatedTransport
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.cadence import State
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client.samples import Sample

    from tests.app.wall import Wall
    from upbit_monitor.config import Target
    from upbit_monitor.metrics import Family

ACCOUNTS: Final = tuple(
    Key(access=f"access-key-{number}", secret=f"secret-{number}-" * 8) for number in (1, 2)
)
TARGETS: Final[Mapping[str, tuple[str, Key | None]]] = {
    "korea": ("kr", ACCOUNTS[0]),
    "trader": ("kr", ACCOUNTS[1]),
    "singapore": ("sg", None),
    "indonesia": ("id", None),
    "thailand": ("th", None),
}
REGIONS: Final = tuple(dict.fromkeys(region for region, _ in TARGETS.values()))
WATCHED: Final = 3
"""Markets that are watched in each region, where a poll watches markets."""

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "markets": {"every": 20.0},
    "tickers": {"every": 2.0},
    "open_orders": {"every": 2.0},
    "orderbook": {"every": 6.0, "quotes": ("BTC",)},
    "accounts": {"every": 5.0, "currencies": ("BTC",)},
    "wallet_status": {"every": 5.0, "watch": ("BTC", "ETH")},
    "api_keys": {"every": 60.0},
}
LENGTH: Final = 600.0
LOOKS: Final = 12
SLACK: Final = 5
"""Objects of one class, or series, that may be more by chance: an answer that is under way."""


class Scale:
    """The house, and an exchange for each region. Its state is also what was seen of it."""

    def __init__(self, wall: Wall) -> None:
        self.house = House(wall)
        self.exchanges = {
            region: SimulatedExchange(
                region, seed=7, keys=ACCOUNTS, knobs=Knobs(latency_ms=20, orders_per_minute=1)
            )
            for region in REGIONS
        }
        self.censuses: list[Census] = []
        self.states: dict[str, State] = {}
        self.beats: Counter[tuple[str, ...]] = Counter()
        self.samples: list[Sample] = []

    async def live(self) -> None:
        """Let ten minutes pass."""
        wanted = settings(*(self._target(name) for name in TARGETS))
        async with self.house.watch(wanted, self._road) as watch:
            schedule = self.house.schedule(watch)
            schedule.start()
            for look in range(1, LOOKS + 1):
                until = look * LENGTH / LOOKS + 0.45
                await asyncio.sleep(until - VirtualLoop.running().time())
                self.censuses.append(Census.of(self.house.board.registry))
            for poller in watch.pollers:
                self.states[f"{poller.target}/{poller.poll.name}"] = poller.state()
                self.beats[poller.target, poller.poll.name] = int(LENGTH // poller.every)
            await schedule.stop(10)
        for metric in self.house.board.registry.collect():
            self.samples += metric.samples

    def _road(self, to: Target) -> SimulatedTransport:
        return SimulatedTransport(self.exchanges[to.region], wall=self.house.wall)

    def _target(self, name: str) -> Target:
        region, key = TARGETS[name]
        here = [poll for poll in POLLS.values() if region in poll.regions]
        polls = {poll.name: self._options(poll, region) for poll in here if key or not poll.private}
        return target(name, polls, key=key, region=region)

    def _options(self, poll: Any, region: str) -> Any:  # noqa: ANN401 -- its own class
        markets = self.exchanges[region].world.markets
        watch = tuple(market.code for market in islice(markets, WATCHED))
        given = {"every": max(poll.options().every / 2, 1.0)} | dict(OPTIONS.get(poll.name, {}))
        if "watch" in poll.options.__dataclass_fields__:
            given = {"watch": watch} | given
        return poll.options(**given)

    def counted(self, family: Family, *labels: str) -> dict[tuple[str, ...], int]:
        """Give what was counted at all, by these labels."""
        sums: Counter[tuple[str, ...]] = Counter()
        for sample in self.samples:
            if sample.name == family.name:
                sums[tuple(sample.labels[label] for label in labels)] += round(sample.value)
        return dict(+sums)


@pytest.mark.slow
def test_ten_minutes_of_all_there_is(wall: Wall) -> None:
    random.seed(20_261_125)  # the dice of pollers and limiters
    scale = Scale(wall)
    in_virtual_time(scale.live)()
    _what_was_counted_is_what_the_exchanges_received(scale)
    _nothing_was_refused_or_withheld(scale)
    _every_beat_was_used(scale)
    _nothing_grew(scale)


def _what_was_counted_is_what_the_exchanges_received(scale: Scale) -> None:
    names = {end.path: end.name for poll in POLLS.values() for end in poll.endpoints}
    received: Counter[tuple[str, str]] = Counter()
    for region, exchange in scale.exchanges.items():
        for (_, path, _), number in exchange.ledger.items():
            received[region, names[path]] += number
    counted: Counter[tuple[str, str]] = Counter()
    for (name, endpoint), number in scale.counted(c.ATTEMPTS, "target", "endpoint").items():
        counted[TARGETS[name][0], endpoint] += number
    assert counted == received
    assert {region for region, _ in received} == {*REGIONS}
    assert scale.counted(c.IN_FLIGHT) == {}


def _nothing_was_refused_or_withheld(scale: Scale) -> None:
    for exchange in scale.exchanges.values():
        assert {status for _, _, status in exchange.ledger} == {200}
    for family in (c.FAILURES, c.POLL_FAILURES, c.REJECTED, c.THROTTLED, c.BLOCKED):
        assert scale.counted(family, "target") == {}, family.name
    assert scale.counted(c.HEADER_ERRORS, "reason") == {}


def _every_beat_was_used(scale: Scale) -> None:
    assert scale.counted(c.POLL_OVERLAPS, "target", "poll") == {}
    assert scale.counted(c.POLL_MISFIRES, "target", "poll") == {}
    assert scale.counted(c.POLL_SKIPS, "target", "poll") == {}
    runs = scale.counted(c.POLL_RUNS, "target", "poll")
    assert runs.keys() == scale.beats.keys()
    for poll, number in runs.items():
        # The first beat of a poll is at its own moment, up to half an interval after the start.
        assert abs(number - scale.beats[poll]) <= 1, poll
    assert {*scale.states.values()} == {State.FRESH}, scale.states


def _nothing_grew(scale: Scale) -> None:
    half = LOOKS // 2
    early, late = scale.censuses[1:half], scale.censuses[half:]
    for what in ("tasks", "timers", "series"):
        most = max(getattr(census, what) for census in early)
        assert max(getattr(census, what) for census in late) <= most + SLACK, what
    for name in {name for census in late for name in census.objects}:
        most = max(census.objects[name] for census in early)
        assert max(census.objects[name] for census in late) <= most + SLACK, name
