"""What an expression of PromQL asks for, held against what the daemon shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import promql_parser
from prometheus_client.utils import floatToGoString

from mixin.recording import RECORDING
from mixin.rule import Recording
from upbit_monitor.metrics import CATALOGUE
from upbit_monitor.polls import POLLS
from upbit_monitor.quota.groups import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upbit_monitor.metrics import Family

_ADDED: Final = ("job", "instance")
"""Labels that the scrape adds."""

_BY_PROMETHEUS: Final = {"up": (), "ALERTS": ("alertname", "alertstate", "severity")}
_SUFFIXES: Final = {"_bucket": ("le",), "_count": (), "_sum": ()}


@dataclass(frozen=True)
class Selector:
    """A metric, and the values that are asked for of each label (all of an alternative)."""

    metric: str
    values: Mapping[str, tuple[str, ...]]


@cache
def _families() -> Mapping[str, Family]:
    shown = (*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families))
    return {family.name: family for family in shown}


@cache
def _recorded() -> Mapping[str, Recording]:
    rules = (rule for group in RECORDING for rule in group.rules)
    return {rule.record: rule for rule in rules if isinstance(rule, Recording)}


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


def labels(metric: str) -> tuple[str, ...]:
    """Give the labels of a metric. Raises ``KeyError`` if nobody shows it."""
    if metric in _BY_PROMETHEUS:
        return (*_ADDED, *_BY_PROMETHEUS[metric])
    if metric.startswith("process_"):
        return _ADDED
    if metric in _recorded():
        return (*_ADDED, *metric.partition(":")[0].split("_")[1:])
    family, more = _family(metric)
    return (*_ADDED, *family.labels, *more)


def unknown(selector: Selector) -> list[str]:
    """Give what of a selector nobody shows: a label, or a value of a closed set."""
    known = labels(selector.metric)
    wrong = [f"label {label}" for label in selector.values if label not in known]
    for label, values in selector.values.items():
        closed = _closed(selector.metric, label)
        wrong += [f"{label}={value}" for value in values if closed and value not in closed]
    return wrong


def _closed(metric: str, label: str) -> frozenset[str]:
    """Give the values that a label can have; none, if they are not of the code."""
    if label == "endpoint":
        return frozenset(end.name for poll in POLLS.values() for end in poll.endpoints)
    if label == "group":
        return KNOWN
    if label == "poll":
        return frozenset(POLLS)
    if metric.startswith(("upbit_", "instance_")) and metric not in _recorded():
        family, _ = _family(metric)
        if label == "le":
            return frozenset(map(floatToGoString, (*family.buckets, float("inf"))))
        return frozenset(family.values.get(label, ()))
    return frozenset()


def _family(metric: str) -> tuple[Family, tuple[str, ...]]:
    families = _families()
    for suffix, more in _SUFFIXES.items():
        family = families.get(metric.removesuffix(suffix))
        if metric.endswith(suffix) and family is not None and family.kind == "histogram":
            return family, more
    return families[metric], ()


def _nodes(node: Any) -> Iterator[Any]:  # noqa: ANN401 -- the parser is typed by its nodes alone
    yield node
    for name in ("lhs", "rhs", "expr", "param", "vector_selector", "args"):
        child = getattr(node, name, None)
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, promql_parser.Expr):
                yield from _nodes(each)
