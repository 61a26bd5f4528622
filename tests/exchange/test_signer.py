from __future__ import annotations

import re
import warnings
from typing import Any, Literal
from urllib.parse import unquote

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.captured import document
from upbit_monitor.exchange import Query, TokenSigner

Algorithm = Literal["HS256", "HS512"]
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "HS512")

VECTORS = document("signing_vectors.json")
GETS = [case for case in VECTORS["cases"] if case["method"] == "GET"]
ACCESS, SECRET = VECTORS["access_key"], VECTORS["secret_key"]


def query_of(target: str) -> Query:
    path, _, encoded = target.partition("?")
    pairs = [pair.partition("=") for pair in encoded.split("&")] if encoded else []
    return Query(path, tuple((unquote(key), unquote(value)) for key, _, value in pairs))


def claims_of(authorization: str, algorithm: Algorithm = "HS512") -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
        return jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=[algorithm])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("case", GETS, ids=lambda case: case["name"])
def test_a_token_is_that_of_the_published_vector(
    case: dict[str, Any], algorithm: Algorithm
) -> None:
    query = query_of(case["request_target"])
    signer = TokenSigner(ACCESS, SECRET, algorithm=algorithm, nonce=lambda: VECTORS["nonce"])
    assert query.signed == (case["hash_input"] or "")
    assert signer.authorization(query) == f"Bearer {case[f'jwt_{algorithm.lower()}']}"


def test_there_are_vectors_with_and_without_parameters() -> None:
    assert {bool(case["hash_input"]) for case in GETS} == {True, False}


def test_hs512_is_the_default() -> None:
    token = TokenSigner(ACCESS, SECRET).authorization(Query("/v1/x")).removeprefix("Bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "HS512", "typ": "JWT"}


def test_each_call_has_a_new_nonce() -> None:
    signer = TokenSigner(ACCESS, SECRET)
    nonces = [claims_of(signer.authorization(Query("/v1/x")))["nonce"] for _ in range(100)]
    assert len(set(nonces)) == 100
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert all(re.fullmatch(uuid, nonce) for nonce in nonces)


def test_without_parameters_there_is_no_query_hash() -> None:
    claims = claims_of(TokenSigner(ACCESS, SECRET).authorization(Query("/v1/accounts")))
    assert set(claims) == {"access_key", "nonce"}


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=4))
def test_any_query_can_be_signed(params: list[tuple[str, str]]) -> None:
    claims = claims_of(TokenSigner(ACCESS, SECRET).authorization(Query("/v1/x", tuple(params))))
    assert set(claims) == {"access_key", "nonce", "query_hash", "query_hash_alg"}
    assert re.fullmatch("[0-9a-f]{128}", claims["query_hash"])


def test_a_different_order_is_a_different_query() -> None:
    signer = TokenSigner(ACCESS, SECRET)
    pair = (("a", "1"), ("b", "2"))
    hashes = {
        claims_of(signer.authorization(Query("/v1/x", params)))["query_hash"]
        for params in (pair, pair[::-1])
    }
    assert len(hashes) == 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_length_of_the_exchanges_keys_raises_no_warning(algorithm: Algorithm) -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):  # what PyJWT says by itself
        jwt.encode({}, SECRET, algorithm="HS512")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TokenSigner(ACCESS, SECRET, algorithm=algorithm).authorization(Query("/v1/x"))


def test_nothing_of_the_key_shows() -> None:
    signer = TokenSigner(ACCESS, SECRET)
    for text in (repr(signer), str(signer), f"{signer}"):
        assert ACCESS not in text
        assert SECRET not in text
