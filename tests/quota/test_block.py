"""The block of a scope: how long, how often, and whose answer ends it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.quota.block import Block, BlockState

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


def test_a_stated_end_that_was_none_is_not_believed_again() -> None:
    block, now, lengths = Block(), 0.0, []
    for _ in range(4):
        block.begin(now, 1.0, now)
        lengths.append(block.until - now)
        now = block.until
    assert lengths == pytest.approx([2.0, 126.0, 252.0, 504.0])


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


# --- restored -------------------------------------------------------------------------------------


def test_a_scope_that_was_never_blocked_has_no_state() -> None:
    assert Block().state(0.0) is None


def test_a_state_tells_what_is_left_and_how_often_it_happened() -> None:
    block = Block()
    block.begin(0.0, None, 0.0)
    block.begin(63.0, None, 63.0)
    assert block.state(100.0) == BlockState(63 + 126 - 100, 2)
    assert block.state(200.0) == BlockState(-11.0, 2)


@given(st.floats(0, 90_000), st.integers(1, 40), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_restored_block_ends_when_it_would_have_ended(
    lasts: float, in_a_row: int, before: float, after: float
) -> None:
    block = Block()
    block.restore(BlockState(lasts, in_a_row), before)
    assert block.until == before + lasts
    assert block.state(block.until) == BlockState(0.0, in_a_row)
    assert block.probing
    block.accept(math.nextafter(block.until, -math.inf))
    assert block.probing, "only what departs after the end is the probe"
    block.accept(block.until + after)
    assert not block.probing


@given(st.floats(0, 1e4), st.integers(1, 9), st.floats(-1e4, 1e4), st.integers(1, 9))
def test_restoring_never_shortens(lasts: float, first: int, left: float, second: int) -> None:
    block = Block()
    block.restore(BlockState(lasts, first), 0.0)
    block.restore(BlockState(left, second), 0.0)
    assert block.state(0.0) == BlockState(max(lasts, left), max(first, second))


def test_after_a_restart_the_doubling_goes_on() -> None:
    block = Block()
    block.restore(BlockState(-10.0, 3), 0.0)
    block.begin(0.0, None, 0.0)
    assert block.until == pytest.approx(1.05 * 480)


def test_after_a_restart_and_an_hour_of_peace_it_begins_anew() -> None:
    block = Block()
    block.restore(BlockState(-10.0, 3), 0.0)
    block.begin(HOUR, None, HOUR)
    assert block.until == HOUR + 63


@pytest.mark.parametrize(("left", "forgotten"), [(10.0, False), (-HOUR, False), (-HOUR - 1, True)])
def test_a_block_is_forgotten_after_an_hour_of_peace(left: float, forgotten: bool) -> None:  # noqa: FBT001 -- an example
    assert BlockState(left, 1).forgotten is forgotten
