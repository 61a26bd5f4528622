from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.exchange import captured
from upbit_monitor.errors import Unreadable
from upbit_monitor.exchange import Endpoint
from upbit_monitor.exchange.endpoint import explain


class Row(msgspec.Struct):
    market: str
    price: Decimal | None = None
    count: int | None = None
    inner: dict[str, bool] = {}


ROWS = Endpoint(
    name="rows",
    path="/v1/rows",
    group="market",
    shape=list[Row],
    sample=b'[{"market":"KRW-BTC","price":1.50,"count":3,"inner":{"a":true}}]',
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


# read


def test_a_sample_is_read() -> None:
    assert ROWS.read(ROWS.sample) == [Row("KRW-BTC", Decimal("1.50"), 3, {"a": True})]


@pytest.mark.parametrize("kind", ["ticker", "candles_days"])
def test_recorded_numbers_keep_every_digit(kind: str) -> None:
    body = captured.body(f"live/kr_{kind}_2025-07-30.json")
    texts = json.loads(body, parse_float=lambda text: [text])
    numbers = {key: value[0] for key, value in texts[0].items() if isinstance(value, list)}
    shape = msgspec.defstruct("Numbers", [(key, Decimal) for key in numbers])
    read: Any = Endpoint("x", "/v1/x", "x", list[shape], b"").read(body)[0]  # type: ignore[valid-type]
    assert len(numbers) > 5
    for key, text in numbers.items():
        assert getattr(read, key).as_tuple() == Decimal(text).as_tuple(), key


def test_more_digits_than_a_float_holds_are_kept() -> None:
    (row,) = ROWS.read(b'[{"market":"A","price":137728155832.9616000000000000}]')
    assert str(row.price) == "137728155832.9616000000000000"


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_number_keeps_every_digit_as_number_and_as_text(number: Decimal) -> None:
    for text in (str(number).lower(), f'"{number}"'):
        (row,) = ROWS.read(f'[{{"market":"A","price":{text}}}]'.encode())
        assert row.price is not None
        assert row.price.as_tuple() == number.as_tuple()


@given(st.dictionaries(st.text(min_size=8), json_values, max_size=4))
def test_unknown_fields_are_ignored(unknown: dict[str, Any]) -> None:
    body = msgspec.json.encode([{**unknown, "market": "A"}])
    assert ROWS.read(body) == [Row("A")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"{}",
        b"<html>maintenance</html>",
        b"Too many API requests.",
        b'{"error":{"name":400,"message":"x"}}',
        b'[{"market":"A"}',
        b'[{"market":"A"}]]',
        b'[{"market":"A"}]\xff',
        b'\xef\xbb\xbf[{"market":"A"}]',
        b'[{"market":null}]',
        b'[{"market":1}]',
        b"[{}]",
        b"[null]",
        b'[{"market":"A","price":"many"}]',
        b'[{"market":"A","price":NaN}]',
        b'[{"market":"A","price":Infinity}]',
        b'[{"market":"A","price":1e99999999999999999999}]',
        b'[{"market":"A","count":1.5}]',
        b'[{"market":"A","count":1e400}]',
        b'[{"market":"A","count":' + b"9" * 5000 + b"}]",
        b'[{"market":"A","inner":{"a":1}}]',
        b'[{"market":"\xff"}]',
        b'[{"market":"\\ud800"}]',
        b"[" * 100_000,
        b'[{"unknown":' + b"[" * 100_000,
        b'[{"unknown":' + b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_not_as_promised_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        ROWS.read(body)


_near_rows = st.builds(
    lambda start, rest, end: ROWS.sample[:start] + rest + ROWS.sample[end:],
    st.integers(0, len(ROWS.sample)),
    st.binary(max_size=8),
    st.integers(0, len(ROWS.sample)),
)


@given(st.one_of(st.binary(), _near_rows, json_values.map(msgspec.json.encode)))
def test_any_body_is_read_or_unreadable(body: bytes) -> None:
    try:
        rows = ROWS.read(body)
    except Unreadable:
        return
    assert all(isinstance(row, Row) for row in rows)


def test_an_unreadable_answer_tells_where_and_how_much_but_not_what_it_held() -> None:
    with pytest.raises(Unreadable) as caught:
        ROWS.read(b'[{"market":"A"},{"market":["4111-private-1111"]}]')
    message = str(caught.value)
    assert message.startswith("/v1/rows: 49 bytes")
    assert "$[1].market" in message
    assert "private" not in message


def test_the_sample_is_not_in_the_repr() -> None:
    assert "KRW-BTC" not in repr(ROWS)


# explain


@pytest.mark.parametrize(("body", "name", "message"), captured.error_bodies())
def test_every_known_error_body_gives_its_name_and_message(
    body: bytes, name: str | None, message: str
) -> None:
    assert explain(body) == (name, message)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":{"name":400,"message":"m"}}', ("400", "m")),
        (b'{"error":{"message":"m","name":"n"}}', ("n", "m")),
        (b'{"name":"n","message":"m"}', ("n", "m")),
        (b'{"message":"Forbidden"}', (None, "Forbidden")),
        (b'{"status":404,"error":"Not Found","path":"/v1/x"}', (None, "Not Found")),
        (b'{"error":{}}', (None, "")),
        (b'{"error":{"name":true,"message":["m"]}}', (None, "")),
        (b'{"error":{"name":null,"message":null}}', (None, "")),
        (b"Too many API requests.", (None, "Too many API requests.")),
        (b"  two\r\n lines\t ", (None, "two lines")),
        (b"\x1b[31mred\x1b[0m \x00", (None, "[31mred [0m")),
        (b"a\xffb", (None, "a\ufffdb")),
        (b'{"error":{"name":"\\ud800n","message":"\\ud800m"}}', ("n", "m")),
        (b"", (None, "an empty body")),
        (b" \r\n", (None, "an empty body")),
        (b"404", (None, "404")),
    ],
)
def test_an_error_body_is_explained(body: bytes, expected: tuple[str | None, str]) -> None:
    assert explain(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Service Temporarily Unavailable</body></html>",
        b"\n<!DOCTYPE html>",
        b'{"error":',
        b'{"error":null}',
        b'["a","list"]',
        b"[" * 100_000,
        b"x" * 201,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_of_a_page_only_the_size_is_told(body: bytes) -> None:
    told = f"a body of {len(body)} bytes that is no error the exchange documents"
    assert explain(body) == (None, told)


_errors = st.fixed_dictionaries({"error": st.fixed_dictionaries(
    {}, optional={"name": json_values, "message": json_values},
)})  # fmt: skip
_bodies = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.one_of(json_values, _errors).map(json.dumps).map(str.encode),
    st.builds(lambda text: text.encode("utf-16"), st.text()),
)


@given(_bodies)
@example(b'{"error":{"name":' + b"9" * 5000 + b"}}")
@example(b'{"error":{"name":"' + b"n" * 500 + b'","message":"' + b"m" * 500 + b'"}}')
def test_an_explanation_is_always_one_short_line_that_can_be_written_down(body: bytes) -> None:
    name, message = explain(body)
    for text in (name or "", message):
        assert len(text) <= 200
        assert text.isprintable()
        text.encode()
