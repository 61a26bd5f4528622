"""The exchange's check of a request's token, from the bytes as they arrived.

Nothing here knows how a client signs: the JWT is taken apart and recomputed with hmac alone, so
that a fault of the signer cannot hide behind the same fault here.

The order of the checks is assumed; the documents only list their names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .refusals import exchange_refusal

if TYPE_CHECKING:
    from .messages import Arrival

_DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_NONCES_REMEMBERED = 100_000

PERMISSIONS = frozenset(
    {
        "view_assets",
        "view_orders",
        "make_orders",
        "view_withdraw",
        "make_withdraw",
        "view_deposit",
        "make_deposit",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key. `ips` None allows every address; `expires_at` is in epoch seconds.

    Raises ValueError for a permission that does not exist.
    """

    access: str
    secret: str
    expires_at: float | None = None
    ips: frozenset[str] | None = None
    permissions: frozenset[str] = PERMISSIONS
    account: str = "main"
    pocket: str = "main"

    def __post_init__(self) -> None:
        if unknown := self.permissions - PERMISSIONS:
            raise ValueError(f"no permission {', '.join(sorted(unknown))}")

    def __repr__(self) -> str:
        return f"Key(access={self.access!r})"


@dataclass(frozen=True, slots=True)
class _Token:
    algorithm: str
    claims: dict[str, object]
    signed: bytes
    signature: bytes


def claimed_access_key(arrival: Arrival) -> str | None:
    """Whose token a request says it carries, not verified; None if it says nothing readable."""
    token = _taken_apart(arrival)
    claimed = token.claims.get("access_key") if token else None
    return claimed if isinstance(claimed, str) else None


class Doorkeeper:
    """Lets requests with a good token in. Its state is the keys and the nonces seen of each."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._nonces: dict[str, OrderedDict[str, None]] = {}

    def key(self, access: str | None) -> Key | None:
        """The key of that name."""
        return self._keys.get(access) if access else None

    def siblings(self, key: Key) -> list[Key]:
        """All keys of the same account."""
        return [other for other in self._keys.values() if other.account == key.account]

    def issue(self, key: Key) -> None:
        """Make a key known, in place of one of the same name."""
        self._keys[key.access] = key

    def revoke(self, key: Key) -> None:
        """Know a key no more. Raises KeyError."""
        del self._keys[key.access]

    def admit(self, arrival: Arrival, query: str, now: float) -> Key:
        """The key of a good token, whose nonce is then used up.

        `query` is what its query_hash must be made from. Refuses, with a name of its own for
        each, everything else but a missing permission.
        """
        token = _taken_apart(arrival)
        if not _bearer(arrival):
            raise exchange_refusal("no_authorization_token")
        if token is None:
            raise exchange_refusal("jwt_verification")
        key = self.key(claimed_access_key(arrival))
        if key is None:
            raise exchange_refusal("invalid_access_key")
        _check_signature(token, key)
        if key.expires_at is not None and now >= key.expires_at:
            raise exchange_refusal("expired_access_key")
        if key.ips is not None and arrival.ip not in key.ips:
            raise exchange_refusal("no_authorization_ip")
        self._use_nonce(token, key)
        _check_query(token, query)
        return key

    def _use_nonce(self, token: _Token, key: Key) -> None:
        nonce = token.claims.get("nonce")
        if not isinstance(nonce, str) or not nonce:
            raise exchange_refusal("jwt_verification")
        seen = self._nonces.setdefault(key.access, OrderedDict())
        if nonce in seen:
            raise exchange_refusal("nonce_used")
        seen[nonce] = None
        if len(seen) > _NONCES_REMEMBERED:
            seen.popitem(last=False)


def _bearer(arrival: Arrival) -> str:
    scheme, _, token = arrival.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _taken_apart(arrival: Arrival) -> _Token | None:
    signed, _, signature = _bearer(arrival).rpartition(".")
    head, _, claims = signed.partition(".")
    try:
        header, payload = json.loads(_unpadded(head)), json.loads(_unpadded(claims))
        raw = _unpadded(signature)
    except (ValueError, binascii.Error):
        return None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    return _Token(str(header.get("alg")), payload, signed.encode(), raw)


def _unpadded(text: str) -> bytes:
    """Base64url without padding, strictly: nothing outside the alphabet is skipped."""
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    standard = text.replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(text) % 4), validate=True)


def _check_signature(token: _Token, key: Key) -> None:
    digest = _DIGESTS.get(token.algorithm)
    if digest is None:  # `none` among them
        raise exchange_refusal("jwt_verification")
    expected = hmac.digest(key.secret.encode(), token.signed, digest)
    if not hmac.compare_digest(expected, token.signature):
        raise exchange_refusal("jwt_verification")


def _check_query(token: _Token, query: str) -> None:
    """The hash of what was asked; an empty one is let pass where nothing was asked."""
    claimed = token.claims.get("query_hash", "")
    expected = hashlib.sha512(query.encode()).hexdigest()
    algorithm = token.claims.get("query_hash_alg", "SHA512")
    idle = not query and claimed == ""
    if not idle and (claimed != expected or algorithm != "SHA512"):
        raise exchange_refusal("invalid_query_payload")
