"""Other people's limiters, made to run in virtual time, work as they do in the world."""

from __future__ import annotations

import asyncio
import math
import threading
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from bench.limiter.contender import Entry, Reply
from bench.limiter.rivals import RIVALS
from tests.bench.exchange import ONE_IN_TWO, TEN, THIRTY, Exchange, once, served
from tests.virtual import in_virtual_time

if TYPE_CHECKING:
    from bench.limiter.contender import Contender, Quota

SECONDS = 20
QUOTAS = pytest.mark.parametrize(
    "quota", [TEN, THIRTY, ONE_IN_TWO], ids=["10 in 1 s", "30 in 1 s", "1 in 2 s"]
)
NAMED = {entry.name: entry for entry in RIVALS}
PAGE = "best-practices page"


def rivals(*, but: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    entries = [entry for entry in RIVALS if entry.name not in but]
    return pytest.mark.parametrize("entry", entries, ids=[entry.name for entry in entries])


def most(quota: Quota) -> float:
    return 1.15 * quota.limit * SECONDS / quota.period + quota.limit


def least(quota: Quota) -> float:
    return 0.5 * quota.limit * SECONDS / quota.period


# --- at the configured rate -----------------------------------------------------------------------


def test_all_whom_we_promise_to_measure_are_there_in_order() -> None:
    names = [entry.name for entry in RIVALS]
    assert names == [PAGE, "aiolimiter", "pyrate-limiter", "ccxt", "discord.py", "hikari"]


@QUOTAS
@rivals()
def test_asked_by_one_it_lets_go_what_it_was_told(entry: Entry, quota: Quota) -> None:
    went = served(entry, Exchange(quota), callers=1)
    assert least(quota) <= len(went) <= most(quota)


@QUOTAS
@rivals(but=(PAGE, "discord.py"))
def test_asked_by_many_it_lets_go_what_it_was_told(entry: Entry, quota: Quota) -> None:
    callers = 3 * quota.limit
    went = served(entry, Exchange(quota), callers=callers)
    assert least(quota) <= len(went) <= most(quota)


@pytest.mark.parametrize("name", [PAGE, "discord.py"])
def test_two_lose_count_when_many_ask_as_they_do_in_the_world(name: str) -> None:
    went = served(NAMED[name], Exchange(TEN), callers=30, round_trip=0.1)
    assert len(went) > most(TEN)


# --- in virtual time ------------------------------------------------------------------------------


@rivals()
def test_a_run_repeats_to_the_last_digit_because_nothing_reads_real_time(entry: Entry) -> None:
    first, second = (served(entry, Exchange(TEN), callers=15) for _ in range(2))
    assert first == second


@rivals()
def test_no_thread_works_beside_the_loop(entry: Entry) -> None:
    before = threading.enumerate()
    served(entry, Exchange(TEN), callers=15)
    assert threading.enumerate() == before


def test_hikari_looking_at_its_clock_without_an_await_ends_when_it_would_in_the_world() -> None:
    lost = Exchange(ONE_IN_TWO, refusal=Reply(500, None), at=3.0)
    went = served(NAMED["hikari"], lost, callers=3)
    assert len(went) >= least(ONE_IN_TWO) - 1


# --- at refusals ----------------------------------------------------------------------------------


def silence(entry: Entry, quota: Quota, refusal: Reply, seconds: float = SECONDS) -> float:
    """Seconds from the refusal until the next one goes."""
    exchange = Exchange(quota, refusal=refusal, at=5.3)
    went = served(entry, exchange, callers=3 * quota.limit, seconds=seconds)
    assert exchange.refused_at
    return min(time for time in went if time > exchange.refused_at) - exchange.refused_at


@QUOTAS
@rivals(but=(PAGE,))
def test_a_429_stops_it_for_a_period(entry: Entry, quota: Quota) -> None:
    header = f"group={quota.group}; min=600; sec=0"
    pause = silence(entry, quota, Reply(429, header))
    assert quota.period - 1e-6 <= pause < 2 * quota.period + 0.1


def test_a_429_stops_the_page_for_the_rest_of_the_second() -> None:
    exchange = Exchange(TEN, refusal=Reply(429, None), at=5.3)
    went = served(NAMED[PAGE], exchange, callers=1)
    assert exchange.refused_at
    after = min(time for time in went if time > exchange.refused_at)
    assert after == pytest.approx(math.ceil(exchange.refused_at) + 0.01)


@rivals(but=(PAGE,))
def test_a_429_stops_it_for_as_long_as_the_answer_says(entry: Entry) -> None:
    pause = silence(entry, TEN, Reply(429, None, retry_after="4"))
    assert 4 - 1e-6 <= pause < 5.1


@rivals()
def test_a_418_stops_it_for_a_minute_or_for_as_long_as_the_answer_says(entry: Entry) -> None:
    assert 60 - 1e-6 <= silence(entry, TEN, Reply(418, None), seconds=100) < 61.1
    assert 7 - 1e-6 <= silence(entry, TEN, Reply(418, None, retry_after="7")) < 8.1


@rivals(but=(PAGE, "discord.py"))
def test_a_pause_does_not_end_in_a_burst(entry: Entry) -> None:
    exchange = Exchange(TEN, refusal=Reply(429, None), at=5.3)
    went = served(entry, exchange, callers=30)
    assert exchange.refused_at
    end = exchange.refused_at + TEN.period
    assert sum(end <= time < end + TEN.period - 0.01 for time in went) <= TEN.limit


# --- when waiters give up -------------------------------------------------------------------------


async def goes_on_after_cancelled_waiters(contender: Contender) -> bool:
    """Let one of a crowd give up while it waits; does a later one get its turn in a minute?"""
    exchange = Exchange(TEN)
    await once(contender, exchange)
    crowd = [asyncio.ensure_future(once(contender, exchange)) for _ in range(25)]
    await asyncio.sleep(0.05)
    for waiter in crowd[8:20]:
        waiter.cancel()
    await asyncio.sleep(5)
    with suppress(TimeoutError):
        await asyncio.wait_for(once(contender, exchange), 60)
        return all(one.done() for one in crowd)
    return False


@rivals(but=("hikari",))
def test_it_goes_on_after_waiters_gave_up(entry: Entry) -> None:
    @in_virtual_time
    async def outcome() -> bool:
        return await goes_on_after_cancelled_waiters(entry.make(TEN, Random(1)))

    assert outcome()


def test_hikari_never_goes_on_after_waiters_gave_up_as_in_the_world() -> None:
    @in_virtual_time
    async def outcome() -> bool:
        # Its task dies of a waiter that is gone. That is the defect, and asyncio would tell it.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        return await goes_on_after_cancelled_waiters(NAMED["hikari"].make(TEN, Random(1)))

    assert not outcome()
