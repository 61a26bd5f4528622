"""What an expression of PromQL selects, and over which times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import promql_parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Selector:
    """A metric, and the values that are asked for of each label (all of an alternative)."""

    metric: str
    values: Mapping[str, tuple[str, ...]]


def selectors(expr: str) -> list[Selector]:
    """Give what an expression selects. Raises ``ValueError`` if it is none."""
    found = []
    for node in _nodes(promql_parser.parse(expr)):
        if isinstance(node, promql_parser.VectorSelector):
            values = {
                matcher.name: tuple(matcher.value.split("|")) for matcher in node.matchers.matchers
            }
            found.append(Selector(node.name or "", values))
    return found


def durations(expr: str) -> list[float]:
    """Give the ranges and offsets of an expression, in seconds, in their order."""
    found = []
    for node in _nodes(promql_parser.parse(expr)):
        given = (getattr(node, name, None) for name in ("range", "offset", "step"))
        found += [each.total_seconds() for each in given if each is not None]
    return found


def without_durations(expr: str) -> str:
    """Give the shape of an expression: two that differ in durations alone have the same."""
    return re.sub(r"(?<=range: )\S+", "", repr(promql_parser.parse(expr)))


def _nodes(node: Any) -> Iterator[Any]:  # noqa: ANN401 -- the parser is typed by its nodes alone
    yield node
    for name in ("lhs", "rhs", "expr", "param", "vector_selector", "args"):
        child = getattr(node, name, None)
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, promql_parser.Expr):
                yield from _nodes(each)
