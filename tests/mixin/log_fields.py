"""Which fields the lines of each event have, read from the calls that write them.

Read by module: what one call of a module gives is taken to be possible for each event of it. That
finds a slip of the pen, and asks no call for its values.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import upbit_monitor
from upbit_monitor.logs import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ALWAYS: Final = {"ts", "level", "event", "schema"}
_BOUND: Final = {"target", "poll", "base_url", "account"}
"""What a logger is given once, for a poll or for a scope."""
_RELAYED: Final = {"event", "word"}
"""Names under which a function of the same module is handed an event."""


@cache
def fields() -> Mapping[str, frozenset[str]]:
    """Give the fields of each event by its word."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(Path(upbit_monitor.__file__).parent.rglob("*.py"))
    ]
    helpers = {name: keys for tree in trees for name, keys in _mappings(tree)}
    found: dict[str, set[str]] = defaultdict(set)
    for tree in trees:
        events = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "Event"
        }
        here = helpers | dict(_mappings(tree))
        given = {name for call in _calls(tree) for name in _given(call, here)}
        for event in events & {*Event.__members__}:
            found[Event[event].value] |= given
    return {event.value: frozenset({*_ALWAYS, *_BOUND, *found[event.value]}) for event in Event}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Give the calls that hand an event on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(map(_is_event, node.args)):
            yield node


def _is_event(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="Event")):
            return True
        case ast.IfExp():
            return _is_event(node.body)
        case ast.Name():
            return node.id in _RELAYED
    return False


def _given(call: ast.Call, helpers: Mapping[str, set[str]]) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield "exception" if keyword.arg == "exc_info" else keyword.arg
        else:
            yield from _of(keyword.value, helpers)
    for argument in call.args:
        yield from _of(argument, helpers)


def _of(node: ast.expr, helpers: Mapping[str, set[str]]) -> Iterator[str]:
    """Give the keys of a mapping that is written out, or that has a name."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
            yield from helpers.get(name, ())
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None:
                    yield from _of(value, helpers)
                elif isinstance(key, ast.Constant):
                    yield "exception" if key.value == "exc_info" else str(key.value)


def _mappings(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Give the functions, and the variables, that are mappings with keys written out."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                inner = (each for each in ast.walk(node) if isinstance(each, ast.Dict))
                yield node.name, {key for one in inner for key in _of(one, {})}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value):
                yield name, {*_of(value, {})}
