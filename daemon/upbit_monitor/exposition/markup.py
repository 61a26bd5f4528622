"""HTML from Python values: text is escaped unless it is markup already, so none is forgotten."""

from __future__ import annotations

from html import escape
from typing import Final

_VOID: Final = frozenset({"br", "link", "meta"})


class Html(str):
    """Text that is markup. Only this module and trusted constants make it."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | None) -> Html:
    """Build an element. A child that is not ``Html`` is text; an attribute of None is left out.

    Python's words are spelled ``class_`` and ``aria_label``; they become ``class`` and
    ``aria-label``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    """Put pieces side by side."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))
