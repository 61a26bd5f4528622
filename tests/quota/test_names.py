"""By what name the exchange calls a group, and whom a header is believed to speak of."""

from __future__ import annotations

import asyncio

import pytest

from tests.quota.callers import look
from tests.virtual import in_virtual_time
from upbit_monitor.quota import Quota, RateLimiter, Remaining
from upbit_monitor.quota.naming import Naming


def limiter_of_ten() -> RateLimiter:
    return RateLimiter({"ticker": Quota(10)})


async def answer(limiter: RateLimiter, *headers: Remaining) -> None:
    """Let requests be answered, each long after the one before."""
    for header in headers:
        await asyncio.sleep(10)
        async with limiter.permit("ticker") as permit:
            permit.departed()
            permit.settle(header)


@in_virtual_time
async def test_before_the_first_header_a_group_has_no_name_but_ours() -> None:
    limiter = limiter_of_ten()
    assert (look(limiter).group, look(limiter).called) == ("ticker", None)


@in_virtual_time
async def test_a_group_that_the_exchange_calls_otherwise_is_believed_and_keeps_our_name() -> None:
    limiter = limiter_of_ten()
    await answer(limiter, Remaining("tickers", 19, 20))
    state = look(limiter)
    assert (state.group, state.called) == ("ticker", "tickers")
    assert (state.limit, state.remaining) == (20, 19)


@in_virtual_time
async def test_until_our_own_name_is_heard_any_name_is_believed() -> None:
    limiter = limiter_of_ten()
    await answer(limiter, Remaining("tickers", 19, 20), Remaining("prices", 11, 12))
    state = look(limiter)
    assert (state.called, state.limit, state.remaining) == ("prices", 12, 11)


@pytest.mark.parametrize("other", [Remaining("order", 39, 40), Remaining("order", 0, 1)])
@in_virtual_time
async def test_once_it_was_heard_a_header_of_another_group_changes_nothing_but_the_name(
    other: Remaining,
) -> None:
    limiter = limiter_of_ten()
    await answer(limiter, Remaining("ticker", 9, 10), other)
    await asyncio.sleep(10)
    state = look(limiter)
    assert state.called == "order"
    assert (state.limit, state.remaining, state.foreign, state.in_company) == (10, 9, 0, False)


@in_virtual_time
async def test_nor_does_one_beside_a_refusal_raise_anything() -> None:
    limiter = limiter_of_ten()
    await answer(limiter, Remaining("ticker", 9, 10))
    async with limiter.permit("ticker") as permit:
        permit.departed()
        permit.correct(Remaining("order", 39, 40))
        permit.refused(None)
    state = look(limiter)
    assert (state.called, state.remaining) == ("order", 9)
    assert state.limit <= 10


@in_virtual_time
async def test_after_a_header_of_another_group_our_own_is_believed_as_before() -> None:
    limiter = limiter_of_ten()
    await answer(
        limiter, Remaining("ticker", 9, 10), Remaining("order", 0, 1), Remaining("ticker", 7, 8)
    )
    state = look(limiter)
    assert (state.called, state.limit, state.remaining) == ("ticker", 8, 7)


@in_virtual_time
async def test_a_group_that_the_exchange_renames_is_believed_again_in_time() -> None:
    limiter = limiter_of_ten()
    await answer(limiter, Remaining("ticker", 9, 10), *[Remaining("tickers", 19, 20)] * 19)
    assert look(limiter).limit == 10
    await answer(limiter, Remaining("tickers", 19, 20))
    assert (look(limiter).limit, look(limiter).called) == (20, "tickers")


def test_two_groups_that_take_turns_are_never_taken_for_one() -> None:
    naming = Naming("ticker")
    for number in range(1000):
        naming.hear("ticker" if number % 20 == 0 else "order")
        assert naming.means_us("ticker")
        assert not naming.means_us("order")


def test_names_that_change_with_every_header_are_not_believed() -> None:
    naming = Naming("ticker")
    naming.hear("ticker")
    for number in range(1000):
        naming.hear(f"group-{number % 2}")
        assert not naming.means_us(f"group-{number % 2}")


@in_virtual_time
async def test_groups_that_the_exchange_calls_by_one_name_tell_of_no_strangers() -> None:
    limiter = RateLimiter({"a": Quota(10), "b": Quota(10)}, share=0.5)
    for turn in range(40):
        async with limiter.permit("ab"[turn % 2]) as permit:
            permit.departed()
            await asyncio.sleep(0.01)
            # Both are counted in one window, and nobody else is there.
            permit.settle(Remaining("wire", 10 - min(turn + 1, 7), 10))
        await asyncio.sleep(0.12)
    states = limiter.look()
    assert [(state.group, state.called) for state in states] == [("a", "wire"), ("b", "wire")]
    assert [state.foreign for state in states] == [0, 0]
    assert all(state.in_company for state in states), "they make room for each other all the same"
