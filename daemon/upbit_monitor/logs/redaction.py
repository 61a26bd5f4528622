"""The last lock before rendering: anything in, plain and bounded JSON data out, no secret in it.

A field may hold any object; here it becomes text, numbers, lists and dicts of a bounded size,
and on the way everything is masked that stands under a telling name, has the shape of a
credential, or is one of the configured keys in some spelling. Names of fields are masked too.

Texts are masked whole and cut afterwards: a secret that was cut first is no longer recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Final, TypeAlias
from uuid import UUID

from upbit_monitor.logs import shapes
from upbit_monitor.logs.spellings import Spellings
from upbit_monitor.logs.vocabulary import Mask

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

LONGEST_TEXT: Final = 2_000
"""Characters of one text; the rest is cut, and a mark says how many."""
DEEPEST: Final = 10
"""Levels of nesting: a group of exceptions fits. It also ends what holds itself."""
MOST_VALUES: Final = 2_000
"""Values in one event. Without it, a list that holds itself ten times is 10¹⁰ values."""

_CUT: Final = "[cut]"
# Python refuses to write numbers above 4,300 digits, and readers of JSON give up far earlier.
_WIDEST_NUMBER_BITS: Final = 64
# JSON has no words for these.
_NOT_FINITE: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


@dataclass(frozen=True, slots=True)
class Redacted:
    """What is left of an event, and one entry for each place that was masked."""

    fields: dict[str, Plain]
    masks: tuple[Mask, ...]


class Redactor:
    """Masks secrets, the configured ones included. Immutable; safe to call from any thread."""

    __slots__ = ("_spellings",)

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spellings = Spellings(secrets, Mask.CONFIGURED_KEY.text)

    def redact(self, event: Mapping[str, object]) -> Redacted:
        """Make the fields of an event fit to print. Never raises on account of a value."""
        walk = _Walk(self._spellings)
        plain = walk.mapping(event.items(), depth=0)
        return Redacted(plain, tuple(walk.masks))


def text_of(value: object) -> str:
    """Give the text of anything; never raises."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 -- a stranger's __str__ may raise anything
        return unprintable(value, error)


def unprintable(subject: object, error: Exception) -> str:
    """Say that ``subject`` cannot be printed because it raised ``error`` when asked to."""
    return f"<unprintable {type(subject).__name__}: {type(error).__name__}>"


class _Walk:
    """One pass over one event. Its state: the masks made, and how many values may still come."""

    __slots__ = ("_left", "_spellings", "masks")

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._left = MOST_VALUES
        self.masks: list[Mask] = []

    def mapping(self, pairs: Iterable[tuple[object, object]], depth: int) -> dict[str, Plain]:
        plain: dict[str, Plain] = {}
        for key, value in pairs:
            if self._left <= 0:
                plain[_CUT] = _CUT
                break
            self._left -= 1
            name = key if type(key) is str else text_of(key)
            plain[self._clean(name)] = self._named(name, value, depth)
        return plain

    def _named(self, name: str, value: object, depth: int) -> Plain:
        # Whether there is a secret is no secret, and often the very point of the line.
        told = value is None or value is True or value is False
        if told or not shapes.is_sensitive(name):
            return self._value(value, depth)
        self.masks.append(Mask.KEY_NAME)
        return Mask.KEY_NAME.text

    def _sequence(self, elements: Iterable[object], depth: int) -> list[Plain]:
        plain: list[Plain] = []
        for element in elements:
            if self._left <= 0:
                plain.append(_CUT)
                break
            self._left -= 1
            plain.append(self._value(element, depth))
        return plain

    def _value(self, value: object, depth: int) -> Plain:
        if type(value) is str:  # the most frequent by far
            return self._clean(value)
        try:
            return self._scalar(value, depth)
        except Exception as error:  # noqa: BLE001 -- a stranger's object may raise from anything
            return unprintable(value, error)

    def _scalar(self, value: object, depth: int) -> Plain:
        match value:
            case None | bool():
                return value
            case Enum():
                return self._value(value.value, depth)
            case int() | float():
                return self._number(value)
            case bytes() | bytearray() | memoryview():
                return self._clean(bytes(value).decode("utf-8", "backslashreplace"))
            case str() | Decimal() | date() | time() | UUID() | PurePath():
                return self._clean(str(value))
            case _:
                return self._container(value, depth + 1)

    def _number(self, value: float) -> Plain:
        if not isinstance(value, int):
            return float(value) if isfinite(value) else _NOT_FINITE[str(float(value))]
        if value.bit_length() > _WIDEST_NUMBER_BITS:
            return self._clean(str(value))
        return int(value)

    def _container(self, value: object, depth: int) -> Plain:
        pairs = _pairs(value)
        if pairs is not None:
            return self.mapping(pairs, depth) if depth <= DEEPEST else _CUT
        if isinstance(value, (list, tuple, AbstractSet)):
            return self._sequence(value, depth) if depth <= DEEPEST else _CUT
        return self._clean(repr(value))

    def _clean(self, text: str) -> str:
        text = shapes.masked(text, self.masks.append)
        text, places = self._spellings.masked(text)
        if places:
            self.masks.extend([Mask.CONFIGURED_KEY] * places)
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}…[cut:{len(text) - LONGEST_TEXT}]"
        return text


def _pairs(value: object) -> Iterable[tuple[object, object]] | None:
    """Give the names and values that a thing is made of, or ``None`` if it has no names.

    What a dataclass keeps out of its repr is kept out of the log.
    """
    if isinstance(value, Mapping):
        return value.items()
    if is_dataclass(value) and not isinstance(value, type):
        return [(each.name, getattr(value, each.name)) for each in fields(value) if each.repr]
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return zip(value._fields, value, strict=True)
        if _is_header(value):
            return [value]
    return None


def _is_header(value: tuple[object, ...]) -> bool:
    """Whether this is a header as HTTP libraries hold it: a telling name and its value.

    Two telling names are no header but a list of names.
    """
    match value:
        case (str() | bytes() as name, second):
            return shapes.is_sensitive(text_of(name)) and not shapes.is_sensitive(text_of(second))
        case _:
            return False
