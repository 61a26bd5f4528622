from __future__ import annotations

import asyncio
from functools import partial

import pytest

from tests.fakes import NOW, FakeBoard
from tests.virtual import VirtualLoop, in_virtual_time
from upbit_monitor.errors import Withheld
from upbit_monitor.metrics import LimiterMetrics
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.quota import QUOTATION, Quota, RateLimiter, Remaining


def wall() -> float:
    return NOW + VirtualLoop.running().time()


class Bench:
    """Two targets that share an address, one with an account of its own."""

    def __init__(self) -> None:
        self.public = RateLimiter(QUOTATION, share=0.5)
        self.account = RateLimiter({"default": Quota(30), "order-cancel-all": Quota(1, 2.0)})
        self.metrics = LimiterMetrics(wall)
        self.metrics.watch({"one": (self.public, self.account), "two": (self.public,)})
        self.board = FakeBoard()
        self.board.registry.register(self.metrics)

    def shown(self, name: str, target: str, group: str, **labels: str) -> float | None:
        return self.board.value(name, target=target, group=group, **labels)


async def ask(limiter: RateLimiter, group: str, remaining: Remaining | None) -> None:
    async with limiter.permit(group) as permit:
        permit.departed()
        permit.settle(remaining)


@in_virtual_time
async def test_targets_that_share_a_scope_show_the_same_numbers() -> None:
    bench = Bench()
    await ask(bench.public, "ticker", Remaining("ticker", 9, 10))
    await asyncio.sleep(2)
    await ask(bench.public, "ticker", Remaining("ticker", 3, 10))
    for target in ("one", "two"):
        assert bench.shown(c.LIMIT.name, target, "ticker") == 10
        assert bench.shown(c.BUDGET.name, target, "ticker") == 5
        assert bench.shown(c.WINDOW.name, target, "ticker") == 1
        assert bench.shown(c.FOREIGN.name, target, "ticker") == 6
    assert bench.shown(c.LIMIT.name, "one", "default") == 30
    assert bench.shown(c.WINDOW.name, "one", "order-cancel-all") == 2
    assert bench.shown(c.LIMIT.name, "two", "default") is None


@in_virtual_time
async def test_a_limit_that_the_header_shows_is_shown() -> None:
    bench = Bench()
    await ask(bench.public, "ticker", Remaining("ticker", 19, 20))
    assert bench.shown(c.LIMIT.name, "one", "ticker") == 20
    assert bench.shown(c.BUDGET.name, "one", "ticker") == 10


@in_virtual_time
async def test_who_waits_is_shown_while_he_waits() -> None:
    bench = Bench()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(ask(bench.account, "order-cancel-all", None))
        await asyncio.sleep(0.5)
        assert bench.shown(c.WAITING.name, "one", "order-cancel-all") == 2
    assert bench.shown(c.WAITING.name, "one", "order-cancel-all") == 0


@in_virtual_time
async def test_alone_no_stranger_is_expected_and_the_pace_is_the_budget() -> None:
    bench = Bench()
    await ask(bench.public, "ticker", Remaining("ticker", 9, 10))
    assert bench.shown(c.FOREIGN_EXPECTED.name, "one", "ticker") == 0
    assert bench.shown(c.PACE.name, "one", "ticker") == 5


@in_virtual_time
async def test_in_company_the_strangers_to_expect_and_our_pace_beside_them_are_shown() -> None:
    bench = Bench()
    await ask(bench.public, "ticker", Remaining("ticker", 9, 10))
    await asyncio.sleep(2)
    await ask(bench.public, "ticker", Remaining("ticker", 3, 10))
    for target in ("one", "two"):
        expected = bench.shown(c.FOREIGN_EXPECTED.name, target, "ticker")
        pace = bench.shown(c.PACE.name, target, "ticker")
        assert expected is not None
        assert pace is not None
        assert expected > 0
        assert 0 < pace < 5
    assert bench.shown(c.FOREIGN_EXPECTED.name, "one", "market") == 0


@in_virtual_time
async def test_a_slot_is_shown_as_held_until_one_window_after_its_answer() -> None:
    bench = Bench()
    held = partial(bench.shown, c.HELD.name, "one", "ticker")
    assert held() == 0
    async with bench.public.permit("ticker") as permit:
        permit.departed()
        assert held() == 1
        await asyncio.sleep(0.25)
        permit.settle(None)
    await asyncio.sleep(0.75)
    assert held() == 1
    await asyncio.sleep(0.25)
    assert held() == 0


@in_virtual_time
async def test_until_when_a_group_is_shut_is_shown() -> None:
    bench = Bench()
    async with bench.public.permit("ticker") as permit:
        permit.departed()
        permit.refused(40.0)
    assert bench.shown(c.BLOCKED_UNTIL.name, "one", "ticker") == pytest.approx(NOW + 40)
    assert bench.shown(c.BLOCKED_UNTIL.name, "one", "market") == 0
    await asyncio.sleep(40)
    assert bench.shown(c.BLOCKED_UNTIL.name, "one", "ticker") == 0


@in_virtual_time
async def test_a_blocked_scope_shuts_all_its_groups() -> None:
    bench = Bench()
    async with bench.public.permit("ticker") as permit:
        permit.departed()
        permit.blocked(100.0)
    for group in QUOTATION:
        until = bench.shown(c.BLOCKED_UNTIL.name, "two", group)
        assert until == pytest.approx(NOW + 105), group
    assert bench.shown(c.BLOCKED_UNTIL.name, "one", "default") == 0


@in_virtual_time
async def test_requests_not_let_go_are_counted_by_reason_from_zero() -> None:
    bench = Bench()
    for reason in c.REJECTIONS:
        assert bench.shown(c.REJECTED.name, "one", "order-cancel-all", reason=reason) == 0
    await ask(bench.account, "order-cancel-all", None)
    with pytest.raises(Withheld):
        await bench.account.permit("order-cancel-all", patience=0.5).__aenter__()
    assert bench.shown(c.REJECTED.name, "one", "order-cancel-all", reason="deadline") == 1
    assert bench.shown(c.REJECTED.name, "one", "order-cancel-all", reason="blocked") == 0


@in_virtual_time
async def test_only_what_is_watched_is_shown() -> None:
    bench = Bench()
    bench.metrics.watch({"two": (bench.public,)})
    targets = {
        sample.labels["target"]
        for metric in bench.board.registry.collect()
        for sample in metric.samples
    }
    assert targets == {"two"}


@in_virtual_time
async def test_a_reload_in_the_middle_of_a_page_does_not_spoil_it() -> None:
    bench = Bench()
    families = iter(bench.board.registry.collect())
    next(families)
    bench.metrics.watch({})
    assert len(list(families)) == 9


def test_registering_asks_no_limiter() -> None:
    assert list(LimiterMetrics().describe()) == []
