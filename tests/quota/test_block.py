"""The block of a scope: how long, how often, and whose answer ends it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.quota.block import Block

HOUR = 3600.0
stated = st.none() | st.floats(0, 86_400)


def test_a_scope_begins_open() -> None:
    block = Block()
    assert (block.until, block.probing) == (-math.inf, False)


@pytest.mark.parametrize(
    ("seconds", "lasts"), [(10.0, 11.0), (0.0, 1.0), (60.0, 63.0), (HOUR, 3780.0), (None, 63.0)]
)
def test_it_lasts_as_long_as_stated_and_a_twentieth_or_a_second_more(
    seconds: float | None, lasts: float
) -> None:
    block = Block()
    block.begin(0.0, seconds, 0.0)
    assert block.until == lasts
    assert block.probing


def test_without_a_stated_length_it_doubles_up_to_a_day() -> None:
    block, now = Block(), 0.0
    lengths = []
    for _ in range(30):
        block.begin(now, None, now)
        lengths.append((block.until - now) / 1.05)
        now = block.until
    assert lengths[:4] == pytest.approx([60, 120, 240, 480])
    assert lengths[-1] == pytest.approx(24 * HOUR)
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(("peace", "lasts"), [(HOUR - 1, 126.0), (HOUR + 1, 63.0)])
def test_an_hour_of_peace_begins_the_doubling_anew(peace: float, lasts: float) -> None:
    block = Block()
    block.begin(0.0, None, 0.0)
    now = block.until + peace
    block.begin(now, None, now)
    assert block.until - now == pytest.approx(lasts)


@pytest.mark.parametrize("departed_at", [0.0, 5.0])
def test_requests_blocked_together_are_one_block(departed_at: float) -> None:
    block = Block()
    block.begin(0.0, None, 5.0)
    block.begin(departed_at, None, 6.0)
    assert block.until == 69.0


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 100), stated), min_size=1, max_size=30))
def test_a_block_never_shortens(blocks: list[tuple[float, float, float | None]]) -> None:
    block, now = Block(), 0.0
    for pause, way, seconds in blocks:
        now += pause
        before = block.until
        block.begin(now - way, seconds, now)
        assert block.until >= max(before, now + (seconds or 0.0) + 1)


def test_only_a_request_that_departed_after_the_block_ends_it() -> None:
    block = Block()
    block.begin(0.0, 10.0, 0.0)
    block.accept(0.0)
    block.accept(10.9)
    assert block.probing
    block.accept(11.0)
    assert not block.probing
