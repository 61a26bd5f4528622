"""A typed question: where it is asked, who counts it, and what shape its answer has."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import msgspec

from upbit_monitor.errors import Unreadable

T = TypeVar("T")

_LONGEST_MESSAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """One GET endpoint of the exchange.

    ``name`` is the value of the label ``endpoint``. ``sample`` is an answer as documented or
    recorded: the conformance suite reads it, and so does whoever wants to know the shape.
    """

    name: str
    path: str
    group: str
    shape: type[T]
    sample: bytes = field(repr=False)
    private: bool = False
    _decoder: msgspec.json.Decoder[T] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decoder", msgspec.json.Decoder(self.shape))

    def read(self, body: bytes) -> T:
        """Decode the body of an answer 2xx, straight from bytes.

        Numbers keep every digit that their type can hold. Unknown fields are ignored. Raises
        ``Unreadable`` if the body is not the promised shape.
        """
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            reason = _cut(str(error)) or type(error).__name__
        # Outside the ``except``: a foreign error may hold the body, and keys and amounts with it.
        raise Unreadable(f"{self.path}: {len(body)} bytes that are not as promised: {reason}")


def explain(body: bytes) -> tuple[str | None, str]:
    """Read an error body: the error's name, if it has one, and a message fit for a log.

    Quotation names are integers, Exchange names are words, the order of keys varies, gateways
    answer text, HTML or nothing. Never raises, and never gives back more than a short text.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None, _describe(body)
    match answer.get("error", answer) if isinstance(answer, dict) else None:
        case dict() as error:
            return _text(error.get("name")), _text(error.get("message")) or ""
        case str() as error:  # what the exchange's web framework answers by itself
            return None, _cut(error)
        case _:
            return None, _describe(body)


def _text(value: Any) -> str | None:  # noqa: ANN401 -- whatever a JSON document holds
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return _cut(str(value)) if plain else None


def _describe(body: bytes) -> str:
    """A short plain text says what happened; a page does not, so only its size is told."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "an empty body"
    if len(text) > _LONGEST_MESSAGE or text[0] in "<{[":
        return f"a body of {len(body)} bytes that is no error the exchange documents"
    return _cut(text)


def _cut(text: str) -> str:
    """One short line, without what would drive a terminal or cannot be encoded."""
    # Cut before it is looked at letter by letter: a body may be as large as 8 MiB.
    start = text[: 4 * _LONGEST_MESSAGE]
    return " ".join("".join(c if c.isprintable() else " " for c in start).split())[
        :_LONGEST_MESSAGE
    ]
