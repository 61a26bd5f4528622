"""The header, as seen, as documented, and as nobody should write it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upbit_monitor.quota import Remaining


@pytest.mark.parametrize(
    ("header", "remaining"),
    [
        ("group=ticker; min=600; sec=9", Remaining("ticker", 9, 10)),
        ("group=default; min=1800; sec=29", Remaining("default", 29, 30)),
        ("group=order-test; min=480; sec=7", Remaining("order-test", 7, 8)),
        ("group=crix-trades; min=600; sec=0", Remaining("crix-trades", 0, 10)),
        ("group=exchange.order; min=720; sec=11", Remaining("order", 11, 12)),
        ("Group=Exchange.Order;Min=720;Sec=11", Remaining("order", 11, 12)),
        ("  sec=9 ;min = 600;  group=ticker ", Remaining("ticker", 9, 10)),
        ("group=ticker; min=600; sec=9; new=1", Remaining("ticker", 9, 10)),
        # Without a limit, or with a number that is none.
        ("group=ticker; sec=9", Remaining("ticker", 9)),
        ("group=market; min=573; sec=9", Remaining("market", 9)),
        ("group=order; min=59; sec=4", Remaining("order", 4)),
        ("group=status-wallet; min=30; sec=1", Remaining("status-wallet", 1)),
        ("group=ticker; min=60; sec=9", Remaining("ticker", 9)),
        ("group=ticker; min=x; sec=9", Remaining("ticker", 9)),
        ("group=ticker; min=-600; sec=9", Remaining("ticker", 9)),
        # The user who was told of ten left after the first of ten.
        ("group=ticker; min=600; sec=10", Remaining("ticker", 10, 10)),
    ],
)
def test_a_header_is_read(header: str, remaining: Remaining) -> None:
    assert Remaining.parse(header) == remaining


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";",
        "sec=9",
        "group=ticker",
        "group=ticker; min=600; sec=",
        "group=ticker; min=600; sec=-1",
        "group=ticker; min=600; sec=+9",
        "group=ticker; min=600; sec=9.5",
        "group=ticker; min=600; sec=1e3",
        "group=ticker; min=600; sec=٩",
        "group=ticker; min=600; sec=100001",
        "group=ticker; min=600; sec=99999999999999999999999",
        "group=ticker, min=600, sec=9",
        "group=ticker; sec=9; sec=8",
        "group=ticker; sec=9; group=market",
        "group=; sec=9",
        "group=exchange.; sec=9",
        "group=a b; sec=9",
        "group=<script>; sec=9",
        f"group={'a' * 65}; sec=9",
        "ticker 9",
    ],
)
def test_a_malformed_header_is_no_header(header: str) -> None:
    assert Remaining.parse(header) is None


parts = st.sampled_from(
    ["group", "min", "sec", "=", ";", " ", "600", "9", "ticker", "exchange.", "-", "\x00", "²"]
)


@given(st.text() | st.lists(parts).map("".join))
@example("group=ticker; min=600; sec=" + "9" * 5000)
@example("group=" + "a;" * 5000)
def test_no_header_raises_and_what_is_read_is_sane(header: str) -> None:
    remaining = Remaining.parse(header)
    if remaining is not None:
        assert 1 <= len(remaining.group) <= 64
        assert 0 <= remaining.requests <= 100_000
        assert remaining.limit is None or remaining.limit >= remaining.requests


@given(
    group=st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
    limit=st.integers(1, 1000),
    data=st.data(),
)
def test_what_the_exchange_writes_is_what_we_read(
    group: str, limit: int, data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, limit))
    header = f"group={group}; min={60 * limit}; sec={left}"
    assert Remaining.parse(header) == Remaining(group, left, limit)
