"""What a query of PromQL names: metrics, and the labels that these can have."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import promql_parser as promql

from mixin.recording import RECORDING
from mixin.rule import Recording
from upbit_monitor.metrics import CATALOGUE
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCRAPED: Final = {"job", "instance"}
"""What Prometheus adds to every series that it scrapes."""

_PROMETHEUS: Final = {
    "up": _SCRAPED,
    "scrape_duration_seconds": _SCRAPED,
    "scrape_samples_scraped": _SCRAPED,
    "process_cpu_seconds_total": _SCRAPED,
    "process_open_fds": _SCRAPED,
    "process_resident_memory_bytes": _SCRAPED,
    "process_start_time_seconds": _SCRAPED,
    "prometheus_config_last_reload_successful": _SCRAPED,
    "ALERTS": {"alertname", "alertstate", "severity", "target", *_SCRAPED},
}

_CHILDREN: Final = ("expr", "lhs", "rhs", "args", "vector_selector", "param")


@cache
def labels() -> Mapping[str, set[str]]:
    """Give the labels of each series that there is, by its name."""
    known = dict(_PROMETHEUS)
    families = [*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families)]
    for family in families:
        own = {*family.labels, *_SCRAPED}
        if family.kind == "histogram":
            known |= {f"{family.name}_bucket": {*own, "le"}}
            known |= {f"{family.name}_sum": own, f"{family.name}_count": own}
        else:
            known[family.name] = own
    for rule in (rule for group in RECORDING for rule in group.rules):
        if isinstance(rule, Recording):
            level = rule.record.partition(":")[0]
            known[rule.record] = {*level.split("_"), "job", *rule.labels}
    return known


@cache
def values() -> Mapping[tuple[str, str], set[str]]:
    """Give the closed set of a label of a metric, where it is one of the code."""
    families = [*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families)]
    return {
        (family.name, label): {*known, "other"}
        for family in families
        for label, known in family.values.items()
    }


def faults(query: str) -> list[str]:
    """Tell what a query names that is not there; raises ``ValueError`` if it is no PromQL."""
    return [*_faults(promql.parse(query))]


def _faults(node: Any) -> Iterator[str]:  # noqa: ANN401 -- the parser's nodes have no common type
    if isinstance(node, promql.VectorSelector):
        yield from _of_selector(node)
    known = {label for name in _names(node) for label in labels().get(name, ())}
    for label in _grouping(node):
        if label not in known:
            yield f"no metric here has the label {label!r}"
    for child in _children(node):
        yield from _faults(child)


def _of_selector(selector: Any) -> Iterator[str]:  # noqa: ANN401 -- the same
    name = selector.name
    if name not in labels():
        yield f"there is no metric {name!r}"
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels()[name]:
            yield f"{name} has no label {matcher.name!r}"
        closed = values().get((name, matcher.name))
        if closed is not None:
            told = matcher.value.split("|") if "Re" in str(matcher.op) else [matcher.value]
            yield from (
                f"{name}: {matcher.name} is never {one!r}" for one in told if one not in closed
            )


def _grouping(node: Any) -> list[str]:  # noqa: ANN401 -- the same
    modifier = getattr(node, "modifier", None)
    if modifier is None:
        return []
    matching = getattr(modifier, "matching", None)
    return [
        *getattr(modifier, "labels", ()),
        *(matching.labels if matching is not None else ()),
        *(getattr(modifier, "group_labels", None) or ()),
    ]


def _names(node: Any) -> Iterator[str]:  # noqa: ANN401 -- the same
    if isinstance(node, promql.VectorSelector):
        yield node.name or ""
    for child in _children(node):
        yield from _names(child)


def _children(node: Any) -> Iterator[Any]:  # noqa: ANN401 -- the same
    for name in _CHILDREN:
        child = getattr(node, name, None)
        if isinstance(child, list):
            yield from child
        elif child is not None and not isinstance(child, str):
            yield child
