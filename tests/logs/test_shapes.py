from __future__ import annotations

import base64
import re

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.logs import Mask
from upbit_monitor.logs.shapes import is_sensitive, masked

TOKEN = jwt.encode({"access_key": "k" * 40, "nonce": "n"}, "s" * 64, "HS512")
ORDINARY = [
    "KRW-BTC",
    "163248000.00000000",
    "5.485e-05",
    "cdd92199-2897-4e14-9448-f923320408ad",
    "0123456789abcdef",
    "group=default; min=1800; sec=29",
    "markets=KRW-BTC,KRW-ETH&states[]=wait&states[]=watch&page=1&limit=100",
    "start_time=2025-06-24T13:56:53+09:00",
    "https://api.upbit.com/v1/ticker?markets=KRW-BTC",
    "https://host/@name/a@b",
    "mail root@localhost or git@example.org",
    "잘못된 엑세스 키입니다.",
    "Jwt 토큰 검증에 실패했습니다.",
    "Failed to verify the query of Jwt.",
    "This is not a verified IP.",
    "no_authorization_token",
    "nonce_used",
    "Bearer token is missing",
    "a bearer of news",
    "Basic Authentication is required; basic auth",
    "heyJude.mp3",
    "config/upbit-monitor.yml:12: targets.korea.secret_key: missing; give secret_key_file",
    "secret_key_file=/run/credentials/korea",
    "unknown keys ['access_key', 'secret_key']",
    "key_id=3f2a91",
    "query_hash_alg=SHA512",
    '<html><body class="error">Too many API requests.</body></html>',
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    kinds: list[Mask] = []
    assert masked(text, kinds.append) == text
    assert kinds == []


@given(st.lists(st.sampled_from(ORDINARY), min_size=2, max_size=4), st.sampled_from(" ,;|\n"))
def test_ordinary_texts_joined_are_left_as_they_are(texts: list[str], joint: str) -> None:
    kinds: list[Mask] = []
    text = joint.join(texts)
    assert masked(text, kinds.append) == text


@pytest.mark.parametrize(
    ("text", "expected", "kind"),
    [
        (f"token {TOKEN}.", "token [redacted:jwt]", "jwt"),
        (f"<{TOKEN}>", "<[redacted:jwt]>", "jwt"),
        (f"token={TOKEN}", "token=[redacted:jwt]", "jwt"),
        (f"x{TOKEN}", "[redacted:jwt]", "jwt"),
        (TOKEN.rpartition(".")[0], "[redacted:jwt]", "jwt"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer [redacted:jwt]", "jwt"),
        ("Bearer a1b2c3d4e5", "Bearer [redacted:bearer]", "bearer"),
        ("BEARER abcdefghijklmnopqrst", "BEARER [redacted:bearer]", "bearer"),
        ("Bearer%20a1b2c3d4e5", "Bearer%20[redacted:bearer]", "bearer"),
        ("b'Basic dXNlcjpwYXNz'", "b'Basic [redacted:basic]'", "basic"),
        ("basic  dXNlcjpwYXNzd29yZA==,", "basic  [redacted:basic],", "basic"),
        ("http://user:pass@host/p", "http://[redacted:userinfo]@host/p", "userinfo"),
        ("redis://:p@ss@host", "redis://[redacted:userinfo]@host", "userinfo"),
        ("//token@host", "//[redacted:userinfo]@host", "userinfo"),
        ("GET /?access_key=abc&page=1", "GET /?access_key=[redacted:key_name]&page=1", "key_name"),
        ('{"nonce": "a b", "n": 1}', '{"nonce": [redacted:key_name], "n": 1}', "key_name"),
        ("{'X-Api-Key': 'abc'}", "{'X-Api-Key': [redacted:key_name]}", "key_name"),
        (r"{\"secret\":\"a\"}", r"{\"secret\":[redacted:key_name]}", "key_name"),
        ("Keys(secret_key='a', n=1)", "Keys(secret_key=[redacted:key_name], n=1)", "key_name"),
        ("password = hunter2", "password = [redacted:key_name]", "key_name"),
    ],
)
def test_the_shape_of_a_credential_is_masked_and_nothing_beside_it(
    text: str, expected: str, kind: str
) -> None:
    kinds: list[Mask] = []
    assert masked(text, kinds.append) == expected
    assert kinds == [kind]


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8)),
    st.sampled_from(["HS256", "HS512"]),
    st.text("abc /:=-{}'\"", max_size=6),
)
def test_no_part_of_a_token_is_left(claims: dict[str, str], algorithm: str, before: str) -> None:
    token = jwt.encode(claims, "s" * 64, algorithm)
    text = masked(f"{before}{token} after", lambda _: None)
    assert not any(part in text for part in token.split("."))


@given(st.binary(min_size=12), st.sampled_from(["Basic", "basic", "BASIC", "bAsIc"]))
def test_every_credential_after_basic_is_masked(raw: bytes, scheme: str) -> None:
    credential = base64.b64encode(raw).decode()
    kinds: list[Mask] = []
    assert masked(f"{scheme} {credential}", kinds.append) == f"{scheme} [redacted:basic]"


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Authorization", "Proxy-Authorization", "b'Authorization'", "access_key",
        "accessKey", "AccessKey", "ACCESS_KEY", "korea_access_key", "secret", "client.secret",
        "secretKey", "X-Api-Key", "apikey", "token", "refresh_token", "password", "DB_PASSWORD",
        "nonce", "query_hash", "Cookie", "Set-Cookie", "passphrase", "private_key", "tokens",
    ],
)  # fmt: skip
def test_a_name_tells_of_a_secret_in_any_spelling(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "target", "query", "key", "key_id", "api_keys", "secret_key_file", "query_hash_alg",
        "token_type", "nonce_used", "secretary", "market", "remaining", "access", "author",
    ],
)  # fmt: skip
def test_a_name_that_only_resembles_one_does_not(name: str) -> None:
    assert not is_sensitive(name)


@pytest.mark.parametrize(
    "hostile",
    [
        "eyJ",
        "eyJeyJeyJ.",
        "basic ",
        "bearer  ",
        "//",
        "//a",
        "a=",
        "token=",
        "'token':",
        "a'",
        "%",
        "a",
        "a.",
        "a ",
        " ",
    ],
)
@pytest.mark.timeout(60)
def test_a_hostile_megabyte_takes_linear_time(hostile: str) -> None:
    # Milliseconds if linear, hours if quadratic: the time limit is the assertion.
    gates = "basic eyJ // @ = ' . "  # without them a text is not looked at
    masked(gates + (hostile * 1_000_000)[:1_000_000], lambda _: None)


def test_the_masks_are_marked_as_such() -> None:
    assert all(re.fullmatch(r"\[redacted:[a-z_]+]", mask.text) for mask in Mask)
