from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.recorder import ACCESS_KEY, SECRET_KEY, SECRETS, given_away
from upbit_monitor.logs.redaction import DEEPEST, LONGEST_TEXT, MOST_VALUES, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

REDACTOR = Redactor(SECRETS)
NAMED = "[redacted:key_name]"
KEY = "[redacted:configured_key]"


@dataclass
class Account:
    target: str
    secret_key: str
    hidden: str = field(default="not for printing", repr=False)


class Pair(NamedTuple):
    nonce: str
    page: int


class Struct(msgspec.Struct):
    token: str
    page: int


class Side(Enum):
    BID = "bid"


class Broken:
    def __repr__(self) -> NoReturn:
        raise RuntimeError(SECRET_KEY)


class BrokenMapping(dict[str, str]):
    def items(self) -> NoReturn:
        raise RuntimeError(SECRET_KEY)


def plain(value: object) -> Any:  # noqa: ANN401 -- JSON data of any kind
    return REDACTOR.redact({"value": value}).fields["value"]


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -1, 2**63, 1.5, 5.485e-05, "", "KRW-BTC", "비트코인", [], [1, "a"], {},
     {"a": {"b": [None]}}],
)  # fmt: skip
def test_plain_data_is_left_as_it_is(value: object) -> None:
    assert plain(value) == value
    assert type(plain(value)) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (Decimal("137728155832.9616000000000000"), "137728155832.9616000000000000"),
        (2**64, "18446744073709551616"),
        (10**5000, "<unprintable int: ValueError>"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (PurePosixPath("/etc/x"), "/etc/x"),
        (Side.BID, "bid"),
        (b"\xed\x95\x9c \xff", "한 \\xff"),
        ((1, 2), [1, 2]),
        ({3}, [3]),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
        (ValueError("bad"), "ValueError('bad')"),
        (Broken(), "<unprintable Broken: RuntimeError>"),
        (BrokenMapping(a="b"), "<unprintable BrokenMapping: RuntimeError>"),
        ([1, Broken()], [1, "<unprintable Broken: RuntimeError>"]),
        ({Broken(): 1}, {"<unprintable Broken: RuntimeError>": 1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_becomes_plain_data(value: object, expected: object) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Authorization": "abc"}, {"Authorization": NAMED}),
        ({"a": [{"secretKey": "abc", "b": 1}]}, {"a": [{"secretKey": NAMED, "b": 1}]}),
        ({"token": {"deep": "abc"}}, {"token": NAMED}),
        ({"password": 12345678}, {"password": NAMED}),
        ({b"Cookie": b"abc"}, {"b'Cookie'": NAMED}),
        ([("X-Api-Key", "abc"), ("Host", "h")], [{"X-Api-Key": NAMED}, ["Host", "h"]]),
        (((b"authorization", b"abc"),), [{"b'authorization'": NAMED}]),
        (Account("korea", "abc"), {"target": "korea", "secret_key": NAMED}),
        (Pair("abc", 1), {"nonce": NAMED, "page": 1}),
        (Struct("abc", 1), f"Struct(token={NAMED}, page=1)"),
        ({"access_key": None, "has_token": True}, {"access_key": None, "has_token": True}),
        (("access_key", "secret_key"), ["access_key", "secret_key"]),
    ],
    ids=str,
)
def test_what_stands_under_a_telling_name_is_masked_at_any_depth(
    value: object, expected: object
) -> None:
    assert plain(value) == expected


def test_secrets_are_masked_in_names_too() -> None:
    redacted = REDACTOR.redact({f"key {ACCESS_KEY}": 1, "inner": {SECRET_KEY: 2}})
    assert redacted.fields == {f"key {KEY}": 1, "inner": {KEY: 2}}
    assert redacted.masks == ("configured_key", "configured_key")


def test_each_mask_is_counted_by_its_kind() -> None:
    fields = {
        "token": "x",
        "a": f"Bearer {'z' * 20} http://u:p@h {SECRET_KEY} {SECRET_KEY}",
        "b": ["Basic dXNlcjpwYXNz", "eyJhbGciOiJub25lIn0.eyJhIjoxfQ."],
    }
    assert sorted(REDACTOR.redact(fields).masks) == [
        "basic", "bearer", "configured_key", "configured_key", "jwt", "key_name", "userinfo",
    ]  # fmt: skip


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    assert plain("a" * LONGEST_TEXT) == "a" * LONGEST_TEXT
    assert plain("a" * (LONGEST_TEXT + 7)) == "a" * LONGEST_TEXT + "…[cut:7]"


@given(st.integers(-50, 5))
def test_a_cut_never_leaves_a_part_of_a_secret(offset: int) -> None:
    text = plain("a" * (LONGEST_TEXT + offset) + " " + SECRET_KEY)
    assert SECRET_KEY[:8] not in text


def test_what_holds_itself_ends() -> None:
    ring: dict[str, Any] = {"secret": "abc"}
    ring["self"] = ring
    crowd: list[Any] = []
    crowd.extend([crowd] * 10)
    assert json.dumps(plain(ring)).count("secret") == DEEPEST
    assert "abc" not in json.dumps(plain(ring))
    assert json.dumps(plain(crowd)).count("[cut]") <= MOST_VALUES


def test_depth_and_width_are_bounded_and_the_bound_is_visible() -> None:
    deep: Any = "bottom"
    for _ in range(DEEPEST + 5):
        deep = [deep]
    assert "bottom" not in json.dumps(plain(deep))
    assert "[cut]" in json.dumps(plain(deep))
    wide = plain(list(range(10 * MOST_VALUES)))
    assert len(wide) <= MOST_VALUES + 1
    assert wide[-1] == "[cut]"
    assert "[cut]" in plain({str(number): number for number in range(10 * MOST_VALUES)})


def canaries() -> st.SearchStrategy[object]:
    carriers = st.sampled_from(SECRETS).flatmap(
        lambda key: st.sampled_from(
            [key, f"x{key}y", key.encode(), key.encode().hex(), ValueError(key), {key}, {key: key}]
        )
    )
    leaves = carriers | st.none() | st.integers() | st.floats() | st.text(max_size=9)
    names = st.text(max_size=9) | st.sampled_from([*SECRETS, "token", "a"])
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


@given(st.dictionaries(st.text(max_size=9), canaries(), max_size=4))
def test_no_structure_carries_a_secret_through(fields: dict[str, object]) -> None:
    text = json.dumps(REDACTOR.redact(fields).fields, allow_nan=False)
    assert given_away(text) == []


def test_fields_themselves_are_not_touched() -> None:
    fields = {"a": [SECRET_KEY], "token": "x"}
    REDACTOR.redact(fields)
    assert fields == {"a": [SECRET_KEY], "token": "x"}


def _names() -> Iterator[str]:
    yield from ("a", "b")


def test_an_iterator_is_named_and_not_used_up() -> None:
    names = _names()
    assert "generator" in plain(names)
    assert list(names) == ["a", "b"]
