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
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.markets import CAUTIONS
from upbit_monitor.polls.open_orders import SIDES, STATES

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

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
    "band": {"0.1%", "0.5%", "1%"},
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


@pytest.mark.parametrize("region", ["kr", "sg"])
@pytest.mark.parametrize("name", POLLS)
@given(data=st.data())
def test_any_variant_of_an_answer_is_shown_or_unreadable(
    name: str, region: str, data: st.DataObject
) -> None:
    poll = POLLS[name]
    answers = data.draw(st.lists(variants(poll.endpoints[0].sample), min_size=1, max_size=3))
    _show(name, region, answers)


@pytest.mark.parametrize("name", POLLS)
@given(answers=st.lists(st.binary(max_size=30) | values.map(json.dumps).map(str.encode)))
def test_any_bytes_are_shown_or_unreadable(name: str, answers: list[bytes]) -> None:
    _show(name, "kr", answers)


def _answer(aside: Mapping[str, bytes], answer: bytes, path: str, _: object) -> bytes:
    return aside.get(path, answer)


def _show(name: str, region: str, answers: list[bytes]) -> None:
    poll, place = POLLS[name], Place(region)
    # What a poll needs before it can ask is answered well, or most runs would end there.
    aside = {} if poll.endpoints[0] is MARKET_ALL else {MARKET_ALL.path: MARKET_ALL.sample}
    options: Any = poll.options
    watching = "watch" in options.__dataclass_fields__
    given = CHOSEN.get(name, {"watch": WATCH} if watching else {})
    one = poll(place.context, options(**given))
    for answer in answers:
        note(repr(answer))
        try:
            run(one.run(FakeExchange(partial(_answer, aside, answer))))
        except Unreadable:
            continue
        place.now += 5000
    for family in poll.families:
        for labels, value in place.board.series(family.name, *family.labels).items():
            assert math.isfinite(value)
            for label, text in zip(family.labels, labels, strict=True):
                assert text in CLOSED[label], family.name
