"""429 and 418: who stops, for how long, and who goes first afterwards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.quota.callers import (
    Caller,
    all_of,
    blocked,
    departed,
    in_the_instant_after,
    known,
    look,
    settled,
    spaced,
    states,
    throttled,
    well,
)
from tests.virtual import in_virtual_time
from upbit_monitor.quota import BlockState, Quota, RateLimiter

if TYPE_CHECKING:
    from tests.quota.callers import Deed

GROUPS = ("market", "ticker", "orderbook")


async def open_scope(dice: float = 0.0) -> RateLimiter:
    """Give a scope of three groups, ten a second each, all known and at rest."""
    limiter = RateLimiter({group: Quota(10) for group in GROUPS}, dice=lambda: dice)
    await known(limiter)
    return limiter


def now() -> float:
    return asyncio.get_running_loop().time()


# --- 429 ------------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_429_shuts_its_group_at_once_and_no_other() -> None:
    limiter = await open_scope()
    (refused,) = await all_of(limiter, 1)
    refused.tell(throttled())
    await settled()
    assert (look(limiter).left, look(limiter).shut_for) == (0, 1.0)
    ticker, market = Caller(limiter, "ticker"), Caller(limiter, "market")
    await settled()
    assert states([ticker, market]) == ["waiting", "holding"]
    assert look(limiter, "market").shut_for == 0


@in_virtual_time
async def test_after_a_429_one_probe_goes_and_if_it_is_well_the_others_follow() -> None:
    limiter = await open_scope()
    (refused,) = await all_of(limiter, 1)
    refused.end(throttled())
    await settled()
    shut_at = now()
    callers = [Caller(limiter) for _ in range(5)]
    await asyncio.sleep(1.0)
    await settled()
    assert states(callers) == ["holding"] + ["waiting"] * 4
    assert callers[0].granted_at == shut_at + 1.0
    callers[0].end(well())
    await spaced()
    assert states(callers) == ["done"] + ["holding"] * 4


@in_virtual_time
async def test_a_429_stays_as_long_as_it_states() -> None:
    limiter = await open_scope()
    (refused,) = await all_of(limiter, 1)
    refused.end(throttled(30.0))
    (probe,) = await all_of(limiter, 1)
    probe.end(well())
    await probe.task
    assert probe.permit.waited == 30.0


@pytest.mark.parametrize("dice", [0.0, 0.25, 0.75])
def test_probes_refused_again_come_ever_more_rarely_and_by_chance(dice: float) -> None:
    @in_virtual_time
    async def waits() -> list[float]:
        limiter = await open_scope(dice)
        waits = []
        for _ in range(12):
            caller = Caller(limiter)
            caller.end(throttled())
            await caller.task
            waits.append(caller.permit.waited)
        return waits[1:]

    # As long as the gate is shut; and a probe every sixteen periods is the slowest pace.
    for repeats, wait in enumerate(waits()):
        shut = 1 + min(dice * (2**repeats - 1), 60)
        assert shut - 1e-6 <= wait <= max(shut, 16) + 1e-6


@in_virtual_time
async def test_a_burst_refused_together_is_one_refusal() -> None:
    limiter = await open_scope(dice=0.75)
    burst = await all_of(limiter, 10)
    for caller in burst:
        caller.end(throttled())
    await settled()
    assert look(limiter).shut_for == 1.0


@in_virtual_time
async def test_while_a_429_holds_who_cannot_wait_so_long_is_told_at_once() -> None:
    limiter = await open_scope()
    refused, *holders = await all_of(limiter, 10)
    hasty, patient = Caller(limiter, patience=29.0), Caller(limiter, patience=31.0)
    await settled()
    refused.tell(throttled(30.0))
    started = now()
    await settled()
    assert states([hasty, patient]) == ["blocked", "waiting"]
    late = Caller(limiter, patience=29.0)
    await settled()
    assert now() == started
    assert states([*holders, hasty, patient, late]) == (
        ["holding"] * 9 + ["blocked", "waiting", "blocked"]
    )
    assert dict(limiter.rejected) == {("ticker", "blocked"): 2}


# --- 418 ------------------------------------------------------------------------------------------


async def block_it(limiter: RateLimiter, seconds: float | None = None) -> None:
    caller = Caller(limiter)
    await settled()
    caller.end(blocked(seconds))
    await settled()
    assert caller.state == "done"


@pytest.mark.parametrize(("stated", "lasts"), [(None, 63.0), (10.0, 11.0), (600.0, 630.0)])
def test_after_a_418_nothing_departs_in_the_whole_scope_until_its_end(
    stated: float | None, lasts: float
) -> None:
    @in_virtual_time
    async def world() -> None:
        limiter = await open_scope()
        await block_it(limiter, stated)
        ends = now() + lasts
        callers = [Caller(limiter, group) for group in GROUPS for _ in range(20)]
        await settled()
        assert {look(limiter, group).shut_for for group in GROUPS} == {lasts}
        await asyncio.sleep(lasts - 0.01)
        assert set(states(callers)) == {"waiting"}
        await asyncio.sleep(0.02)
        holding = [caller for caller in callers if caller.state == "holding"]
        assert [caller.granted_at for caller in holding] == [pytest.approx(ends)]
        await asyncio.sleep(100)
        assert states(callers).count("holding") == 1, "one probe, however long it takes"
        holding[0].end(well())
        await spaced()
        # In the probe's own group its slot is still held.
        assert states(callers).count("holding") == 10 + 10 + 9

    world()


@in_virtual_time
async def test_a_418_again_doubles_the_silence() -> None:
    limiter = await open_scope()
    waits = []
    for _ in range(5):
        caller = Caller(limiter)
        caller.end(blocked())
        await caller.task
        waits.append(caller.permit.waited)
    assert waits == pytest.approx([0, 63, 126, 252, 504])


@in_virtual_time
async def test_a_burst_blocked_together_is_one_block() -> None:
    limiter = await open_scope()
    burst = [caller for group in GROUPS for caller in await all_of(limiter, 5, group)]
    for caller in burst:
        caller.end(blocked())
    await settled()
    assert look(limiter).shut_for == pytest.approx(63)


@in_virtual_time
async def test_a_good_answer_from_before_the_block_is_not_the_probes() -> None:
    limiter = await open_scope()
    slow, other = await all_of(limiter, 2)
    slow.tell(departed)
    other.end(blocked(1.0))
    await asyncio.sleep(10)
    waiting = await all_of(limiter, 5, "market")
    assert states(waiting) == ["waiting"] * 5, "the slow one is still under way"
    slow.end(well())
    await settled()
    assert states(waiting) == ["holding"] + ["waiting"] * 4


@in_virtual_time
async def test_a_probe_that_is_lost_or_refused_is_followed_by_one_other() -> None:
    limiter = await open_scope()
    await block_it(limiter)
    callers = [caller for group in GROUPS for caller in await all_of(limiter, 3, group)]
    for bad in ((departed,), (), (throttled(),)):
        await asyncio.sleep(100)
        holding = [caller for caller in callers if caller.state == "holding"]
        assert len(holding) == 1
        holding[0].end(*bad)
    await asyncio.sleep(100)
    assert states(callers).count("holding") == 1


@in_virtual_time
async def test_after_a_refused_probe_the_whole_scope_stays_silent_for_a_while() -> None:
    limiter = await open_scope()
    await block_it(limiter)
    probe, *others = [Caller(limiter, group) for group in GROUPS]
    await asyncio.sleep(64)
    probe.end(throttled())
    await settled()
    refused_at = now()
    await asyncio.sleep(20)
    went = [caller.granted_at for caller in others if caller.state == "holding"]
    assert went == [pytest.approx(refused_at + 10)]


@in_virtual_time
async def test_a_probe_cancelled_in_the_instant_of_its_grant_is_followed_in_another_group() -> None:
    limiter = await open_scope()
    await block_it(limiter)
    chosen, other = Caller(limiter, "market"), Caller(limiter, "orderbook")
    await settled()

    def cancel() -> None:
        assert look(limiter, "market").under_way == 1
        assert chosen.state == "waiting", "granted, and not yet awake"
        chosen.task.cancel()

    in_the_instant_after(now() + 63, cancel)
    await asyncio.sleep(64)
    assert states([chosen, other]) == ["cancelled", "holding"]


@in_virtual_time
async def test_while_a_418_holds_who_cannot_wait_so_long_is_told_at_once() -> None:
    limiter = await open_scope()
    callers = [
        *(Caller(limiter, group, patience=62.0) for group in GROUPS for _ in range(11)),
        *(Caller(limiter, group, patience=64.0) for group in GROUPS),
    ]
    await spaced()
    holding = [caller for caller in callers if caller.state == "holding"]
    holding[0].tell(blocked())
    started = now()
    await settled()
    assert now() == started
    assert states([caller for caller in callers if caller not in holding]) == (
        ["blocked"] * 3 + ["waiting"] * 3
    )
    assert limiter.rejected == {(group, "blocked"): 1 for group in GROUPS}


@in_virtual_time
async def test_a_cancel_in_the_instant_of_being_turned_away_is_a_cancel() -> None:
    limiter = await open_scope()
    holders = await all_of(limiter, 10)
    waiter = Caller(limiter, patience=10)
    await settled()
    holders[0].permit.blocked(None)
    waiter.task.cancel()
    await settled()
    assert waiter.state == "cancelled"
    assert not limiter.rejected


@in_virtual_time
async def test_a_418_is_told_before_the_limiter_goes_on() -> None:
    told: list[tuple[BlockState, list[str]]] = []
    callers: list[Caller] = []
    limiter = RateLimiter(
        {"ticker": Quota(10)}, on_block=lambda state: told.append((state, states(callers)))
    )
    await known(limiter)
    callers += await all_of(limiter, 1)
    callers.append(Caller(limiter, "ticker", patience=1))
    callers[0].tell(blocked(10.0))
    await settled()
    assert told == [(BlockState(11.0, 1), ["holding", "holding"])]


@pytest.mark.parametrize("left", [30.0, 0.0, -10.0])
def test_a_restored_block_holds_back_all_until_its_end_and_then_one_probe_goes(left: float) -> None:
    @in_virtual_time
    async def world() -> None:
        limiter = await open_scope()
        limiter.restore(BlockState(left, 1))
        began = now()
        callers = [caller for group in GROUPS for caller in await all_of(limiter, 5, group)]
        await asyncio.sleep(100)
        holding = [caller for caller in callers if caller.state == "holding"]
        assert [caller.granted_at - began for caller in holding] == [pytest.approx(max(left, 0))]
        holding[0].end(well())
        await spaced()
        assert states(callers).count("holding") == 14

    world()


# --- a refusal in the instant of a grant ----------------------------------------------------------


@pytest.mark.parametrize("refusal", [throttled(), blocked()])
def test_a_grant_overtaken_by_a_refusal_is_no_grant(refusal: Deed) -> None:
    @in_virtual_time
    async def world() -> None:
        limiter = RateLimiter({"ticker": Quota(2)})
        await known(limiter)
        refused, holder, *waiters = await all_of(limiter, 5)
        # In one step: the holder's end grants a slot, and the refusal comes before it is used.
        holder.end()
        refused.end(refusal)
        await settled()
        assert states(waiters) == ["waiting"] * 3
        assert look(limiter).under_way == 0
        await asyncio.sleep(100)
        assert states(waiters) == ["holding", "waiting", "waiting"], "and its place is kept"

    world()


@in_virtual_time
async def test_a_request_that_is_still_being_connected_does_not_go_into_a_shut_gate() -> None:
    limiter = await open_scope()
    refused, connecting = await all_of(limiter, 2)
    refused.end(blocked(1.0))
    await asyncio.sleep(10)
    connecting.end(departed)
    await settled()
    assert connecting.state == "blocked"
    assert limiter.rejected["ticker", "blocked"] == 1
    assert look(limiter).under_way == 0
