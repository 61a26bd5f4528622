"""Alone in the world: no refusal of our own making, ever, and hardly a slot wasted."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import replace

import pytest

from tests.quota.worlds import World, played

SHARES = (1.0, 0.5)


WORLDS = int(os.environ.get("UPBIT_MONITOR_WORLDS", "200"))
"""``make nightly`` asks for more."""


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", range(WORLDS // len(SHARES)))
def test_alone_no_request_is_refused_under_any_model(seed: int, share: float) -> None:
    world = World.drawn(seed, share)
    print(world)  # noqa: T201 -- to repeat a failure
    report = played(world)
    assert report.counted_at or world.losses, "unless the very first were lost"
    assert not report.refused
    assert not report.foreign
    budget = max(1, int(world.limit * share))
    for index, end in enumerate(report.counted_at):
        # A stretch is open at its beginning; a hair is left to the rounding of floats.
        beginning = bisect_right(report.counted_at, end - world.period + 1e-9)
        assert index + 1 - beginning <= budget


SATURATED = World(seed=0, way=0.025, seconds=61.0)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("way", [0.0025, 0.025, 0.15])
@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_alone_and_hungry_hardly_a_slot_is_wasted(share: float, way: float, jitter: float) -> None:
    world = replace(SATURATED, share=share, way=way, jitter=jitter)
    print(world)  # noqa: T201 -- to repeat a failure
    report = played(world)
    price = 1 + report.mean_round_trip / world.period
    assert report.rate(since=1.0) / (world.limit * share) >= 1 / price - 0.01
    assert not report.refused
