"""An hour in which nothing is the matter fires nothing, and what is the matter fires its alert.

The daemon's hour is filmed in virtual time; Prometheus' own engine evaluates the rules on it, as
they are delivered.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from mixin.files import RULES
from tests.app.wall import Wall
from tests.mixin.film import named, promtool_test
from tests.mixin.hour import Hour
from tests.tool import PROMTOOL
from tests.virtual import in_virtual_time
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.markets import DELISTINGS, LISTINGS
from upbit_monitor.polls.open_orders import OPEN_ORDERS

if TYPE_CHECKING:
    from tests.mixin.film import Film
    from tests.mixin.hour import Deed

ROOT: Final = Path(__file__).parents[2]
ALWAYS: Final = ("Watchdog", "")


async def list_a_market(hour: Hour) -> None:
    hour.exchanges["korea"].world.list_market("KRW-NEWCOIN", names=("New", "새"), after=120.0)


async def strangers_come(hour: Hour) -> None:
    hour.turn("singapore", strangers={"ticker": 2.5, "orderbook": 1.0})


async def a_crowd_comes(hour: Hour) -> None:
    hour.turn("singapore", strangers={"ticker": 6.0})


async def korea_dies(hour: Hour) -> None:
    hour.turn("korea", maintenance="503_html")


async def korea_is_back(hour: Hour) -> None:
    hour.turn("korea")


async def delist_a_watched_market(hour: Hour) -> None:
    hour.exchanges["singapore"].world.delist("SGD-ETH")


QUIET: Final[tuple[tuple[float, Deed], ...]] = (
    (10, strangers_come),
    (20, list_a_market),
    (40, Hour.reload),
)
TROUBLED: Final[tuple[tuple[float, Deed], ...]] = (
    (10, a_crowd_comes),
    (15, delist_a_watched_market),
    (20, korea_dies),
    (24, korea_is_back),
)


async def lived(hour: Hour, minutes: int, deeds: tuple[tuple[float, Deed], ...]) -> Film:
    film = await hour.live(minutes, deeds)
    _the_hour_was_as_it_is_meant_to_be(hour)
    return film


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    clock = Wall()
    clock.rule(monkeypatch)
    return clock


@PROMTOOL.needed
@pytest.mark.slow
@pytest.mark.parametrize(
    ("minutes", "deeds", "fired"),
    [
        pytest.param(60, QUIET, [ALWAYS], id="a quiet hour"),
        pytest.param(
            30,
            TROUBLED,
            [
                ("UpbitApiDown", "korea"),
                ("UpbitDataStale", "korea"),
                ("UpbitForeignQuotaUse", "singapore"),
                ("UpbitMarketDelisted", "singapore"),
                ("UpbitMarketMissing", "singapore"),
                ALWAYS,
            ],
            id="an outage, a crowd and a delisting",
        ),
    ],
)
def test_exactly_these_alerts_fire(
    minutes: int,
    deeds: tuple[tuple[float, Deed], ...],
    fired: list[tuple[str, str]],
    wall: Wall,
    tmp_path: Path,
) -> None:
    random.seed(20_261_125)  # the dice of pollers and limiters
    hour = Hour(wall, seed=20_261_125)
    film = in_virtual_time(lived)(hour, minutes, deeds)
    assert film.names == named()
    rules = sorted((ROOT / RULES).glob("*.yml"))
    told = tmp_path / "hour.test.yml"
    told.write_text(promtool_test(film, rules=rules, minutes=minutes, fired=fired))
    done = PROMTOOL.run("test", "rules", told)
    assert done.returncode == 0, done.stdout + done.stderr


def _the_hour_was_as_it_is_meant_to_be(hour: Hour) -> None:
    """See that it had its share of weather: where nothing happens, silence is no merit."""
    board = hour.house.board
    faults = sum(board.series(c.FAILURES.name, "reason", "target", "endpoint").values())
    assert faults >= 3
    slow = board.series(f"{c.REQUEST_DURATION.name}_bucket", "le", "target", "endpoint")
    late = [slow["+Inf", *rest] - slow["1.0", *rest] for le, *rest in slow if le == "1.0"]
    assert sum(late) >= 3
    assert sum(board.series(OPEN_ORDERS.name, "target", "side", "state").values()) > 0
    assert sum(board.series(c.FOREIGN.name, "target", "group").values()) > 100
    changes = [board.series(family.name, "target", "quote") for family in (LISTINGS, DELISTINGS)]
    assert sum(sum(each.values()) for each in changes) == 1
    skew = board.value(c.CLOCK_SKEW.name, target="korea")
    doubt = board.value(c.CLOCK_SKEW_UNCERTAINTY.name, target="korea")
    assert skew is not None
    assert doubt is not None
    assert abs(skew + 0.3) <= doubt
