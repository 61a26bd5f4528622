"""What is read off one order book, whatever stands in it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange import captured
from upbit_monitor.polls.book import ORDERBOOK, Sides, band, is_band

RECORDED = (
    "docs_kr/orderbook_KRW-BTC_level10000_2025-07-04.json",
    "docs_global/order_book_list.PARTIAL.json",
)

amounts = st.none() | st.sampled_from([0, -1, 1e-320, 1e18]) | st.floats(1e-8, 1e10)
units = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["ask_price", "bid_price", "ask_size", "bid_size"], amounts)
)


def unit(bid: Any, ask: Any, bid_size: Any = 1, ask_size: Any = 1) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"bid_price": bid, "ask_price": ask, "bid_size": bid_size, "ask_size": ask_size}


def sides(*units: dict[str, Any]) -> Sides:
    row = {"market": "KRW-BTC", "timestamp": 0, "orderbook_units": units}
    (book,) = ORDERBOOK.read(json.dumps([row]).encode())
    return Sides.of(book)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_book_agrees_with_its_own_totals(name: str) -> None:
    (row,) = json.loads(captured.body(name))
    (book,) = ORDERBOOK.read(captured.body(name))
    found = Sides.of(book)
    assert found.flaw is None
    assert found.spread is not None
    assert 0 < found.spread < 0.01
    for side, levels in found.named:
        total = sum(level.size for level in levels)
        assert "PARTIAL" in name or total == pytest.approx(row[f"total_{side}_size"])
        value = sum(level.price * level.size for level in levels)
        assert (side in found.depth(1)) == (len(levels) < 15)
        assert found.depth(found.reach[side])[side] == pytest.approx(value)


def test_prices_spread_depth_and_reach_are_those_of_the_levels() -> None:
    found = sides(unit(99, 101, 2, 1), unit(98, 103, 1, 1), unit(90, 110, 1, 3))
    assert found.best == {"bid": 99, "ask": 101}
    assert found.mid == 100
    assert found.spread == 0.02
    assert found.depth(0.01) == {"bid": 198, "ask": 101}
    assert found.depth(0.03) == {"bid": 296, "ask": 204}
    assert found.reach == {"bid": 0.1, "ask": 0.1}


def test_levels_may_come_in_any_order() -> None:
    rows = [unit(99, 101), unit(98, 103), unit(90, 110)]
    assert sides(*rows[::-1]) == sides(*rows)


@pytest.mark.parametrize("nothing", [None, 0, -1])
def test_a_level_without_price_or_size_is_no_order(nothing: float | None) -> None:
    found = sides(unit(99, 101), unit(nothing, 102), unit(98, 103, nothing, nothing))
    assert [len(side) for _, side in found.named] == [1, 2]


@pytest.mark.parametrize(
    ("units", "flaw"),
    [
        ([], "empty"),
        ([unit(None, 0)], "empty"),
        ([unit(99, None)], "one_sided"),
        ([unit(0, 101, 0)], "one_sided"),
        ([unit(101, 101)], "crossed"),
        ([unit(102, 101)], "crossed"),
        ([unit(90, 101), unit(100, 91)], "crossed"),
        ([unit(100, 101)], None),
    ],
)
def test_what_is_wrong_with_a_book_has_a_name(units: list[Any], flaw: str | None) -> None:
    assert sides(*units).flaw == flaw


def test_a_book_without_a_middle_has_a_best_price_at_most() -> None:
    found = sides(unit(99, None))
    assert found.best == {"bid": 99}
    assert (found.mid, found.spread, found.depth(0.01), found.reach) == (None, None, {}, {})


def test_a_book_that_is_null_or_absent_is_empty() -> None:
    for text in (b'"orderbook_units":null', b'"level":0'):
        (book,) = ORDERBOOK.read(b'[{"market":"KRW-BTC","timestamp":0,%s}]' % text)
        assert Sides.of(book).flaw == "empty"


@given(st.lists(units, max_size=5))
def test_whatever_stands_in_a_book_gives_numbers_in_order(units: list[dict[str, Any]]) -> None:
    found = sides(*units)
    assert found.flaw is not None or found.spread is not None
    for numbers in (found.best, found.reach, *map(found.depth, (0.001, 0.01, 1))):
        assert all(math.isfinite(number) and number >= 0 for number in numbers.values())
    assert found.spread is None or math.isfinite(found.spread)
    assert (found.flaw == "crossed") == (found.spread is not None and found.spread <= 0)
    for narrow, wide in pairwise(map(found.depth, (0.001, 0.01, 1))):
        assert all(narrow[side] <= wide[side] for side in narrow.keys() & wide.keys())


@pytest.mark.parametrize(
    ("text", "ratio"), [("0.1%", 0.001), ("1%", 0.01), ("2.50%", 0.025), ("100%", 1)]
)
def test_a_band_is_a_percentage(text: str, ratio: float) -> None:
    assert is_band(text)
    assert band(text) == ratio


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0%",
        "0.0%",
        "-1%",
        "101%",
        "1 %",
        "1%%",
        "nan%",
        "1e1%",
        "0.00001%",
        ".5%",
        "\u0661%",
    ],
)
def test_anything_else_is_no_band(text: str) -> None:
    assert not is_band(text)


@given(
    mid=st.decimals("0.001", "1000000", places=4),
    percent=st.sampled_from(["0.01", "0.1", "0.25", "0.5", "1", "2.5"]),
)
def test_an_order_on_the_edge_of_a_band_is_within_it(mid: Decimal, percent: str) -> None:
    off = mid * Decimal(percent) / 100
    found = sides(unit(float(mid - off), float(mid + off), 1, 1))
    assert found.depth(band(f"{percent}%")).keys() == {"bid", "ask"}
    assert all(value > 0 for value in found.depth(band(f"{percent}%")).values())


@pytest.mark.parametrize(("steps", "known"), [(14, True), (15, False), (30, False)])
def test_what_lies_beyond_a_book_that_is_cut_off_is_not_known(steps: int, known: bool) -> None:  # noqa: FBT001 -- a column
    found = sides(*(unit(100 - step, 102 + step, 1, 1) for step in range(steps)))
    assert (found.depth(0.9).keys() == {"bid", "ask"}) == known
    assert found.depth(0.05).keys() == {"bid", "ask"}
