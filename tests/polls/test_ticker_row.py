"""The numbers of a ticker, in every spelling that the exchange was seen to use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange import captured
from upbit_monitor.errors import Unreadable
from upbit_monitor.polls.ticker_row import TICKER, TICKER_ALL

NUMBERS = (
    "trade_price",
    "low_price",
    "high_price",
    "acc_trade_volume_24h",
    "acc_trade_price_24h",
    "signed_change_rate",
)


def read(**fields: str) -> Any:  # noqa: ANN401 -- a row
    """Read a row with fields as they are spelt."""
    inside = "".join(f',"{name}":{text}' for name, text in fields.items())
    (row,) = TICKER.read(f'[{{"market":"KRW-BTC","timestamp":1{inside}}}]'.encode())
    return row


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7050000", 7050000.0),
        ("163248000.00000000", 163248000.0),
        ("137728155832.9616000000000000", 137728155832.9616),
        ("91200000.0", 91200000.0),
        ("5.485e-05", 0.00005485),
        ("0", 0.0),
        ("-0.0017283860", -0.001728386),
        ("null", None),
    ],
)
@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_is_read_in_every_spelling(field: str, text: str, number: float | None) -> None:
    assert getattr(read(**{field: text}), field) == number


@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_may_be_missing(field: str) -> None:
    assert getattr(read(), field) is None


@pytest.mark.parametrize("text", ["1e400", "-1e400", "9" * 400, "NaN", "Infinity", '"1"', "true"])
@pytest.mark.parametrize("field", NUMBERS)
def test_what_no_double_holds_is_unreadable(field: str, text: str) -> None:
    with pytest.raises(Unreadable, match="not as promised"):
        read(**{field: text})


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e30", max_value="1e30"))
def test_a_number_is_the_nearest_double_however_many_digits_it_has(number: Any) -> None:  # noqa: ANN401 -- a Decimal
    for text in (f"{number:f}", f"{number:f}0000" if "." in f"{number:f}" else f"{number:f}.000"):
        assert read(trade_price=text).trade_price == float(number)


@pytest.mark.parametrize("endpoint", [TICKER, TICKER_ALL], ids=["ticker", "ticker_all"])
@pytest.mark.parametrize(
    "name",
    [
        "live/kr_ticker_2025-07-30.json",
        "docs_global/tickers_by_trading_pair.json",
        "docs_global/tickers_by_quote_currencies.PARTIAL.json",
    ],
)
def test_every_captured_row_is_read_as_it_stands(endpoint: Any, name: str) -> None:  # noqa: ANN401 -- of either
    body = captured.body(name)
    rows, expected = endpoint.read(body), json.loads(body)
    assert len(rows) == len(expected) > 0
    for row, fields in zip(rows, expected, strict=True):
        for field in (*NUMBERS, "market", "timestamp", "trade_timestamp"):
            assert getattr(row, field) == fields[field], (row.market, field)
