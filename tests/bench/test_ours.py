"""What our limiter promises holds before the judge: alone no refusal, and no stranger imagined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.limiter.ours import OURS
from bench.limiter.play import play
from bench.limiter.scenarios import SCENARIOS

if TYPE_CHECKING:
    from bench.limiter.scenario import Scenario

SECONDS = 20.0
ALONE = [one for one in SCENARIOS if one.is_alone]
HONEST = [one for one in ALONE if one.header != "lying"]
LYING = [one for one in ALONE if one.header == "lying"]
IN_COMPANY = [one for one in SCENARIOS if one.strangers.rate]


def named(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.parametrize("scenario", HONEST, ids=named)
def test_alone_no_request_is_refused(scenario: Scenario) -> None:
    for entry in OURS:
        score = play(scenario.lasting(SECONDS), entry)
        assert not score.failure
        assert score.admitted > 0.35 * scenario.limit * SECONDS / scenario.period
        assert score.refused == score.knocks == score.blocks == 0
        assert score.foreign == 0


@pytest.mark.parametrize("scenario", LYING, ids=named)
def test_lied_to_it_goes_on_and_is_never_blocked(scenario: Scenario) -> None:
    for entry in OURS:
        score = play(scenario.lasting(SECONDS), entry)
        assert not score.failure
        assert score.admitted > 0
        assert score.refused == score.blocks == 0


@pytest.mark.parametrize("scenario", IN_COMPANY, ids=named)
def test_it_never_sees_more_strangers_than_there_are(scenario: Scenario) -> None:
    for entry in OURS:
        score = play(scenario.lasting(SECONDS), entry)
        assert not score.failure
        assert score.foreign is not None
        assert 0 <= score.foreign <= score.strangers_admitted
