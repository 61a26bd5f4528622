"""The manual of the knobs: how each stands, what it does, and what else it can be."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Final, Literal, get_args, get_origin

from .knobs import Knobs, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHAPTERS: Final = {
    "window": "Quota",
    "refusal_body": "Refusals (429 and 418)",
    "remaining_on": "The header Remaining-Req",
    "maintenance": "Answers",
    "befallen": "Weather; a rate is a share of requests, 0 to 1",
}
"""By the knob that each begins with."""

_WIDTH: Final = 96


def manual() -> str:
    """Give a chapter for each kind of knob, as a terminal shows it."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "Each knob and how it stands, turned by --knob NAME=VALUE, or later at /_sim/knobs."
    standing = Knobs().texts()
    for knob in fields(Knobs):
        if chapter := _CHAPTERS.get(knob.name):
            yield f"\n{chapter}:"
        yield f"  {knob.name}={standing[knob.name]}"
        words = [knob.metadata.get("help", ""), _choices(kinds()[knob.name])]
        indent = " " * 6
        yield from textwrap.wrap(
            " ".join(filter(None, words)),
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )


def _choices(kind: object) -> str:
    if get_origin(kind) is Literal:
        return f"One of {', '.join(get_args(kind))}."
    if kind is bool:
        return "true or false."
    if get_origin(kind) is Mapping:
        return "A list like order:12,default:10."
    return "A list, parted by commas." if get_origin(kind) is frozenset else ""
