"""The bench of scale judges by what the exchanges received, and says so when a count is wrong."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace

import pytest
from prometheus_client.samples import Sample

from bench.scale.__main__ import play
from bench.scale.observed import Observed
from bench.scale.report import Outcome, broken, table
from bench.scale.scraper import Scrape
from bench.scale.watched import full, idle
from upbit_monitor.metrics import catalogue as c

COUNTED = Sample(c.ATTEMPTS.name, {"target": "korea", "endpoint": "market_all"}, 3.0)
RIGHT = Outcome(
    idle(),
    Observed(array("d", [0.001, 0.02]), array("d", [0.001, 0.002]), 0.05, (COUNTED,)),
    Counter({("kr", "/v1/market/all", 200): 3}),
    [Scrape(0.01, 100, 1000, 30, 60.0)],
)


def test_counts_that_agree_keep_every_promise() -> None:
    assert not [*broken(RIGHT)]


@pytest.mark.parametrize(
    ("received", "told"),
    [
        ({("kr", "/v1/market/all", 200): 4}, "received 4, but counted 3"),
        ({("kr", "/v1/market/all", 200): 3, ("kr", "/v1/ticker", 200): 1}, "received 1, but"),
        ({("kr", "/v1/market/all", 200): 2, ("kr", "/v1/market/all", 429): 1}, "1 requests were"),
    ],
)
def test_a_promise_that_was_not_kept_is_told(
    received: dict[tuple[str, str, int], int], told: str
) -> None:
    [fault] = broken(replace(RIGHT, received=Counter(received)))
    assert told in fault


def test_scenarios_stand_side_by_side() -> None:
    lines = table([RIGHT, replace(RIGHT, scenario=full())]).splitlines()
    assert lines[0].split() == ["idle", "full"]
    rows = {line[:50].strip(): line[50:].split() for line in lines[1:]}
    assert rows["requests the exchanges received"] == ["3", "3"]
    assert rows["loop lag, of its own making at most, max ms"] == ["2.00", "2.00"]


@pytest.mark.slow
def test_a_short_play_over_http_counts_as_the_exchanges_do() -> None:
    outcome = play(full(), seconds=1, every=1)
    assert not [*broken(outcome)]
    assert {region for region, _ in outcome.arrived} == {"kr", "sg", "id", "th"}
    assert outcome.scrapes[-1].series > 2_000
