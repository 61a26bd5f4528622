"""The permits of a scope: whose turn it is, what answers teach, what each end costs."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from itertools import pairwise

import pytest

from tests.quota.callers import (
    Caller,
    all_of,
    departed,
    known,
    look,
    settled,
    spaced,
    states,
    well,
)
from tests.virtual import in_virtual_time, run
from upbit_monitor.quota import QUOTATION, Quota, RateLimiter, Remaining


def limiter_of(limit: int, *, share: float = 1.0) -> RateLimiter:
    return RateLimiter({"ticker": Quota(limit), "market": Quota(limit)}, share=share)


# --- turns ----------------------------------------------------------------------------------------


@in_virtual_time
async def test_of_many_first_requests_at_once_one_goes_ahead() -> None:
    callers = await all_of(RateLimiter(QUOTATION), 50)
    assert states(callers) == ["holding"] + ["waiting"] * 49


@in_virtual_time
async def test_what_is_under_way_counts_against_those_who_ask() -> None:
    limiter = limiter_of(10)
    await known(limiter)
    callers = await all_of(limiter, 50)
    assert states(callers) == ["holding"] * 10 + ["waiting"] * 40


@in_virtual_time
async def test_the_share_bounds_what_is_let_go() -> None:
    limiter = limiter_of(10, share=0.5)
    await known(limiter)
    assert states(await all_of(limiter, 10)) == ["holding"] * 5 + ["waiting"] * 5


@in_virtual_time
async def test_a_slot_goes_to_the_next_one_period_after_the_landing() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    first, second = Caller(limiter), Caller(limiter)
    await asyncio.sleep(0.25)
    first.end(well())
    await settled()
    asked_at = first.granted_at
    second.end(well())
    await second.task
    assert second.granted_at - asked_at == 1.25
    assert second.permit.waited == 1.25


@in_virtual_time
async def test_first_come_is_first_served() -> None:
    limiter = limiter_of(3)
    await known(limiter)
    callers = await all_of(limiter, 20)
    order: list[int] = []
    while len(order) < 20:
        holding = [caller for caller in callers if caller.state == "holding"]
        order += [callers.index(caller) for caller in holding]
        for caller in holding:
            caller.end(well())
        await asyncio.sleep(1)
        await settled()
    assert order == list(range(20))


@in_virtual_time
async def test_a_lower_number_goes_first_and_within_it_who_came_first() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    priorities = [5, 5, 1, 0, 1, 5, 0]
    callers = [Caller(limiter, priority=priority) for priority in priorities]
    for caller in callers:
        caller.end(well())
    await asyncio.wait([caller.task for caller in callers])
    served = sorted(callers, key=lambda caller: caller.granted_at)
    # The first found nobody waiting.
    assert [callers.index(caller) for caller in served] == [0, 3, 6, 2, 4, 1, 5]


@in_virtual_time
async def test_groups_do_not_wait_for_each_other() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    ticker = await all_of(limiter, 2, "ticker")
    market = await all_of(limiter, 1, "market")
    assert states(ticker + market) == ["holding", "waiting", "holding"]


@in_virtual_time
async def test_an_undocumented_group_gets_a_gate_of_its_own_at_one_a_second() -> None:
    limiter = limiter_of(10)
    await known(limiter, "unheard-of")
    assert look(limiter, "unheard-of").limit == 1
    assert states(await all_of(limiter, 2, "unheard-of")) == ["holding", "waiting"]


@in_virtual_time
async def test_a_larger_share_lets_those_go_who_wait() -> None:
    limiter = limiter_of(10, share=0.5)
    await known(limiter)
    callers = await all_of(limiter, 10)
    limiter.allot(1.0)
    await spaced()
    assert states(callers) == ["holding"] * 10
    assert look(limiter).budget == 10
    limiter.allot(0.1)
    assert look(limiter).budget == 1


# --- answers --------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_good_probe_opens_the_gate_before_it_leaves() -> None:
    callers = await all_of(limiter_of(3), 5)
    callers[0].tell(well())
    await spaced()
    assert states(callers) == ["holding"] * 3 + ["waiting"] * 2


@in_virtual_time
async def test_alone_a_budget_is_spaced_over_four_fifths_of_a_period_after_the_first_two() -> None:
    limiter = limiter_of(10)
    await known(limiter)
    callers = await all_of(limiter, 10)
    departures = [caller.granted_at for caller in callers]
    gaps = [round(later - former, 6) for former, later in pairwise(departures)]
    assert gaps == [0.0] + [0.08] * 8


@in_virtual_time
async def test_those_whom_an_answer_wakes_have_heard_its_header() -> None:
    limiter = limiter_of(10)
    callers = await all_of(limiter, 10)
    callers[0].end(well(left=0, limit=10))
    await settled()
    assert states(callers) == ["done"] + ["waiting"] * 9


@in_virtual_time
async def test_a_header_announces_the_limit() -> None:
    limiter = limiter_of(10)
    await known(limiter)
    (caller,) = await all_of(limiter, 1)
    caller.end(well(left=4, limit=5))
    await settled()
    state = look(limiter)
    assert (state.limit, state.budget, state.remaining, state.foreign) == (5, 5, 4, 0)


@in_virtual_time
async def test_strangers_are_told_of() -> None:
    limiter = limiter_of(10)
    await known(limiter)
    for left in (9, 6):
        (caller,) = await all_of(limiter, 1)
        caller.end(well(left=left))
        await asyncio.sleep(1)
    assert look(limiter).foreign == 3


@pytest.mark.parametrize("seed", range(20))
def test_no_row_of_headers_however_wrong_stops_a_group_for_good(seed: int) -> None:
    dice = random.Random(seed)

    async def world() -> None:
        limiter = limiter_of(10)
        for _ in range(200):
            caller = Caller(limiter)
            limit = dice.choice([None, 0, 1, 9, 10, 12, 41, 100_000])
            caller.end(well(left=dice.choice([0, 0, 1, 9, 10, 100_000]), limit=limit))
            await caller.task
            assert caller.permit.waited <= 16.0 + 1e-9
            assert 1 <= look(limiter).limit <= 40

    run(world())


# --- ends -----------------------------------------------------------------------------------------


@in_virtual_time
async def test_what_was_never_sent_is_refunded() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    first, second = await all_of(limiter, 2)
    first.end()
    await settled()
    assert states([first, second]) == ["done", "holding"]


@in_virtual_time
async def test_a_holder_cancelled_before_its_request_departs_gives_the_slot_back() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    first, second = await all_of(limiter, 2)
    first.task.cancel()
    await settled()
    assert states([first, second]) == ["cancelled", "holding"]


@in_virtual_time
async def test_a_holder_cancelled_after_its_request_departed_is_charged_in_full() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    first, second = Caller(limiter), Caller(limiter)
    await settled()
    first.tell(departed)
    await settled()
    first.task.cancel()
    second.end(well())
    await second.task
    # One period for the request to be counted in, one for it to leave the window.
    assert second.permit.waited == 2.0


@in_virtual_time
async def test_an_answered_request_that_fails_later_is_charged_as_answered() -> None:
    limiter = limiter_of(1)
    await known(limiter)
    started = asyncio.get_running_loop().time()
    with suppress(ZeroDivisionError):
        async with limiter.permit("ticker") as permit:
            permit.departed()
            permit.settle(Remaining("ticker", 0))
            raise ZeroDivisionError
    async with limiter.permit("ticker") as permit:
        assert permit.taken_at - started == 1.0


@in_virtual_time
async def test_an_answer_proves_that_the_request_was_sent() -> None:
    limiter = limiter_of(1)
    async with limiter.permit("ticker") as permit:
        permit.settle(None)
    assert look(limiter).left == 0
