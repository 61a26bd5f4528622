"""Faults of keys: each kind of 401. They are mended as the runbook says: the key, and a reload."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from e2e.faults.means import nothing
from e2e.scenario import KEYS, PUBLIC, Scenario, alerts
from upbit_monitor.simulator import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from e2e.scenario import Fault, Stage
    from e2e.venue import Venue

_POLLS: Final = {"tickers": PUBLIC["tickers"], "open_orders": {"every": "1s"}}
_SHORT_URL: Final = 60
"""Bytes: enough for a question about tickers, and too little for one about orders."""

_MENDED_AFTER: Final = 24.0
"""Seconds. A parked poll looks again after a quarter of an hour, which is not hastened; what was
counted at its last look is remembered for twenty minutes, which are."""


def _spoilt(spoil: Callable[[Venue], object]) -> Fault:
    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        venue = stage.venue
        before = venue.exchange.knobs
        spoil(venue)
        try:
            yield
        finally:
            venue.exchange.turn(before)
            venue.exchange.issue(venue.key)
            await stage.daemon.reload()

    return fault


def _key(**changes: Any) -> Callable[[Venue], object]:  # noqa: ANN401 -- as the key's
    return lambda venue: venue.exchange.issue(replace(venue.key, **changes))


def _refusal(name: Any) -> Callable[[Venue], object]:  # noqa: ANN401 -- a position of the knob
    return lambda venue: venue.turn(key_refusal=name)


def _revoked(venue: Venue) -> None:
    venue.exchange.door.revoke(venue.key)


def _scenario(name: str, story: str, spoil: Callable[[Venue], object]) -> Scenario:
    return Scenario(
        name=name,
        story=f"401: {story}",
        fault=_spoilt(spoil),
        daemon=KEYS,
        polls=_POLLS,
        keyed=True,
        lasts=_MENDED_AFTER,
        told=alerts("AuthFailing"),
        muted=alerts("PollParked"),
    )


SCENARIOS: Final = (
    Scenario(
        name="good_key", story="a key that fits", fault=nothing, daemon=KEYS, polls=_POLLS,
        keyed=True,
    ),
    _scenario("invalid_access_key", "the key was deleted", _revoked),
    _scenario("jwt_verification", "another secret key", _key(secret="another secret" * 4)),
    _scenario("expired_access_key", "the key has ended", _key(expires_at=time.time() - 60)),
    _scenario("no_authorization_ip", "bound to another address", _key(ips=frozenset({"10.0.0.1"}))),
    _scenario(
        "out_of_scope",
        "the permission to view orders is missing",
        _key(permissions=PERMISSIONS - {"view_orders"}),
    ),
    _scenario("no_authorization_token", "a token is missing", _refusal("no_authorization_token")),
    _scenario("invalid_query_payload", "the hash is wrong", _refusal("invalid_query_payload")),
    _scenario(
        "thirdparty_agreement_required", "a consent is missing",
        _refusal("thirdparty_agreement_required"),
    ),
    replace(
        _scenario(
            "bad_parameter",
            "400, whenever orders are asked for",
            lambda venue: venue.turn(url_limit_bytes=_SHORT_URL, url_over="400"),
        ),
        story="400: the exchange does not understand what we ask of orders",
        told=alerts("PollParked"),
        muted=frozenset(),
    ),
    replace(
        _scenario("nonce_used", "a nonce was seen before", _refusal("nonce_used")),
        muted=alerts("EndpointDown", "DataStale"),
    ),
)  # fmt: skip
