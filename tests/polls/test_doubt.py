"""What of a ticker cannot be true, and that nothing real is called so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange import captured
from tests.fakes import NOW
from tests.polls.context import Place
from upbit_monitor.polls.doubt import IMPLAUSIBLE, REASONS, Doubts, implausible
from upbit_monitor.polls.ticker_row import TICKER, Ticker


def row(market: str = "KRW-BTC", **fields: Any) -> Ticker:  # noqa: ANN401 -- numbers or none
    """A row in which all is well, but for these fields."""
    good: dict[str, Any] = {
        "timestamp": round(NOW * 1000),
        "trade_timestamp": round(NOW * 1000) - 40,
        "trade_price": 100.0,
        "low_price": 90.0,
        "high_price": 110.0,
        "acc_trade_volume_24h": 2.0,
        "acc_trade_price_24h": 200.0,
        "signed_change_rate": -0.05,
    }
    return Ticker(market=market, **(good | fields))


@pytest.mark.parametrize(
    "name",
    [
        "live/kr_ticker_2025-07-30.json",
        "docs_global/tickers_by_trading_pair.json",
        "docs_global/tickers_by_quote_currencies.PARTIAL.json",
    ],
)
def test_no_captured_row_is_doubted(name: str) -> None:
    rows = TICKER.read(captured.body(name))
    assert rows
    for one in rows:
        assert list(implausible(one, (one.timestamp or 0) / 1000)) == []


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, []),
        ({"trade_price": 90}, []),
        ({"trade_price": 110}, []),
        ({"trade_price": 89.99}, ["outside_range"]),
        ({"trade_price": 110.01}, ["outside_range"]),
        ({"low_price": 110.01}, ["range_inverted"]),
        ({"low_price": 110, "trade_price": 110}, []),
        ({"trade_price": 50, "low_price": None}, []),
        ({"trade_price": 50, "low_price": 0, "high_price": 0}, []),
        ({"trade_price": None}, []),
        ({"trade_price": -1}, ["outside_range", "negative"]),
        ({"low_price": -1}, ["negative"]),
        ({"high_price": -1}, ["range_inverted", "negative"]),
        ({"acc_trade_volume_24h": -0.5}, ["negative"]),
        ({"acc_trade_price_24h": -0.5}, ["negative"]),
        ({"acc_trade_price_24h": 0, "acc_trade_volume_24h": 0}, []),
        ({"timestamp": round((NOW + 10) * 1000)}, []),
        ({"timestamp": round((NOW + 10) * 1000) + 1}, ["from_future"]),
        ({"trade_timestamp": round((NOW + 11) * 1000)}, ["from_future"]),
        ({"trade_timestamp": 0}, []),
        ({"trade_timestamp": None}, []),
    ],
)
def test_a_row_is_doubted_for_what_cannot_be(fields: dict[str, Any], reasons: list[str]) -> None:
    assert list(implausible(row(**fields), NOW)) == reasons


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(price=numbers, low=numbers, high=numbers, volume=numbers, value=numbers)
def test_only_what_is_told_is_doubted(
    price: float | None,
    low: float | None,
    high: float | None,
    volume: float | None,
    value: float | None,
) -> None:
    one = row(
        trade_price=price,
        low_price=low,
        high_price=high,
        acc_trade_volume_24h=volume,
        acc_trade_price_24h=value,
    )
    found = {*implausible(one, NOW)}
    assert found <= {*REASONS}
    assert not found & {"outside_range", "range_inverted"} or (low and high)
    told = [number for number in (price, low, high, volume, value) if number is not None]
    assert ("negative" in found) == any(number < 0 for number in told)
    assert not {"outside_range", "range_inverted"} <= found


def test_a_market_is_told_when_it_begins_and_not_again() -> None:
    place = Place()
    doubts = Doubts(place.context)
    bad = row("KRW-ETH", trade_price=1)
    for rows in ([row(), bad], [bad], [bad, row("KRW-XRP", trade_price=2)], [row()], [bad]):
        doubts.show(rows, NOW)
    assert [line.fields for line in place.log.lines] == [
        {"reason": "outside_range", "markets": [market], "count": 1}
        for market in ("KRW-ETH", "KRW-XRP", "KRW-ETH")
    ]


def test_many_at_once_are_one_line_that_names_a_few() -> None:
    place = Place()
    doubts = Doubts(place.context)
    doubts.show([row(f"KRW-C{number}") for number in range(800)], NOW - 60)
    (line,) = place.log.lines
    assert line.fields["count"] == 800
    assert line.fields["markets"] == [f"KRW-C{number}" for number in range(10)]
    assert place.shown(IMPLAUSIBLE) == dict.fromkeys(REASONS, 0) | {"from_future": 800}
    (concern,) = doubts.concerns
    assert concern.what.endswith("(from_future) of KRW-C0, KRW-C1, KRW-C10 and 797 more")


def test_a_market_that_comes_twice_is_counted_once() -> None:
    place = Place()
    Doubts(place.context).show([row(trade_price=1)] * 2, NOW)
    assert place.shown(IMPLAUSIBLE)["outside_range"] == 1
