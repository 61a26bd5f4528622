"""The facts: limits as documented, by region."""

from __future__ import annotations

import math

import pytest

from upbit_monitor.quota import KNOWN, QUOTATION, Quota, account


@pytest.mark.parametrize("group", ["market", "ticker", "crix-trades", "candles", "orderbook"])
def test_each_public_group_allows_ten_a_second(group: str) -> None:
    assert QUOTATION[group] == Quota(10, 1.0)


@pytest.mark.parametrize(
    ("region", "group", "quota"),
    [
        ("kr", "default", Quota(30)),
        ("sg", "default", Quota(30)),
        ("kr", "order", Quota(12)),
        ("sg", "order", Quota(8)),
        ("id", "order", Quota(8)),
        ("th", "order", Quota(8)),
        ("kr", "order-test", Quota(8)),
        ("kr", "order-cancel-all", Quota(1, 2.0)),
    ],
)
def test_the_limits_of_an_account_are_those_of_its_region(
    region: str, group: str, quota: Quota
) -> None:
    assert account(region)[group] == quota


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
def test_every_group_with_a_limit_is_a_known_name(region: str) -> None:
    assert {*QUOTATION, *account(region)} <= KNOWN


@pytest.mark.parametrize(
    ("limit", "period"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0), (1, math.inf), (1, math.nan)]
)
def test_a_quota_that_allows_nothing_or_never_ends_is_refused(limit: int, period: float) -> None:
    with pytest.raises(ValueError, match="a quota needs"):
        Quota(limit, period)
