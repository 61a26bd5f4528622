"""Shapes that give a credential away whoever it belongs to: tokens, URLs, assignments.

Each shape has a cheap test in front, since nearly every text has none of them. No expression
backtracks over a run of characters twice, so that a hostile text costs linear time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from upbit_monitor.logs.vocabulary import Mask

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES: Final = frozenset(
    {
        "access_key",
        "access_keys",
        "accesskey",
        "api_key",
        "apikey",
        "authorization",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "jwt",
        "nonce",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "private_key",
        "query_hash",
        "secret",
        "secret_key",
        "secret_keys",
        "secretkey",
        "secrets",
        "signature",
        "token",
        "tokens",
    }
)
_ENDINGS: Final = tuple(f"_{name}" for name in _NAMES)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")

# RFC 7519: base64url parts joined by dots; the first is a JSON object, so it begins with `eyJ`.
# Two parts are enough: a token without its signature still shows its claims.
_JWT: Final = re.compile(r"(?<![\w-])(?>[\w-]*?eyJ)[\w-]{8,}+(?:\.[\w-]*+){1,4}", re.ASCII)
# RFC 6750 and 7617. Prose may follow the name ("Bearer token", "Basic Authentication"), so what
# follows must be long, or hold a digit, a sign, or a capital that is not its first letter.
_SCHEME: Final = re.compile(
    r"\b(bearer|basic)(\s++|%20)"
    r"(?:[\w.~+/=-]{16,}+|(?=.[\w.~+/=-]*?(?-i:[A-Z0-9_+/=]))[\w.~+/=-]{8,}+)",
    re.ASCII | re.IGNORECASE,
)
# RFC 3986: all between `//` and the last `@` of the authority.
_USERINFO: Final = re.compile(r"(?<=//)[^\s/?#\"'<>]+@")
# `name=value` anywhere, and `"name": "value"` of JSON and repr. Not `name: value`: prose says
# "secret_key: the file is empty", and the word after the colon is no secret.
_ASSIGNMENT: Final = re.compile(
    r"(?<![\w.-])([A-Za-z_][\w.-]*+)(\s*+=\s*+|\\?[\"']\s*+[:=]\s*+b?)"
    r"(\\?\"[^\"]*+\"?|\\?'[^']*+'?|[^\s&,;\"')\]}]++)",
    re.ASCII,
)


@lru_cache(maxsize=1024)  # names of fields are few, and asked about for every line
def is_sensitive(name: str) -> bool:
    """Whether a name says that its value is a secret, in any case and with any prefix.

    ``X-Api-Key``, ``secretKey`` and ``korea_access_key`` do; ``key_id``, ``query_hash_alg`` and
    ``secret_key_file`` do not.
    """
    snake = _SEPARATORS.sub("_", _HUMP.sub("_", name).lower()).strip("_")
    return snake in _NAMES or snake.endswith(_ENDINGS)


def masked(text: str, count: Callable[[Mask], None]) -> str:
    """Give the text without what has the shape of a credential; tell ``count`` of each."""

    def mask(kind: Mask) -> str:
        count(kind)
        return kind.text

    if "eyJ" in text:
        text = _JWT.sub(lambda _: mask(Mask.JWT), text)
    lower = text.lower()
    if "basic" in lower or "bearer" in lower:
        text = _SCHEME.sub(lambda m: m[1] + m[2] + mask(Mask(m[1].lower())), text)
    if "//" in text and "@" in text:
        text = _USERINFO.sub(lambda _: mask(Mask.USERINFO) + "@", text)
    if "=" in text or "'" in text or '"' in text:
        text = _ASSIGNMENT.sub(lambda m: _assignment(m, mask), text)
    return text


def _assignment(match: re.Match[str], mask: Callable[[Mask], str]) -> str:
    name, sign, value = match.groups()
    if not is_sensitive(name) or value.startswith("[redacted:"):
        return match[0]
    return f"{name}{sign}{mask(Mask.KEY_NAME)}"
