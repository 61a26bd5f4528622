"""A virtual day in the house: the real watch, schedule, clients and limiters, a whole day long.

The simulated exchange is the judge: its ledger is what it received, and the daemon's metrics must
say the same. The day has weather in it, thrown by seeded dice.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.census import Census
from tests.app.house import House, settings, target
from tests.simulated import SimulatedTransport
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.cadence import State
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS
from upbit_monitor.polls.open_orders import SIDES
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.app.wall import Wall
    from upbit_monitor.metrics import Family

KEY = Key(access="access-key-of-the-day", secret="secret-of-the-day-" * 4)
DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
EVERY = {"markets": 60, "tickers": 10, "open_orders": 10}
EVERY |= {"orderbook": 60, "trades": 60, "candles": 60}
WATCH = ("SGD-BTC", "SGD-ETH")

CALM: dict[str, Any] = {"latency_ms": 40.0, "orders_per_minute": 1.0}
CROWDED: dict[str, Any] = {"strangers": {"ticker": 12.0, "default": 35.0}}
WEATHER: dict[float, dict[str, Any]] = {
    0 * HOUR: {},
    2 * HOUR: {"spike_rate": 0.1, "spike_ms": 2_000.0},
    3 * HOUR: {
        "hang_rate": 0.02, "reset_rate": 0.02, "reset_mid_body_rate": 0.02,
        "drop_keepalive_rate": 0.02,
    },
    4 * HOUR: {"garbage_rate": 0.02, "truncate_rate": 0.02, "server_error_rate": 0.05},
    5 * HOUR: {},
    6 * HOUR: CROWDED,
    7 * HOUR: {},
    8 * HOUR: CROWDED | {"block_after_refusals": 1},
    8 * HOUR + 10 * MINUTE: {},
    10 * HOUR: {"maintenance": "503_html"},
    10 * HOUR + 10 * MINUTE: {"maintenance": "hang"},
    10 * HOUR + 20 * MINUTE: {"maintenance": "200_html"},
    10 * HOUR + 30 * MINUTE: {"maintenance": "offline"},
    11 * HOUR: {},
    12 * HOUR: {"remaining_form": "missing"},
    13 * HOUR: {"remaining_form": "malformed"},
    14 * HOUR: {"remaining_form": "unexpected"},
    15 * HOUR: {"window": "calendar", "clock_offset_seconds": 0.37},
    17 * HOUR: {"window": "bucket"},
    19 * HOUR: {"window": "sliding"},
    21 * HOUR: {},
    DAY: {},
}  # fmt: skip
"""Knobs from a moment on. All are turned seven seconds into a beat of ten, when nothing runs."""
_LULL = 7.0


class Day:
    """The house on its day. Its state: everything in it, and what was seen at each turn."""

    def __init__(self, seed: int, wall: Wall) -> None:
        self.house = House(wall)
        self.exchange = SimulatedExchange("sg", seed=seed, keys=(KEY,), knobs=Knobs(**CALM))
        self.refusals: list[int] = []
        self.censuses: list[Census] = []
        self.states: set[State] = set()
        self.samples: dict[str, list[tuple[dict[str, str], float]]] = {}

    async def live(self) -> None:
        """Let the day pass."""
        options: dict[str, dict[str, Any]] = {
            name: {"every": every} for name, every in EVERY.items()
        }
        for name in ("markets", "tickers"):
            options[name]["watch"] = WATCH
        for name in ("orderbook", "trades", "candles"):
            options[name]["watch"] = WATCH[:1]  # one question a run, none in the lull
        polls = {name: POLLS[name].options(**given) for name, given in options.items()}
        wanted = settings(target("singapore", polls, region="sg", key=KEY))
        road = SimulatedTransport(self.exchange, wall=self.house.wall)
        async with self.house.watch(wanted, lambda _: road) as watch:
            schedule = self.house.schedule(watch)
            schedule.start()
            for begin, knobs in WEATHER.items():
                await asyncio.sleep(begin + _LULL - VirtualLoop.running().time())
                self.look()
                self.exchange.turn(Knobs(**CALM, **knobs))
            self.states = {poller.state() for poller in watch.pollers}
            await schedule.stop(1.5)
        for metric in self.house.board.registry.collect():
            for sample in metric.samples:
                self.samples.setdefault(sample.name, []).append((sample.labels, sample.value))

    def look(self) -> None:
        """Note how things stand."""
        ledger = self.exchange.ledger
        self.refusals.append(sum(ledger[key] for key in ledger if key[2] == 429))
        self.censuses.append(Census.of(self.house.board.registry))

    def refusals_within(self, moments: Iterable[float]) -> int:
        """Give the number of 429s between each of these turns of the weather and the next."""
        turns = [*WEATHER]
        return sum(
            self.refusals[turns.index(begin) + 1] - self.refusals[turns.index(begin)]
            for begin in moments
        )

    def counted(self, family: Family, *labels: str) -> dict[tuple[str, ...], float]:
        """Give what was counted at all, by these labels."""
        sums: Counter[tuple[str, ...]] = Counter()
        for found, value in self.samples[family.name]:
            sums[tuple(found[label] for label in labels)] += round(value)
        return dict(+sums)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20_261_123])
def test_a_day_in_the_house(seed: int, wall: Wall) -> None:
    random.seed(seed)  # the dice of pollers and limiters
    day = Day(seed, wall)
    in_virtual_time(day.live)()
    _the_day_was_as_bad_as_it_was_meant_to_be(day)
    _what_was_counted_is_what_the_exchange_received(day)
    _no_refusal_was_of_our_own_making(day)
    _every_beat_is_accounted_for(day)
    _the_trouble_did_not_outlast_its_cause(day)
    _nothing_grew(day)
    _the_log_stayed_quiet(day)


def _the_day_was_as_bad_as_it_was_meant_to_be(day: Day) -> None:
    failures = day.counted(c.FAILURES, "reason").keys()
    expected = "timeout", "disconnect", "http_4xx", "http_5xx", "throttled", "blocked", "payload"
    assert failures == {(reason,) for reason in expected}
    assert day.counted(c.HEADER_ERRORS, "reason").keys() == {
        ("missing",), ("malformed",), ("unexpected_group",),
    }  # fmt: skip
    assert sum(day.exchange.ledger.values()) > 17_000


def _what_was_counted_is_what_the_exchange_received(day: Day) -> None:
    names = {end.path: end.name for poll in POLLS.values() for end in poll.endpoints}
    received: Counter[tuple[str, ...]] = Counter()
    answered: Counter[tuple[str, ...]] = Counter()
    for (_, path, status), number in day.exchange.ledger.items():
        received[(names[path],)] += number
        if status:
            answered[names[path], str(status)] += number
    assert day.counted(c.ATTEMPTS, "endpoint") == received
    assert day.counted(c.RESPONSES, "endpoint", "code") == answered
    assert day.counted(c.IN_FLIGHT) == {}


def _no_refusal_was_of_our_own_making(day: Day) -> None:
    crowded = {begin for begin, knobs in WEATHER.items() if "strangers" in knobs}
    assert day.refusals_within(crowded) == day.refusals[-1] > 0
    assert day.counted(c.FOREIGN, "group").keys() == {("ticker",), ("default",)}


def _every_beat_is_accounted_for(day: Day) -> None:
    for poll, every in EVERY.items():
        beats = sum(
            day.counted(family, "poll").get((poll,), 0)
            for family in (c.POLL_RUNS, c.POLL_SKIPS, c.POLL_OVERLAPS, c.POLL_MISFIRES)
        )
        assert beats == (DAY + _LULL) // every + 1, poll
    assert day.counted(c.POLL_MISFIRES) == {}
    reasons = day.counted(c.POLL_FAILURES, "reason").keys()
    assert reasons <= {("exchange",), ("withheld",), ("timeout",)}


def _the_trouble_did_not_outlast_its_cause(day: Day) -> None:
    assert day.states == {State.FRESH}
    assert day.counted(c.UP) == {(): len(EVERY)}


def _nothing_grew(day: Day) -> None:
    # At the end of each calm stretch; in bad weather, runs may be waiting even in the lull.
    calm = [knobs == {} for knobs in WEATHER.values()]
    first, *later = (day.censuses[index + 1] for index in range(len(calm) - 1) if calm[index])
    assert first.tasks == 1 == first.timers
    for census in later:
        assert census._replace(series=0) == first._replace(series=0)
        # The oldest order of a side has a series only while there is one.
        assert census.series <= first.series + len(SIDES)


def _the_log_stayed_quiet(day: Day) -> None:
    loud = Counter(line.event for line in day.house.log.lines if line.level != "debug")
    assert loud.keys() <= {"poll_failed", "poll_recovered"}
    assert sum(loud.values()) < 400
