"""How one knob is declared: its default, and what it does, in a sentence for people."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def knob(default: Any, text: str) -> Any:  # noqa: ANN401 -- as dataclasses.field
    """Declare a knob with its default position and its help."""
    return field(default=default, metadata={"help": text})


def per_group(text: str) -> Any:  # noqa: ANN401 -- as dataclasses.field
    """Declare a knob that has a number for each group that is named; none is, by default."""
    return field(default_factory=dict, metadata={"help": text})
