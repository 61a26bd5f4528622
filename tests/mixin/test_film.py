"""A film tells promtool what was there when, and what was not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, Gauge

from mixin.files import RULES
from tests.mixin.film import Film, named, promtool_test
from tests.tool import PROMTOOL

ROOT: Final = Path(__file__).parents[2]
ORIGIN: Final = 1_785_397_260.0


def test_samples_gaps_ends_and_moments_are_told_in_promtools_notation() -> None:
    registry = CollectorRegistry()
    up = Gauge("upbit_api_up", "Up.", ["target"], registry=registry)
    until = Gauge("upbit_ratelimit_blocked_until_timestamp_seconds", "Until.", registry=registry)
    Gauge("upbit_markets", "Nobody's.", registry=registry)
    film = Film(ORIGIN, 15, 'job="a"')
    film.take(registry, "up 1\n")
    up.labels("korea").set(1)
    until.set(ORIGIN + 90)
    for _ in range(2):
        film.take(registry, "up 1\n")
    up.remove("korea")
    for _ in range(3):
        film.take(registry, "up 0\n")
    up.labels("korea").set(0)
    film.take(registry, "")
    assert film.names == {"up", "upbit_api_up", "upbit_ratelimit_blocked_until_timestamp_seconds"}
    assert film.input_series() == [
        {
            "series": 'upbit_api_up{job="a",target="korea"}',
            "values": "_x1 1.0x1 stale _x2 0.0x0",
        },
        {
            "series": 'upbit_ratelimit_blocked_until_timestamp_seconds{job="a"}',
            "values": "0.0x0 90.0x5",
        },
        {"series": 'up{job="a"}', "values": "1x2 0x2 stale"},
    ]


def test_what_rules_record_need_not_be_scraped() -> None:
    assert "up" in named()
    assert not any(name.startswith("instance_") for name in named())


@PROMTOOL.needed
@pytest.mark.parametrize(
    ("fired", "right"),
    [
        ([("UpbitMonitorDown", ""), ("Watchdog", "")], True),
        ([("Watchdog", "")], False),
        ([("UpbitMonitorDown", ""), ("UpbitMonitorAbsent", ""), ("Watchdog", "")], False),
    ],
)
def test_promtool_says_whether_exactly_these_have_fired(
    fired: list[tuple[str, str]],
    right: bool,  # noqa: FBT001 -- a column of the table
    tmp_path: Path,
) -> None:
    film = Film(ORIGIN, 15, 'job="upbit-monitor",instance="a"')
    for page in range(61):  # down from 2:00 to 9:00
        film.take(CollectorRegistry(), f"up {0 if 8 <= page < 36 else 1}\n")
    rules = sorted((ROOT / RULES).glob("*.yml"))
    told = tmp_path / "film.test.yml"
    told.write_text(promtool_test(film, rules=rules, minutes=15, fired=fired))
    done = PROMTOOL.run("test", "rules", told)
    assert (done.returncode == 0) is right, done.stdout + done.stderr
