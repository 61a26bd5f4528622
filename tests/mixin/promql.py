"""Reads an expression of PromQL as a person would: does what it names exist, and can it be so?

Looks for metrics and labels that nobody declares, values outside a closed set, counters without
a rate, rates of gauges, sides that can never match, sums of seconds and bytes. Says what labels
and what dimension come out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import promql_parser as parser

from tests.mixin.catalogue import COUNT, MOMENT, RECORDED, SECONDS, Dimension, family_of, metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Labels = frozenset[str] | None

RATES: Final = ("rate", "irate", "increase")
_OF_COUNTERS: Final = (*RATES, "resets", "changes")
_OF_GAUGES: Final = ("changes", "delta", "deriv", "max_over_time", "min_over_time", "avg_over_time")
_SAME: Final = (
    "abs",
    "clamp_min",
    "clamp_max",
    "clamp",
    "round",
    "ceil",
    "floor",
    "sort",
    "sort_desc",
)
_COMPARISONS: Final = ("==", "!=", ">", "<", ">=", "<=")
_SETS: Final = ("and", "or", "unless")
_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """What comes out of an expression. ``labels`` is ``None`` if any may be there."""

    labels: Labels
    dimension: Dimension = COUNT
    scalar: bool = False
    literal: float | None = None
    counter: str = ""
    observed: Dimension | None = None


@dataclass
class Reading:
    """An expression, what is wrong with it, and every metric that it names."""

    findings: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)

    def read(self, node: parser.Expr) -> Shape:
        shape = self._read(node)
        if shape.counter:
            self.findings.append(f"{shape.counter} is a counter: take its rate or increase")
        return replace(shape, counter="")

    def _read(self, node: parser.Expr) -> Shape:
        match node:
            case parser.NumberLiteral():
                shape = Shape(_NOTHING, scalar=True, literal=node.val)
            case parser.ParenExpr() | parser.UnaryExpr():
                shape = self._read(node.expr)
            case parser.VectorSelector():
                shape = self._selected(node)
            case parser.Call():
                shape = self._called(node)
            case parser.AggregateExpr():
                shape = self._aggregated(node)
            case parser.BinaryExpr():
                shape = self._joined(node)
            case _:
                self.findings.append(f"{type(node).__name__} has no place here: {node}")
                shape = Shape(None)
        return shape

    def _selected(self, node: parser.VectorSelector, within: str = "") -> Shape:
        name = node.name or ""
        self.metrics.append(name)
        if name in RECORDED:
            inner = Reading().read(parser.parse(RECORDED[name].expr))
            labels = None if inner.labels is None else inner.labels | {*RECORDED[name].labels}
            self._matched(node, labels, {})
            return Shape(labels, inner.dimension)
        known = metric(name)
        if known is None:
            self.findings.append(f"{name}: no such metric in the catalogue")
            return Shape(None)
        self._matched(node, known.labels, known.values)
        allowed = _OF_COUNTERS if known.kind == "counter" else _OF_GAUGES
        if within and within not in allowed:
            self.findings.append(f"{within} of {name}, which is a {known.kind}")
        bare = name if known.kind == "counter" and not within else ""
        return Shape(known.labels, known.dimension, counter=bare, observed=known.observed)

    def _matched(
        self, node: parser.VectorSelector, labels: Labels, values: Mapping[str, frozenset[str]]
    ) -> None:
        for matcher in node.matchers.matchers:
            if labels is not None and matcher.name not in labels:
                self.findings.append(f"{node.name} has no label {matcher.name}")
            plain = re.fullmatch(r"[\w+|.-]+", matcher.value)
            if matcher.name in values and plain and matcher.value != ".+":
                said = matcher.value.split("|") if "Re" in str(matcher.op) else [matcher.value]
                for value in sorted({*said} - values[matcher.name]):
                    self.findings.append(f"{node.name}: {matcher.name} is never {value}")

    def _called(self, node: parser.Call) -> Shape:
        name, given = node.func.name, node.args
        match name:
            case "time":
                shape = Shape(_NOTHING, MOMENT, scalar=True)
            case "vector":
                shape = Shape(_NOTHING)
            case "absent":
                self.read(given[0])
                equal = (
                    one for one in given[0].matchers.matchers if str(one.op) == "MatchOp.Equal"
                )
                shape = Shape(frozenset(one.name for one in equal))
            case "histogram_quantile":
                shape = self._quantile(node)
            case "label_join" | "label_replace":
                shape, made = self._read(given[0]), given[1].val
                shape = replace(shape, labels=shape.labels and shape.labels | {made})
            case _ if given and isinstance(given[0], parser.MatrixSelector):
                shape = self._ranged(node)
            case _ if name in _SAME:
                for bound in given[1:]:
                    self.read(bound)
                shape = self._read(given[0])
            case _:
                self.findings.append(f"{name}() is not known here: add it to {__name__}")
                shape = Shape(None)
        return shape

    def _quantile(self, node: parser.Call) -> Shape:
        inner = self.read(node.args[1])
        if inner.observed is None or (inner.labels is not None and "le" not in inner.labels):
            self.findings.append(f"histogram_quantile() needs buckets by le: {node}")
            return replace(inner, observed=None)
        labels = None if inner.labels is None else inner.labels - {"le"}
        return Shape(labels, inner.observed)

    def _ranged(self, node: parser.Call) -> Shape:
        name = node.func.name
        shape = self._selected(node.args[0].vector_selector, within=name)
        if name in ("changes", "resets"):
            return replace(shape, dimension=COUNT)
        if name in ("rate", "irate", "deriv"):
            return replace(shape, dimension=shape.dimension.times(SECONDS, -1))
        return shape

    def _aggregated(self, node: parser.AggregateExpr) -> Shape:
        inner = self.read(node.expr)
        op = str(node.op)
        modifier = node.modifier
        if op in ("topk", "bottomk"):
            return inner
        named = frozenset(modifier.labels if modifier else ())
        if inner.labels is not None:
            for label in sorted(named - inner.labels):
                self.findings.append(f"{op} names {label}, which is not there: {node}")
        without = modifier is not None and modifier.type == parser.AggModifierType.Without
        labels = named if not without else inner.labels and inner.labels - named
        dimension = COUNT if op == "count" else inner.dimension
        return Shape(labels, dimension, observed=inner.observed)

    def _joined(self, node: parser.BinaryExpr) -> Shape:
        op = str(node.op)
        left, right = self._read(node.lhs), self._read(node.rhs)
        if left.counter and op in _COMPARISONS and right.literal == 0:
            left = replace(left, counter="")  # asks whether anything was ever counted
        for side in (left, right):
            if side.counter:
                self.findings.append(f"{side.counter} is a counter: take its rate or increase")
        left, right = replace(left, counter=""), replace(right, counter="")
        labels = self._matching(node, op, left, right)
        if op in _SETS or op in _COMPARISONS:
            if op in _COMPARISONS:
                self._like(node, left, right)
            kept = right if left.scalar and not right.scalar else left
            return replace(kept, labels=labels)
        observed = left.observed if left.observed == right.observed else None
        dimension = self._computed(node, op, left, right)
        return Shape(labels, dimension, left.scalar and right.scalar, observed=observed)

    def _like(self, node: parser.BinaryExpr, left: Shape, right: Shape) -> None:
        plain = left.literal is not None or right.literal is not None
        if not plain and left.dimension.of != right.dimension.of and not _is_number(right):
            self.findings.append(f"seconds, bytes and counts are not alike: {node}")

    def _computed(self, node: parser.BinaryExpr, op: str, left: Shape, right: Shape) -> Dimension:
        mine, other = left.dimension, right.dimension
        if op in ("*", "/"):
            sign = 1 if op == "*" else -1
            if right.literal is not None:
                return mine.scaled(right.literal**sign)
            if left.literal is not None and op == "*":
                return other.scaled(left.literal)
            return mine.times(other, sign)
        if left.literal is not None or not mine.scale:
            return other
        if op == "-" and mine.moment and other.moment:
            return replace(mine, moment=False)
        if right.literal is None and other.scale:
            self._like(node, left, right)
        return mine

    def _matching(self, node: parser.BinaryExpr, op: str, left: Shape, right: Shape) -> Labels:
        if left.scalar or right.scalar:
            return right.labels if left.scalar else left.labels
        if left.labels is None or right.labels is None:
            return None
        if op == "or":
            return left.labels | right.labels
        modifier = node.modifier
        matching = modifier.matching if modifier else None
        named = frozenset(matching.labels if matching else ())
        if matching and matching.type == parser.LabelModifierType.Include:
            missing, kept = named - (left.labels & right.labels), named
        else:
            missing, kept = named - (left.labels | right.labels), left.labels - named
            if kept != right.labels - named:
                self.findings.append(f"the sides never match: {node}")
        for label in sorted(missing):
            self.findings.append(f"{label} is not on both sides: {node}")
        if modifier and modifier.card == parser.VectorMatchCardinality.ManyToOne:
            extra = frozenset(modifier.group_labels or ())
            for label in sorted(extra - right.labels):
                self.findings.append(f"group_left names {label}, which is not there: {node}")
            kept = left.labels | extra
        return left.labels if op in _SETS else kept


def _is_number(shape: Shape) -> bool:
    """Whether it is an arithmetic of numbers alone, such as 14.4 * 0.01."""
    return shape.scalar and shape.dimension.of == COUNT.of


def reading(expr: str) -> tuple[Reading, Shape]:
    """Read an expression; a mistake of grammar is a finding, too."""
    found = Reading()
    try:
        return found, found.read(parser.parse(expr))
    except ValueError as error:
        found.findings.append(f"not PromQL: {error}")
        return found, Shape(None)


def families(expr: str) -> Iterator[str]:
    """Every family that an expression names, through recording rules, too."""
    for name in reading(expr)[0].metrics:
        if name in RECORDED:
            yield from families(RECORDED[name].expr)
        yield family_of(name)


def walked(node: parser.Expr | None) -> Iterator[parser.Expr]:
    """An expression and every part of it."""
    if node is None:
        return
    yield node
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        yield from walked(getattr(node, name, None))
    for argument in getattr(node, "args", ()):
        yield from walked(argument)
