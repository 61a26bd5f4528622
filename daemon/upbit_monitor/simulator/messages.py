"""What reaches the exchange and what it sends back, without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote


class Headers(Mapping[str, str]):
    """HTTP headers: looked up in any case, listed as written. Never changes."""

    __slots__ = ("_entries",)

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._entries = {name.lower(): (name, text) for name, text in (headers or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._entries[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


@dataclass(frozen=True, slots=True)
class Query:
    """Parameters in the order in which they came, percent-decoded.

    `raw` is the text as it arrived; `pairs` is what it says. A plus sign is itself, not a space.
    """

    raw: str = ""
    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, raw: str) -> Query:
        """Read the part of a request target behind the question mark."""
        parts = (part.partition("=") for part in raw.split("&") if part)
        return cls(raw, tuple((unquote(name), unquote(text)) for name, _, text in parts))

    @property
    def decoded(self) -> str:
        """The whole text percent-decoded: what a token's query_hash is made from."""
        return unquote(self.raw)

    def get(self, name: str) -> str | None:
        """The first value of a parameter, if it was given and is not empty."""
        return next((text for key, text in self.pairs if key == name and text), None)

    def every(self, name: str) -> tuple[str, ...]:
        """All values of an array parameter `name[]`."""
        return tuple(text for key, text in self.pairs if key == f"{name}[]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it arrived. `target` is the raw request target, byte for byte."""

    method: str
    target: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> Query:
        """The query of the target."""
        return Query.parse(self.target.partition("?")[2])


Fault = Literal["none", "hang", "reset", "reset_mid_body", "drop_keepalive"]
"""What a server does to the connection:

- hang: never answers, and leaves the connection open
- reset: answers nothing and resets the connection
- reset_mid_body: sends the head and half of the body, then resets
- drop_keepalive: answers, and closes the connection under the next request that comes on it
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, and what the server must do to the connection that carries it.

    The body is as on the wire. Content-Length is left to the server.
    """

    status: int
    headers: Headers
    body: bytes
    delay_seconds: float = 0.0
    fault: Fault = "none"
