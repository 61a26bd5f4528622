"""The exchange's check of tokens: what it lets in, and what it calls everything else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.asking import (
    KEY,
    NOW,
    QUIET,
    ask,
    error_name,
    private,
    query_hash,
    recorded,
    token,
)
from upbit_monitor.simulator import Arrival, Headers, Key, SimulatedExchange

VECTORS = recorded("signing_vectors.json")
VECTOR_KEY = Key(access=VECTORS["access_key"], secret=VECTORS["secret_key"])


def exchange(*keys: Key) -> SimulatedExchange:
    return SimulatedExchange("kr", keys=keys or (KEY,), knobs=QUIET)


def signed(target: str, headers: dict[str, str]) -> Arrival:
    return Arrival("GET", target, Headers(headers))


@pytest.mark.parametrize("algorithm", ["hs256", "hs512"])
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_every_signing_vector_is_let_in(case: dict[str, Any], algorithm: str) -> None:
    headers = {"Authorization": f"Bearer {case[f'jwt_{algorithm}']}"}
    arrival = Arrival(
        case["method"],
        case["request_target"],
        Headers(headers),
        (case["json_body"] or "").encode(),
    )
    reply = exchange(VECTOR_KEY).answer(arrival, NOW)
    assert reply.status in {200, 201}, reply.body.decode()


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_all_three_digests_are_let_in(algorithm: str) -> None:
    ask(exchange(), signed("/v1/accounts", token(algorithm=algorithm)))


@pytest.mark.parametrize("states", ["states[]=wait&states[]=watch", "states%5B%5D=wait"])
def test_arrays_may_come_with_raw_or_encoded_brackets(states: str) -> None:
    plain = states.replace("%5B%5D", "[]")
    headers = token({"query_hash": query_hash(plain), "query_hash_alg": "SHA512"})
    ask(exchange(), signed(f"/v1/orders/open?{states}", headers))


def test_the_hash_is_over_the_order_that_arrived() -> None:
    headers = token({"query_hash": query_hash("page=1&limit=5")})
    reply = exchange().answer(signed("/v1/orders/open?limit=5&page=1", headers), NOW)
    assert error_name(reply) == "invalid_query_payload"


def test_an_empty_hash_is_let_pass_where_nothing_is_asked() -> None:
    ask(exchange(), signed("/v1/accounts", token({"query_hash": "", "query_hash_alg": "SHA512"})))


def tampered(headers: dict[str, str], **claims: str) -> dict[str, str]:
    """The same signature under other claims."""
    head, payload, signature = headers["Authorization"].split(".")
    padded = payload + "=" * (-len(payload) % 4)
    changed = json.loads(base64.urlsafe_b64decode(padded)) | claims
    payload = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
    return {"Authorization": f"{head}.{payload}.{signature}"}


def unsigned() -> dict[str, str]:
    _, payload, _ = token()["Authorization"].split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return {"Authorization": f"Bearer {head}.{payload}."}


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "no_authorization_token"),
        ({"Authorization": "Basic abc"}, "no_authorization_token"),
        ({"Authorization": "Bearer abc"}, "jwt_verification"),
        ({"Authorization": "Bearer a.b.c"}, "jwt_verification"),
        ({"Authorization": "Bearer MQ.MQ.MQ"}, "jwt_verification"),  # well-formed, no objects
        ({"Authorization": "Bearer e30=.e30=.MQ"}, "jwt_verification"),  # padded
        (unsigned(), "jwt_verification"),
        (tampered(token(), nonce="another"), "jwt_verification"),
        (token(key=replace(KEY, secret="wrong" * 20)), "jwt_verification"),
        (token(key=replace(KEY, access="unheard-of")), "invalid_access_key"),
        (token({"nonce": ""}), "jwt_verification"),
        (token({"query_hash": query_hash("a=1")}), "invalid_query_payload"),
    ],
)
def test_each_bad_token_has_its_name(headers: dict[str, str], name: str) -> None:
    reply = exchange().answer(signed("/v1/accounts", headers), NOW)
    assert (reply.status, error_name(reply)) == (401, name)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (replace(KEY, expires_at=NOW), "expired_access_key"),
        (replace(KEY, ips=frozenset({"10.0.0.1"})), "no_authorization_ip"),
        (replace(KEY, permissions=frozenset({"view_orders"})), "out_of_scope"),
    ],
)
def test_each_bound_of_a_key_has_its_name(key: Key, name: str) -> None:
    reply = exchange(key).answer(private("GET", "/v1/accounts"), NOW)
    assert (reply.status, error_name(reply)) == (401, name)


def test_a_key_is_good_until_it_expires_and_from_its_own_address() -> None:
    key = replace(KEY, expires_at=NOW + 1, ips=frozenset({"127.0.0.1"}))
    ask(exchange(key), private("GET", "/v1/accounts"))


def test_a_nonce_is_good_once() -> None:
    server, request = exchange(), private("GET", "/v1/accounts")
    assert server.answer(request, NOW).status == 200
    assert error_name(server.answer(request, NOW + 1)) == "nonce_used"


def test_a_forged_token_does_not_use_up_a_nonce() -> None:
    server = exchange()
    forged = token({"nonce": "shared"}, key=replace(KEY, secret="wrong" * 20))
    server.answer(signed("/v1/accounts", forged), NOW)
    ask(server, signed("/v1/accounts", token({"nonce": "shared"})))


def test_a_key_has_only_permissions_that_exist() -> None:
    with pytest.raises(ValueError, match="no permission see_everything"):
        replace(KEY, permissions=frozenset({"see_everything", "view_assets"}))


def test_a_key_does_not_show_its_secret() -> None:
    assert KEY.secret not in repr(KEY)
