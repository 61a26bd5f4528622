"""The proof of who asks: a JSON Web Token for each attempt, good for one query and one use.

Source: the exchange's document "Authentication" (Korea, 2026-08). The token carries no time,
so a wrong clock cannot break it. It carries a nonce that may never be used again, so a token
is made for an attempt, after the limiter's wait, and is never kept.
"""

from __future__ import annotations

import json
from hashlib import sha512
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import uuid4

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.exchange.wire import Query

Algorithm = Literal["HS512", "HS256"]


class Signer(Protocol):
    """Gives the value of the ``Authorization`` header."""

    def authorization(self, query: Query) -> str:
        """Sign one attempt; a second call gives a new nonce."""
        ...  # pragma: no cover


class _Hmac(HMACAlgorithm):
    """HMAC without PyJWT's advice on key length: the exchange hands out 40 bytes, not we."""

    def check_key_length(self, key: bytes) -> str | None:  # noqa: ARG002 -- the name is PyJWT's
        return None


class TokenSigner:
    """Signs for one key. Its state is the key; nothing of it shows in ``repr``."""

    def __init__(
        self,
        access_key: str,
        secret_key: str,
        *,
        algorithm: Algorithm = "HS512",
        nonce: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key.encode()
        self._algorithm = algorithm
        self._nonce = nonce
        self._jws = PyJWS(algorithms=[])
        strength = {"HS256": HMACAlgorithm.SHA256, "HS512": HMACAlgorithm.SHA512}[algorithm]
        self._jws.register_algorithm(algorithm, _Hmac(strength))

    def authorization(self, query: Query) -> str:
        """Give ``Bearer <token>`` for one attempt at ``query``."""
        claims = {"access_key": self._access_key, "nonce": self._nonce()}
        if query.params:
            claims["query_hash"] = sha512(query.signed.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return f"Bearer {self._jws.encode(payload, self._secret_key, algorithm=self._algorithm)}"
