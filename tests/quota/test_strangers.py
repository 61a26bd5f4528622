"""How many strangers to expect, and how suddenly."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.quota.strangers import Strangers


def after(numbers: list[int]) -> Strangers:
    strangers = Strangers()
    strangers.meet(numbers[0])
    for number in numbers[1:]:
        strangers.observe(number)
    return strangers


def test_those_who_come_evenly_are_expected_as_they_come_and_one_by_one() -> None:
    strangers = after([3] * 300)
    assert strangers.mean == pytest.approx(3)
    assert strangers.at_once == 1
    assert not strangers.come_in_bursts


@pytest.mark.parametrize("size", [4, 8])
def test_the_size_of_bursts_is_learnt_from_how_the_number_varies(size: int) -> None:
    dice, found = random.Random(size), []
    for _ in range(30):
        bursts = after([size * (dice.random() < 0.2) for _ in range(300)] + [size])
        found.append(bursts.at_once)
    assert 0.5 * size <= sum(found) / len(found) <= size


def test_those_who_come_at_random_are_not_taken_for_bursts() -> None:
    dice, bursts = random.Random(7), 0
    for _ in range(100):
        numbers = [sum(dice.random() < 0.03 for _ in range(100)) for _ in range(100)]
        bursts += after(numbers).come_in_bursts
    assert bursts <= 5


@given(st.lists(st.integers(0, 100), min_size=1, max_size=100), st.floats(0, 1), st.floats(0, 3))
def test_what_is_expected_is_never_negative_and_grows_with_the_part(
    numbers: list[int], part: float, swings: float
) -> None:
    strangers = after(numbers)
    assert strangers.at_once >= 1
    assert 0 <= strangers.expected(part, 0) <= strangers.expected(part, swings)
    assert strangers.expected(part, swings) <= strangers.expected(1.0, swings)
