"""Whatever the exchange answers, a poll shows it or finds it unreadable: nothing else ever."""

from __future__ import annotations

import copy
import json
import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import run
from upbit_monitor.errors import Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.polls import POLLS
from upbit_monitor.polls import wallet_status as wallets
from upbit_monitor.polls.doubt import REASONS
from upbit_monitor.polls.irregular import CONDITIONS
from upbit_monitor.polls.markets import CAUTIONS
from upbit_monitor.polls.open_orders import SIDES, STATES

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from upbit_monitor.exchange import Endpoint

WATCH = ("KRW-BTC", "SGD-ETH")
CHOSEN: dict[str, dict[str, Any]] = {
    "accounts": {"currencies": ("KRW", "BTC")},
    "wallet_status": {"watch": ("BTC",)},
}
"""Options that are not a list of markets."""


class Texts:
    """Every text of a form."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and re.fullmatch(self._pattern, text, re.DOTALL) is not None


CLOSED: dict[str, Container[object]] = {
    "target": {"target"},
    "quote": {*REGIONS["kr"].quotes, "SGD", "other"},
    "market": {*WATCH},
    "caution": {*CAUTIONS, "other"},
    "reason": {*REASONS},
    "side": {*SIDES, "other"},
    "state": {*STATES, *wallets.STATES, *wallets.BLOCK_STATES, "other"},
    "role": {"taker", "maker"},
    "currency": {"KRW", "BTC"},
    "network": Texts(".*"),
    "key_id": Texts("[0-9a-f]{8}"),
    "own": {"yes", "no"},
    "band": {"0.01%", "0.1%", "1%"},
    "condition": {*CONDITIONS},
}

RAW = re.compile(r'"raw ([^"]*)"')
"""A number in a spelling that ``json.dumps`` would not choose."""

numbers = st.sampled_from(
    ["0", "-0", "7050000", "163248000.00000000", "137728155832.9616000000000000", "5.485e-05",
     "1E3", "-1", "1e400", "-1e400", "1e-400", "9" * 30, "9" * 400, "9" * 5000, "1.7e308"]
)  # fmt: skip
odd_texts = st.sampled_from(
    ["", " ", "0", "5.485e-05", "NaN", "sNaN", "-Infinity", "1e400", "1_000", "true", "null",
     "KRW", "KRW-", "-BTC", "KRW-BTC-ETH", "2025-07-04", "2025-07-04T24:00:00", "0001-01-01",
     "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2025-W27-5", "\ud800", "\x00"]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | numbers.map("raw {}".format) | odd_texts | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd_texts, inner, max_size=2),
    max_leaves=3,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- JSON
    """Give the way to everything inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inside:
        found.append((*here, key))
        if isinstance(item, dict | list):
            found += places(item, (*here, key))
    return found


@st.composite
def variants(draw: st.DrawFn, sample: bytes) -> bytes:
    """Give an answer that is the sample with fields changed, gone or new, and rows repeated."""
    rows = json.loads(sample)
    one = isinstance(rows, dict)
    rows = [rows] if one else rows
    rows = [copy.deepcopy(row) for row in draw(st.lists(st.sampled_from(rows), max_size=4))]
    for _ in range(draw(st.integers(0, 4))):
        if not rows:
            break
        *way, last = draw(st.sampled_from(places(rows)))
        holder: Any = rows
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["change", "remove", "add"])):
            case "change":
                holder[last] = draw(values)
            case "remove":
                del holder[last]
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=5))] = draw(values)
    answer = rows[0] if one and rows else rows
    return RAW.sub(r"\1", json.dumps(answer)).encode()


NULLABLE: dict[str, str] = {
    "market_all": r"market_event(\.warning|\.caution(\.\w+)?)?|market_warning",
    "ticker_all": r"(?!market$).*",
    "ticker": r"(?!market$).*",
    "orderbook": r"timestamp|total_\w+|level|orderbook_units(\.\d+\.\w+)?",
    "trades_ticks": r".*",
    "candles_minutes": r".*",
    "wallet_status": r"(?!currency$).*",
    "orders_chance": r"\w+_fee|market\.(id|name|max_total|state|(bid|ask)(\.\w+)?)",
}
"""By endpoint: the fields of a row, as dotted paths, any one of which may be null or missing."""


def asked(name: str) -> list[tuple[str, Endpoint[Any]]]:
    """Give a poll with each endpoint that it may ask; of candles, with one unit."""
    unit = re.compile(r"(?!/v1/candles/)|.*/minutes/1$")
    return [(name, one) for one in POLLS[name].endpoints if unit.match(one.path)]


ASKED = [pair for name in POLLS for pair in asked(name)]


def nullable(endpoint: Endpoint[Any]) -> list[tuple[Any, ...]]:
    """Give the way to each field of a sample that may be null or missing."""
    document = json.loads(endpoint.sample)
    pattern = NULLABLE.get(endpoint.name, "")
    found = []
    for way in places(document):
        inside = way if isinstance(document, dict) else way[1:]
        if inside and re.fullmatch(pattern, ".".join(map(str, inside))):
            found.append(way)
    return found


@pytest.mark.parametrize("region", ["kr", "sg"])
@pytest.mark.parametrize(("name", "endpoint"), ASKED)
@given(data=st.data())
def test_any_variant_of_an_answer_is_shown_or_unreadable(
    name: str, endpoint: Endpoint[Any], region: str, data: st.DataObject
) -> None:
    answers = data.draw(st.lists(variants(endpoint.sample), min_size=1, max_size=3))
    note(repr(answers))
    _show(name, region, endpoint, answers)


@pytest.mark.parametrize(("name", "endpoint"), ASKED)
@given(answers=st.lists(st.binary(max_size=30) | values.map(json.dumps).map(str.encode)))
def test_any_bytes_are_shown_or_unreadable(
    name: str, endpoint: Endpoint[Any], answers: list[bytes]
) -> None:
    note(repr(answers))
    _show(name, "kr", endpoint, answers)


@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
@pytest.mark.parametrize(("name", "endpoint"), [pair for pair in ASKED if nullable(pair[1])])
def test_no_field_that_may_be_null_or_missing_makes_an_answer_unreadable(
    name: str,
    endpoint: Endpoint[Any],
    null: bool,  # noqa: FBT001 -- parametrized
) -> None:
    for *way, last in nullable(endpoint):
        document = json.loads(endpoint.sample)
        holder: Any = document
        for key in way:
            holder = holder[key]
        if null:
            holder[last] = None
        else:
            del holder[last]
        answer = json.dumps(document).encode()
        assert _show(name, "kr", endpoint, [endpoint.sample, answer]) == 0, (way, last)


@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
@pytest.mark.parametrize("name", ["markets", "tickers", "orderbook"])
def test_a_row_that_does_not_name_its_market_is_unreadable(name: str, null: bool) -> None:  # noqa: FBT001 -- parametrized
    for _, endpoint in asked(name):
        rows = json.loads(endpoint.sample)
        del rows[0]["market"]
        rows[0] |= {"market": None} if null else {}
        assert _show(name, "kr", endpoint, [json.dumps(rows).encode()]) == 1


def test_what_may_be_null_is_of_endpoints_that_are_asked() -> None:
    assert {one.name for _, one in ASKED if nullable(one)} == NULLABLE.keys()


def _answer(given: Mapping[str, bytes], path: str, _: object) -> bytes:
    return given[path]


def _show(name: str, region: str, endpoint: Endpoint[Any], answers: list[bytes]) -> int:
    """Show answers of an endpoint one after the other; gives how many were unreadable."""
    poll, place = POLLS[name], Place(region)
    # What else it asks is answered well, or most runs would end there.
    well = {one.path: one.sample for one in poll.endpoints}
    options: Any = poll.options
    chosen = dict(CHOSEN.get(name, {}))
    if not chosen and "watch" in options.__dataclass_fields__:
        chosen["watch"] = WATCH
    if endpoint.name == "ticker_all":
        chosen["quotes"] = ("KRW",)
    one = poll(place.context, options(**chosen))
    unreadable = 0
    for answer in answers:
        exchange = FakeExchange(partial(_answer, well | {endpoint.path: answer}))
        try:
            run(one.run(exchange))
        except Unreadable:
            unreadable += 1
            continue
        place.now += 5000
    for family in poll.families:
        for labels, value in place.board.series(family.name, *family.labels).items():
            assert math.isfinite(value)
            for label, text in zip(family.labels, labels, strict=True):
                assert text in CLOSED[label], family.name
    return unreadable
