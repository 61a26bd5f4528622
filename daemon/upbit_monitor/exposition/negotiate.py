"""Which format and encoding an answer takes, by the Accept headers (RFC 9110, section 12).

Two formats are on offer. The text format 1.0.0 and the escaping schemes differ from 0.0.4 only in
how they spell names outside ``[a-zA-Z0-9_:]``, and there are none here: to serve them would be the
same bytes under more labels. A version we do not speak is not matched, never echoed.

prometheus_client's own ``choose_encoder`` was not taken: it does not read q-values, so that
``application/openmetrics-text;q=0`` gets OpenMetrics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUALITY: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_CHARSET: Final = "utf-8"


class Format(Enum):
    """A format of the metrics page. The first is the one for clients that do not care."""

    TEXT = ("text/plain", "0.0.4")
    OPENMETRICS = ("application/openmetrics-text", "1.0.0")

    def __init__(self, media_type: str, version: str) -> None:
        self.media_type = media_type
        self.version = version

    @property
    def content_type(self) -> str:
        """The value of Content-Type."""
        return f"{self.media_type}; version={self.version}; charset={_CHARSET}"


@dataclass(frozen=True, slots=True)
class _Wish:
    """One element of an Accept header; ``rank`` is 0 for the first and falls."""

    name: str
    quality: float
    rank: int
    parameters: dict[str, str]

    def fit(self, form: Format) -> int | None:
        """How closely this names the format: larger is closer, None is not at all."""
        kind = form.media_type.partition("/")[0]
        names = ("*/*", f"{kind}/*", form.media_type)
        if self.name not in names:
            return None
        if self.parameters.get("charset", _CHARSET).lower() != _CHARSET:
            return None
        if self.parameters.get("version", form.version) != form.version:
            return None
        return 2 * names.index(self.name) + ("version" in self.parameters)


def _wishes(header: str | None) -> Iterator[_Wish]:
    """Read the elements of a header; one with a malformed q is no wish at all."""
    for rank, element in enumerate((header or "").split(",")):
        name, *rest = (part.strip() for part in element.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip().lower(): value.strip(' "') for key, _, value in pairs}
        quality = parameters.pop("q", "1")
        if name and _QUALITY.fullmatch(quality):
            yield _Wish(name.lower(), float(quality), -rank, parameters)


def choose_format(accept: str | None) -> Format:
    """Choose by an Accept header: quality first, then closeness, then the client's order.

    Of the wishes that fit a format the closest decides its quality. A client that accepts none
    of ours gets the text all the same: a scraper is helped more by a page than by a 406.
    """
    wishes = tuple(_wishes(accept))

    def preference(form: Format) -> tuple[float, int, int]:
        fits = ((wish.fit(form), wish) for wish in wishes)
        ranked = ((fit, wish.quality, wish.rank) for fit, wish in fits if fit is not None)
        fit, quality, rank = max(ranked, default=(0, 0.0, 0))
        return (quality, fit, rank) if quality else (0.0, 0, 0)

    return max(Format, key=preference)


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether gzip is welcome, and not less so than the plain body."""
    quality: dict[str, float] = {}
    for wish in _wishes(accept_encoding):
        quality.setdefault(wish.name, wish.quality)
    rest = quality.get("*", 0.0)
    gzip = quality.get("gzip", quality.get("x-gzip", rest))
    return gzip > 0 and gzip >= quality.get("identity", 0.0)
