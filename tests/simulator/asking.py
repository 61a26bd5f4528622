"""How these tests ask: fixtures read from files, a key, and requests signed by PyJWT."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import jwt

from upbit_monitor.simulator import Arrival, Headers, Key, Knobs, Reply, SimulatedExchange

FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
NOW = 1_785_397_260.6  # 2026-07-30 07:41:00 UTC, a Thursday
KEY = Key(access="access-key-of-the-tests", secret="secret-of-the-tests-" * 4)
QUIET = Knobs(orders_per_minute=0)
PATIENT = replace(QUIET, block_after_refusals=0)

_nonces = count(1)


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """A file of recorded or documented answers."""
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def token(
    claims: dict[str, str] | None = None, *, key: Key = KEY, algorithm: str = "HS512"
) -> dict[str, str]:
    """An Authorization header whose claims can be overruled."""
    payload = {"access_key": key.access, "nonce": f"nonce-{next(_nonces)}"} | (claims or {})
    signed = jwt.encode(payload, key.secret, algorithm)
    return {"Authorization": f"Bearer {signed}"}


def query_hash(text: str) -> str:
    """The claim that stands for what is asked."""
    return hashlib.sha512(text.encode()).hexdigest()


def get(target: str, headers: dict[str, str] | None = None, ip: str = "127.0.0.1") -> Arrival:
    """A request to a Quotation endpoint."""
    return Arrival("GET", target, Headers(headers), ip=ip)


TICKER = get("/v1/ticker?markets=KRW-BTC")


def private(method: str, path: str, query: str = "", key: Key = KEY) -> Arrival:
    """A signed request; for a POST the query travels as JSON. The query needs no escaping."""
    claims = {"query_hash": query_hash(query)} if query else {}
    headers = Headers(token(claims, key=key))
    if method == "POST":
        members = dict(pair.split("=") for pair in query.split("&") if pair)
        return Arrival(method, path, headers, json.dumps(members).encode())
    return Arrival(method, f"{path}?{query}" if query else path, headers)


def body(reply: Reply) -> Any:  # noqa: ANN401 - JSON of any shape
    """What an answer says."""
    return json.loads(reply.body)


def ask(exchange: SimulatedExchange, arrival: Arrival, now: float = NOW) -> Any:  # noqa: ANN401
    """What a good answer says."""
    reply = exchange.answer(arrival, now)
    assert reply.status in {200, 201}, reply
    return body(reply)


def error_name(reply: Reply) -> int | str:
    """What an error is called."""
    name: int | str = body(reply)["error"]["name"]
    return name


def header(reply: Reply) -> str | None:
    """What an answer tells of the quota."""
    return reply.headers.get("remaining-req")


def shape(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Names in their order and kinds of values; of a list the first element."""
    if isinstance(value, dict):
        return [(name, shape(member)) for name, member in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else (type(value).__name__)
    )


def simulated(knobs: Knobs = PATIENT, region: str = "kr", *keys: Key) -> SimulatedExchange:
    """An exchange that knows some keys; without any, the key of these tests."""
    return SimulatedExchange(region, keys=keys or (KEY,), knobs=knobs)
