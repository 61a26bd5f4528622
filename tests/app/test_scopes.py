from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.app.house import target
from tests.quota.callers import Caller, settled, throttled, well
from tests.virtual import in_virtual_time
from upbit_monitor.app.scopes import Scopes
from upbit_monitor.simulator import Key

if TYPE_CHECKING:
    from upbit_monitor.app.blocks import Scope
    from upbit_monitor.quota import Decision, RateLimiter, Tell

MINE = Key(access="mine", secret="secret")
YOURS = Key(access="yours", secret="secret")


@in_virtual_time
async def budgets(limiter: RateLimiter) -> dict[str, int]:
    return {state.group: state.budget for state in limiter.look()}


def test_a_target_without_a_key_has_the_public_limiter_alone() -> None:
    (public,) = Scopes().open([target()])["korea"]
    assert budgets(public).keys() == {"market", "ticker", "crix-trades", "candles", "orderbook"}


@pytest.mark.parametrize(("region", "limit"), [("kr", 12), ("sg", 8)])
def test_an_account_has_the_quotas_of_its_region(region: str, limit: int) -> None:
    _, account = Scopes().open([target(region=region, key=MINE, share=1.0)])["korea"]
    assert budgets(account) == {
        "default": 30, "order": limit, "order-test": 8, "order-cancel-all": 1,
    }  # fmt: skip


def test_targets_at_one_host_share_the_scope_of_the_address() -> None:
    opened = Scopes().open([target("one"), target("two", key=MINE)])
    assert opened["one"][0] is opened["two"][0]


def test_targets_at_different_hosts_share_nothing() -> None:
    opened = Scopes().open([target("one", key=MINE), target("two", region="sg", key=MINE)])
    assert not {*opened["one"]} & {*opened["two"]}


def test_accounts_are_apart_and_one_account_is_shared() -> None:
    targets = [target("one", key=MINE), target("two", key=YOURS), target("three", key=MINE)]
    opened = Scopes().open(targets)
    assert opened["one"][1] is opened["three"][1]
    assert opened["one"][1] is not opened["two"][1]


@pytest.mark.parametrize("shares", [(0.2, 0.5), (0.5, 0.2)])
def test_the_smallest_share_of_a_scope_wins(shares: tuple[float, float]) -> None:
    targets = [target("one", share=shares[0]), target("two", share=shares[1], key=MINE)]
    opened = Scopes().open(targets)
    assert budgets(opened["one"][0])["ticker"] == 2
    assert budgets(opened["two"][1])["default"] == 30 * shares[1]


def test_limiters_outlive_a_reload_with_the_share_of_the_new_settings() -> None:
    scopes = Scopes()
    before = scopes.open([target("one", share=0.2), target("two", key=MINE)])
    after = scopes.open([target("renamed", share=0.8, key=MINE)])
    assert after["renamed"][0] is before["one"][0]
    assert after["renamed"][1] is before["two"][1]
    assert budgets(after["renamed"][0])["ticker"] == 8
    assert after.keys() == {"renamed"}
    assert scopes.open([target("one")])["one"][0] is before["one"][0], "back again"


class Ears:
    """Listens to every scope. Its state: what was decided in each, in a word."""

    def __init__(self) -> None:
        self.heard: dict[Scope, list[str]] = {}

    def of(self, scope: Scope) -> Tell:
        def told(decision: Decision) -> None:
            self.heard.setdefault(scope, []).append(decision.kind.value)

        return told


async def use(limiter: RateLimiter, group: str) -> None:
    """Let one request be answered, and one refused."""
    for deed in (well(), throttled()):
        Caller(limiter, group).end(deed)
        await settled()


@pytest.mark.parametrize("in_detail", [False, True])
@in_virtual_time
async def test_each_scope_is_listened_to_by_its_name_without_a_key(in_detail: bool) -> None:  # noqa: FBT001 -- a parameter
    ears = Ears()
    scopes = Scopes(listener=ears.of)
    public, account = scopes.open([target(key=MINE)], in_detail=in_detail)["korea"]
    await use(public, "ticker")
    await use(account, "default")
    everything = ["granted", "answered", "granted", "refused"]
    assert [*ears.heard.values()] == [everything if in_detail else ["refused"]] * 2
    (url, nobody), (same_url, fingerprint) = ears.heard
    assert (url, same_url, nobody) == ("https://api.upbit.com", "https://api.upbit.com", "")
    assert len(fingerprint) == 16
    assert MINE.access not in fingerprint


@in_virtual_time
async def test_a_reload_changes_how_much_is_told() -> None:
    ears = Ears()
    scopes = Scopes(listener=ears.of)
    told = []
    for in_detail in (True, False, True):
        (public,) = scopes.open([target()], in_detail=in_detail)["korea"]
        await use(public, "ticker")
        await asyncio.sleep(10)
        told.append([*ears.heard.popitem()[1]])
    everything = ["granted", "answered", "granted", "refused"]
    assert told == [everything, ["refused"], everything]
