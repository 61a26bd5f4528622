"""The page as it is scraped: compared to the byte with a golden one, and with promtool's opinion.

When a change of the page is meant, ``UPDATE_GOLDEN=1 pytest tests/metrics/test_page.py`` writes
``golden_metrics.txt`` anew; its diff is then part of the change.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.app.house import House, settings, target
from tests.app.wall import Wall
from tests.fakes import FakeBoard, FakeTransport
from tests.tool import PROMTOOL
from tests.virtual import in_virtual_time
from upbit_monitor.app.pulse import Pulse
from upbit_monitor.errors import ExchangeError, Unreachable
from upbit_monitor.exchange import Answer
from upbit_monitor.metrics import CATALOGUE, Family
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import Key

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).with_name("golden_metrics.txt")

KEY = Key(access="access", secret="secret" * 8)
SAMPLES = {end.path: (end.group, end.sample) for poll in POLLS.values() for end in poll.endpoints}
LIMITS = {
    "market": 10, "ticker": 10, "orderbook": 10, "crix-trades": 10, "candles": 10, "default": 30,
}  # fmt: skip


class Script:
    """Answers as the exchange does. Its state: the requests so far; some second ones go wrong."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()

    def answer(self, asked: str) -> Answer | ExchangeError:
        path = asked.partition("?")[0]
        self.requests[path] += 1
        group, body = SAMPLES[path]
        limit = LIMITS[group]
        headers = {"Remaining-Req": f"group={group}; min={60 * limit}; sec={limit - 1}"}
        match path, self.requests[path]:
            case "/v1/market/all", 2:
                return Answer(429, {"Retry-After": "600"}, b"Too many API requests.")
            case "/v1/ticker/all", 2:
                return Unreachable("timeout", "no whole answer in time")
            case "/v1/orders/open", 2:
                error = b'{"error":{"name":"invalid_access_key","message":"no such key"}}'
                return Answer(401, headers, error)
            case _:
                return Answer(200, headers, body)


@in_virtual_time
async def page() -> str:
    """Give the page after three rounds of every poll, the second of them a bad one."""
    house = House(Wall())
    watch = {"watch": ("KRW-BTC",)}
    options: dict[str, Any] = {
        "markets": watch,
        "tickers": watch | {"quotes": ("KRW",)},
        "open_orders": {},
    }
    options |= dict.fromkeys(("orderbook", "trades", "candles"), watch)
    options |= {name: {} for name in ("api_keys", "order_chance")}
    options |= {"accounts": {"currencies": ("KRW",)}, "wallet_status": {"watch": ("BTC",)}}
    polls = {name: POLLS[name].options(**given) for name, given in options.items()}
    wanted = settings(target("korea", polls, key=KEY))
    pulse = Pulse(house.board, on_look=lambda: None, on_clock_step=lambda _: None, wall=house.wall)
    feeling = asyncio.create_task(pulse.run())
    # Times are binary fractions, so that their sums are the same on every machine.
    road = FakeTransport(Script().answer, seconds=0.0625)
    async with house.watch(wanted, lambda _: road) as watched:
        for _ in range(3):
            for poller in watched.pollers:
                await poller.tick(house.wall() - 0.03125)
            await asyncio.sleep(10)
        feeling.cancel()
        return generate_latest(house.board.registry).decode()


def test_the_page_is_the_golden_one() -> None:
    shown = page()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(shown, encoding="utf-8")
    assert shown == GOLDEN.read_text(encoding="utf-8")


def test_the_page_is_the_same_each_time() -> None:
    assert page() == page()


def test_the_page_shows_families_as_they_are_declared() -> None:
    declared = {family.name: family for family in everything()}
    for metric in text_string_to_metric_families(page()):
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        family = declared[name]
        assert (metric.type, metric.documentation) == (family.kind, family.help)
        for sample in metric.samples:
            assert sample.labels.keys() - {"le"} == {*family.labels}, name
            for label, values in family.values.items():
                assert sample.labels[label] in {*values, "other"}, name


def everything() -> tuple[Family, ...]:
    return (*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families))


def with_one_series_each() -> str:
    """Give a page on which every family has a series, even those of rare occasions."""
    board = FakeBoard()
    for family in everything():
        first, *others = family.labels or (None,)
        target, labels = ("x", ["x"] * len(others)) if first else (None, [])
        match family.kind:
            case "gauge":
                board.put(family, target, *labels, value=1)
            case "counter":
                board.count(family, target, *labels)
            case "histogram":
                board.observe(family, target, *labels, values=(1,))
    return generate_latest(board.registry).decode()


@PROMTOOL.needed
@pytest.mark.parametrize("make", [page, with_one_series_each])
def test_promtool_has_nothing_to_say(make: Callable[[], str]) -> None:
    result = PROMTOOL.run("check", "metrics", given=make())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
