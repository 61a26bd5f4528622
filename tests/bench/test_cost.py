"""The cost of a grant is measured for all, on a loop on which nobody may wait."""

from __future__ import annotations

import asyncio

import pytest

from bench.limiter import cost
from bench.limiter.cost import Cost


def test_all_are_measured_side_by_side_and_nobody_waits() -> None:
    costs = cost.measured(rounds=2, times=20)
    assert [one.limiter for one in costs] == [
        "ours",
        "best-practices page",
        "aiolimiter",
        "pyrate-limiter",
        "ccxt",
        "discord.py",
        "hikari",
    ]
    assert all(one.grant > 0 and one.turn > 0 for one in costs)


def test_on_that_loop_whoever_waits_fails() -> None:
    with (
        asyncio.Runner(loop_factory=cost._ImpatientLoop) as runner,  # noqa: SLF001 -- it is a trap
        pytest.raises(cost.Waited),
    ):
        runner.run(asyncio.sleep(0.001))


def test_they_are_shown_in_microseconds_and_beside_aiolimiter() -> None:
    costs = [Cost("ours", 1.5e-6, 4e-6), Cost("aiolimiter", 1e-6, 1e-6)]
    assert [line.split() for line in cost.shown(costs).splitlines()] == [
        ["grant", "µs", "x", "aiolimiter", "turn", "µs", "x", "aiolimiter"],
        ["ours", "1.50", "1.50", "4.00", "4.00"],
        ["aiolimiter", "1.00", "1.00", "1.00", "1.00"],
    ]
