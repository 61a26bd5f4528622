from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.logs.recorder import ACCESS_KEY, ENCODINGS, SECRET_KEY, given_away
from upbit_monitor.logs.spellings import SHORTEST_SECRET, Spellings

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "[masked]"
KEYS = st.text("ABCXYZabcxyz0123456789", min_size=SHORTEST_SECRET, max_size=64)
PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=8)
AROUND = st.text("klmnop:/.KLMNOP4567", max_size=24)


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@given(secret=KEYS | PASSWORDS, before=AROUND, after=AROUND)
@example(secret="0/1+2=3&4%5", before="", after="")
@example(secret="비밀번호는비밀입니다", before="key ", after=".")
@example(secret="비밀번호'\"\\비밀번호", before="", after="")
@example(secret="pass word with spaces", before="q=", after="&")
@example(secret="quote'and\"back\\slash", before="{", after="}")
def test_a_secret_is_masked_in_every_encoding_inside_any_text(
    encode: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    secret = secret.strip()
    text = before + encode(secret) + after
    masked, places = Spellings([secret], MASK).masked(text)
    assert MASK in masked
    assert places >= 1
    assert encode(secret) not in masked


@given(
    secret=KEYS,
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
    url_safe=st.booleans(),
)
def test_a_secret_inside_a_longer_base64_text_is_masked_at_every_offset(
    secret: str, before: bytes, after: bytes, *, url_safe: bool
) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    text = encode(before + secret.encode() + after).decode()
    masked, places = Spellings([secret], MASK).masked(text)
    assert places >= 1
    assert given_away(masked, [secret]) == []


@given(st.data(), KEYS)
def test_a_secret_is_masked_however_few_of_its_characters_are_percent_encoded(
    data: st.DataObject, secret: str
) -> None:
    encoded = data.draw(st.lists(st.booleans(), min_size=len(secret), max_size=len(secret)))
    text = "".join(
        f"%{ord(char):02x}" if flag else char for char, flag in zip(secret, encoded, strict=True)
    )
    masked, places = Spellings([secret], MASK).masked(f"https://host/?q={text}&p=1")
    assert places >= 1
    assert given_away(masked, [secret]) == []


def test_a_percent_sign_in_front_does_not_hide_a_percent_encoded_secret() -> None:
    encoded = "".join(f"%{byte:02x}" for byte in b"0" * 16)
    assert Spellings(["0" * 16], MASK).masked("%" + encoded) == (MASK, 1)


@given(st.lists(KEYS, min_size=2, max_size=5), AROUND)
def test_several_secrets_are_masked_together_even_if_one_begins_another(
    keys: list[str], around: str
) -> None:
    secrets = [*keys, keys[0] + keys[1]]
    masked, _ = Spellings(secrets, MASK).masked(around.join(secrets))
    assert given_away(masked, secrets) == []


@given(st.text(max_size=300))
def test_a_text_without_the_secrets_is_left_as_it_is(text: str) -> None:
    assert Spellings([ACCESS_KEY, SECRET_KEY], MASK).masked(text) == (text, 0)


def test_of_a_secret_that_begins_with_another_no_rest_is_left() -> None:
    secrets = [SECRET_KEY, f"{SECRET_KEY}rest"]
    assert Spellings(secrets, MASK).masked(f"{SECRET_KEY}rest") == (MASK, 1)


def test_every_place_is_counted() -> None:
    text = f"{ACCESS_KEY} and {SECRET_KEY} and {ACCESS_KEY.encode().hex()}"
    assert Spellings([ACCESS_KEY, SECRET_KEY], MASK).masked(text) == (
        f"{MASK} and {MASK} and {MASK}",
        3,
    )


def test_what_surrounds_a_secret_stays_legible() -> None:
    masked, _ = Spellings([SECRET_KEY], MASK).masked(f"키 {SECRET_KEY}가 잘못되었습니다")
    assert masked == f"키 {MASK}가 잘못되었습니다"


@pytest.mark.parametrize("short", ["", "a", "test", "1000000"])
def test_a_secret_too_short_to_tell_from_a_word_is_not_looked_for(short: str) -> None:
    text = f"the test ran 1000000 times{short}"
    assert Spellings([short], MASK).masked(text) == (text, 0)


def test_white_space_around_a_configured_secret_does_not_hide_it() -> None:
    assert Spellings([f"{SECRET_KEY}\n"], MASK).masked(SECRET_KEY) == (MASK, 1)


def test_a_secret_of_bytes_that_are_no_text_is_masked_too() -> None:
    secret = b"\xff\xfe-binary-secret".decode("utf-8", "surrogateescape")
    assert Spellings([secret], MASK).masked(f"a {secret} b") == (f"a {MASK} b", 1)
