"""Every spelling of the configured secrets that a text can hold, found and masked.

Theory. A secret seldom leaks as it stands in its file: it is quoted by ``repr`` or JSON,
percent-encoded in a URL, in hexadecimal, or in base64. Base64 writes three bytes as four
characters, so that a secret inside a longer encoded text (``user:secret``, the payload of a
token) shows as one of three strings, by its offset modulo three; the characters at both ends
mix its bits with its neighbours'. What lies between them, the core, is fixed, and is looked for.

The common spellings are looked for as they are (``in`` searches a text of 400 characters for
80 needles in microseconds; one regular expression of them all takes ten times as long). A text
that holds a secret only once its percent signs are decoded is masked as a whole: that is the
safe side, and rare enough.

Not covered: a secret that is split, compressed, reversed, or encoded twice in two ways.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST_SECRET: Final = 8
"""Shorter ones are not looked for: they would blot out ordinary words ("test", "admin", "1000")
all over the log, and a line full of masks both hides the facts and gives the secret away. Keys of
the exchange have 40 characters; names of fields still guard the short ones."""

# A percent sign may itself be encoded, by a proxy or a client that encodes twice.
_DECODINGS: Final = 3
_URL_SAFE: Final = str.maketrans("+/", "-_")


class Spellings:
    """Masks a set of secrets in texts. Immutable."""

    __slots__ = ("_mask", "_needles", "_shortest")

    def __init__(self, secrets: Iterable[str], mask: str) -> None:
        long_enough = (bare for bare in map(str.strip, secrets) if len(bare) >= SHORTEST_SECRET)
        needles = {needle for secret in long_enough for needle in _spellings(secret)}
        self._mask = mask
        # Longest first: of two secrets, one may be the beginning of the other.
        self._needles = sorted(needles, key=lambda needle: (-len(needle), needle))
        self._shortest = min(map(len, needles), default=0)

    def masked(self, text: str) -> tuple[str, int]:
        """Give the text without any secret, and how many places were masked."""
        if not self._needles or len(text) < self._shortest:
            return text, 0
        places = 0
        for needle in self._needles:
            if needle in text:
                places += text.count(needle)
                text = text.replace(needle, self._mask)
        if any(needle in reading for reading in _decoded(text) for needle in self._needles):
            return self._mask, places + 1
        return text, places


def _decoded(text: str) -> Iterator[str]:
    """Give what a reader gets by decoding the percent signs once, twice, and so on.

    Each stage counts: ``%%30`` is ``%0`` once decoded, and that may be the end of it.
    """
    for _ in range(_DECODINGS):
        if "%" not in text:
            return
        text = unquote(text)
        yield text


def _spellings(secret: str) -> Iterator[str]:
    # A secret from the environment may hold bytes that are no UTF-8, as lone surrogates.
    raw = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield repr(secret)[1:-1]
    yield repr(raw)[2:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote_plus(raw)
    yield raw.hex()
    yield raw.hex().upper()
    for offset in range(3):
        core = _core(raw, offset)
        yield core
        yield core.translate(_URL_SAFE)


def _core(raw: bytes, offset: int) -> str:
    """Give the base64 characters that depend on ``raw`` alone, ``offset`` bytes into a triple."""
    encoded = b64encode(bytes(offset) + raw).decode()
    first = -(-8 * offset // 6)
    end = 8 * (offset + len(raw)) // 6
    return encoded[first:end]
