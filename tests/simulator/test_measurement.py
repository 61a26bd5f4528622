"""The window models against the one public measurement of the exchange, of 2025-09-12."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upbit_monitor.simulator import Arrival, Knobs, Law, SimulatedExchange, window

MEASURED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures/upbit/live/rate_limit_measurement_2025-09-12.json")
    .read_text(encoding="utf-8")
)  # fmt: skip
SUSTAINED = MEASURED["sustained"]
SENT, RATE = SUSTAINED[3]["sent"], SUSTAINED[3]["offered_rps"]
START = 1_757_635_200.3


def outcome(model: str, rate: float, sent: int) -> list[bool]:
    judge = window(model, Law(10))
    outcomes = []
    for number in range(sent):
        now = START + number / rate
        outcomes.append(judge.remaining(now) > 0)
        if outcomes[-1]:
            judge.count(now)
    return outcomes


@pytest.mark.parametrize("model", ["anchored", "sliding"])
def test_a_burst_of_twenty_gives_ten_answers_and_then_ten_refusals(model: str) -> None:
    burst = MEASURED["burst"]
    exchange = SimulatedExchange(
        "kr", knobs=Knobs().turned({"window": model, "block_after_refusals": "0"})
    )
    beat = burst["elapsed_s"] / burst["requests"]
    statuses = [
        exchange.answer(Arrival("GET", "/v1/market/all"), START + number * beat).status
        for number in range(burst["requests"])
    ]
    assert statuses == [200] * burst["ok"] + [429] * burst["http429"]


@pytest.mark.parametrize("model", ["anchored", "sliding"])
def test_the_fitting_models_refuse_as_much_as_was_measured(model: str) -> None:
    outcomes = outcome(model, RATE, SENT)
    assert outcomes.index(False) / RATE == pytest.approx(SUSTAINED[3]["first_429_at_s"], abs=0.005)
    assert sum(outcomes) / SENT == pytest.approx(0.911, abs=0.002)
    assert sum(outcomes) / SENT == pytest.approx(SUSTAINED[3]["ok"] / SENT, abs=0.01)
    rate, sent = 1000 / SUSTAINED[4]["mean_interval_ms"], SUSTAINED[4]["sent"]
    assert sum(outcome(model, rate, sent)) == pytest.approx(SUSTAINED[4]["ok"], abs=1)


@pytest.mark.parametrize(("model", "expected"), [("calendar", 0.934), ("bucket", 0.952)])
def test_the_other_models_refuse_less_than_was_measured(model: str, expected: float) -> None:
    assert sum(outcome(model, RATE, SENT)) / SENT == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("model", ["anchored", "calendar", "sliding", "bucket"])
def test_nobody_refuses_nine_a_second(model: str) -> None:
    for run in SUSTAINED[:3]:
        assert all(outcome(model, run["real_rps"], 400))
