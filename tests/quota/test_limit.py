"""The believed limit: announced, inferred, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.quota import Quota, Window, budget_of
from upbit_monitor.quota.limit import Limit


@pytest.mark.parametrize(("announced", "believed"), [(12, 12), (5, 5), (1, 1), (40, 40)])
def test_an_announced_limit_is_believed_up_and_down(announced: int, believed: int) -> None:
    limit = Limit(Quota(10))
    limit.announce(announced)
    assert limit.requests == believed


@pytest.mark.parametrize("announced", [0, -1, 41, 100_000])
def test_an_absurd_limit_is_not_believed(announced: int) -> None:
    limit = Limit(Quota(10))
    limit.announce(announced)
    assert limit.requests == 10


def test_what_was_admitted_before_an_unexplained_refusal_becomes_the_limit() -> None:
    limit = Limit(Quota(10))
    limit.infer(5, 0.0)
    assert limit.requests == 5
    limit.infer(8, 1.0)
    assert limit.requests == 5, "a refusal raises nothing"
    limit.infer(0, 2.0)
    assert limit.requests == 1


def test_an_inferred_limit_comes_back_by_one_in_sixty_good_periods() -> None:
    limit = Limit(Quota(10, 2.0))
    limit.infer(8, 0.0)
    limit.recover(119.0)
    assert limit.requests == 8
    limit.recover(120.0)
    assert limit.requests == 9
    limit.recover(200.0)
    assert limit.requests == 9
    limit.recover(240.0)
    assert limit.requests == 10
    limit.recover(1e9)
    assert limit.requests == 10


@given(
    st.lists(
        st.tuples(st.sampled_from(["announce", "infer", "recover"]), st.integers(-5, 10**6)),
        max_size=50,
    )
)
def test_no_row_of_events_moves_the_limit_out_of_reason(events: list[tuple[str, int]]) -> None:
    limit = Limit(Quota(10))
    highest, now = 10, 0.0
    for kind, number in events:
        now += 60.0
        if kind == "announce":
            limit.announce(number)
            highest = number if 1 <= number <= 40 else highest
        elif kind == "infer":
            limit.infer(number, now)
        else:
            limit.recover(now)
        assert 1 <= limit.requests <= highest


@pytest.mark.parametrize(
    ("limit", "share", "budget"), [(10, 0.5, 5), (10, 0.55, 5), (30, 1.0, 30), (1, 0.5, 1)]
)
def test_a_budget_is_whole_requests_and_at_least_one(limit: int, share: float, budget: int) -> None:
    assert budget_of(limit, share) == budget
    assert Window(Quota(limit), share=share).budget == budget
