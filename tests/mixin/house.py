"""The rules of the house for dashboards, each a function from a dashboard to what is wrong."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import promql_parser as parser

from tests.mixin.catalogue import COUNT, RECORDED, metric
from tests.mixin.linter import panels, queries, substituted
from tests.mixin.promql import reading, walked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.mixin.catalogue import Dimension

    Dashboard = dict[str, Any]

MOST_PANELS: Final = 32
LONGEST_TITLE: Final = 40
COLUMNS: Final = 24

WHOLES: Final = ("Where the time goes", "How requests are spread")
"""Stacks over all that is chosen; a stack of each target's own means would mean nothing."""

BELIEFS: Final = re.compile(
    "upbit_ratelimit_(limit|budget|pace|held|waiting|foreign_expected|remaining)_requests"
    "|upbit_ratelimit_(foreign|rejected)_requests_total"
)
"""What a limiter tells: the same number under each target that shares the quota."""


def asks_one_question(dashboard: Dashboard) -> Iterator[str]:
    for panel in panels(dashboard):
        first = re.match(r"[^.?!]*(?:[.?!](?=\S)[^.?!]*)*[.?!]", panel["description"])
        if not first or not first[0].endswith("?"):
            yield f"{panel['title']}: its description begins with no question"


def has_short_titles_of_its_own(dashboard: Dashboard) -> Iterator[str]:
    titles = [panel["title"] for panel in panels(dashboard)]
    yield from (f"{title}: twice" for title in sorted({*titles}) if titles.count(title) > 1)
    yield from (f"{title}: too long" for title in titles if len(title) > LONGEST_TITLE)
    ids = [panel["id"] for panel in dashboard["panels"]]
    if ids != [*range(1, len(ids) + 1)]:
        yield f"the ids are not 1, 2, 3 and so on: {ids}"


def fills_its_rows(dashboard: Dashboard) -> Iterator[str]:
    """Each row is full from edge to edge, of equal height, and the next one begins below it."""
    below = 0
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for y in sorted({place["y"] for place in places}):
        row = sorted((one for one in places if one["y"] == y), key=lambda one: one["x"])
        edges = [(one["x"], one["x"] + one["w"]) for one in row]
        ends = [0, *(end for _, end in edges)]
        if [begin for begin, _ in edges] != ends[:-1] or ends[-1] != COLUMNS:
            yield f"the row at {y} has a gap or an overlap: {edges}"
        if y != below or len({one["h"] for one in row}) > 1:
            yield f"the row at {y} does not begin where the last one ends, or is uneven"
        below = y + row[0]["h"]


def is_not_too_long(dashboard: Dashboard) -> Iterator[str]:
    count = len([*panels(dashboard)])
    if count > MOST_PANELS:
        yield f"{count} panels are more than {MOST_PANELS}"


def names_what_is_there(dashboard: Dashboard) -> Iterator[str]:
    """Metrics, labels, values, counters under rates, sides that match, sums of like and like."""
    for where, expr in _everything_asked(dashboard):
        yield from (f"{where}: {found}" for found in reading(substituted(expr))[0].findings)


def is_narrowed_by_its_variables(dashboard: Dashboard) -> Iterator[str]:
    """Every metric has a matcher for each variable that is one of its labels."""
    variables = {one["name"] for one in dashboard["templating"]["list"]}
    for panel, target in queries(dashboard):
        for name, matchers in _selected(target["expr"]):
            labels = _labels(name)
            for label in sorted(variables & labels - matchers.keys()):
                yield f"{panel['title']}: {name} is not narrowed by {label}"
            for label in sorted(variables & labels & matchers.keys()):
                if matchers[label] not in (f"${label}", f"${label}|"):
                    yield f"{panel['title']}: {label} of {name} is {matchers[label]}"


def keeps_daemons_and_targets_apart(dashboard: Dashboard) -> Iterator[str]:
    """But for single numbers, which say how it is where it is worst, and a few wholes."""
    for panel, target in queries(dashboard):
        labels = reading(substituted(target["expr"]))[1].labels
        apart = labels is None or {"job", "instance"} <= labels
        if panel["type"] != "stat" and panel["title"] not in WHOLES and not apart:
            yield f"{panel['title']}: puts daemons together"


def adds_up_no_belief(dashboard: Dashboard) -> Iterator[str]:
    for panel, target in queries(dashboard):
        for node in walked(parser.parse(substituted(target["expr"]))):
            if isinstance(node, parser.AggregateExpr) and str(node.op) == "sum":
                named = sorted({found[0] for found in BELIEFS.finditer(str(node.expr))})
                yield from (f"{panel['title']}: adds up {name}" for name in named)


def has_units_that_fit(dashboard: Dashboard) -> Iterator[str]:
    for panel, target in queries(dashboard):
        unit = unit_of(panel, target)
        dimension = reading(substituted(target["expr"]))[1].dimension
        if unit not in units(dimension):
            yield f"{panel['title']}: {unit} for {dimension}"


def units(dimension: Dimension) -> tuple[str, ...]:
    """Grafana's units for a dimension."""
    seconds, size, moment = dimension.of
    if moment:
        return ("dateTimeAsIso", "dateTimeFromNow") if dimension.scale == 1000 else ()
    if (seconds, size) == COUNT.of[:2]:
        numbers = ("none", "short", "locale", "bool_yes_no")
        return ("percentunit", "none") if dimension.part else numbers
    scaled = {
        (1, 0, 1): ("s", "dtdurations"),
        (1, 0, 86_400): ("d",),
        (0, 1, 1): ("bytes",),
        (-1, 1, 1): ("Bps",),
        (-1, 0, 1): ("reqps", "cps"),
    }
    return scaled.get((seconds, size, round(1 / dimension.scale)), ())


def unit_of(panel: dict[str, Any], target: dict[str, Any]) -> str:
    """The unit in which a query's answer is shown: of a table that of the column."""
    unit: str = panel["fieldConfig"]["defaults"]["unit"]
    for transformation in panel.get("transformations", ()):
        names = transformation["options"].get("renameByName", {})
        column = names.get(f"Value #{target['refId']}", names.get("Value"))
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] == column:
                found = {one["id"]: one["value"] for one in override["properties"]}
                unit = found.get("unit", unit)
    return unit


def uses_its_variables(dashboard: Dashboard) -> Iterator[str]:
    """Every variable used is defined, and every one defined is used, by a panel or a link."""
    defined = {one["name"] for one in dashboard["templating"]["list"]}
    said = json.dumps([dashboard["panels"], dashboard["annotations"], dashboard["templating"]])
    said = re.sub(r"\$\{?__\w+", "", said)
    used = {*re.findall(r"\$\{?([a-z]\w*)", said)}
    yield from (f"${name} is not defined" for name in sorted(used - defined))
    asked = json.dumps(dashboard["panels"])
    idle = {name for name in defined if f"${name}" not in asked and f"${{{name}" not in asked}
    yield from (f"${name} is of no use" for name in sorted(idle))


def is_read_at_a_glance(dashboard: Dashboard) -> Iterator[str]:
    """Lines bridge short gaps, tooltips show all, greatest first, and bare zero is an axis' end."""
    for panel in panels(dashboard):
        if panel["type"] != "timeseries":
            continue
        defaults, options = panel["fieldConfig"]["defaults"], panel["options"]
        if not defaults["custom"]["spanNulls"]:
            yield f"{panel['title']}: a line breaks at each gap"
        if options["tooltip"] != {"mode": "multi", "sort": "desc"}:
            yield f"{panel['title']}: its tooltip shows one series"
        signed = ("Clock skew", "Change since yesterday's close")
        if (defaults.get("min") != 0) != (panel["title"] in signed):
            yield f"{panel['title']}: its axis does not begin at zero, or should not"


def leads_on(dashboard: Dashboard) -> Iterator[str]:
    """Buttons to the other four, and links of values to dashboards that there are."""
    buttons = [(one["type"], one["keepTime"], one["includeVars"]) for one in dashboard["links"]]
    if buttons != [("dashboards", True, True)]:
        yield "its buttons lead nowhere, or forget time and variables"
    tags = [*chain.from_iterable(one["tags"] for one in dashboard["links"])]
    if tags != dashboard["tags"]:
        yield f"its buttons look for {tags}"
    for uid in re.findall(r'"/d/([^?"]*)', json.dumps(dashboard["panels"])):
        if uid not in UIDS:
            yield f"a link leads to {uid}"


UIDS: Final = tuple(
    f"upbit-{name}" for name in ("overview", "api-latency", "rate-limits", "daemon", "exchange")
)

CHECKS: Final[Mapping[str, Callable[[Dashboard], Iterator[str]]]] = {
    check.__name__: check
    for check in (
        asks_one_question,
        has_short_titles_of_its_own,
        fills_its_rows,
        is_not_too_long,
        names_what_is_there,
        is_narrowed_by_its_variables,
        keeps_daemons_and_targets_apart,
        adds_up_no_belief,
        has_units_that_fit,
        uses_its_variables,
        is_read_at_a_glance,
        leads_on,
    )
}


def _everything_asked(dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    for panel, target in queries(dashboard):
        yield panel["title"], target["expr"]
    for event in dashboard["annotations"]["list"]:
        yield event["name"], event["target"]["expr"]
    for variable in dashboard["templating"]["list"]:
        found = re.fullmatch(r"label_values\((\w+.*), (\w+)\)", str(variable["query"]))
        if found:
            yield variable["name"], f"count by ({found[2]}) (changes({found[1]}[1h]))"


def _selected(expr: str) -> Iterator[tuple[str, dict[str, str]]]:
    for node in walked(parser.parse(substituted(expr))):
        if isinstance(node, parser.VectorSelector):
            yield node.name or "", {one.name: one.value for one in node.matchers.matchers}


def _labels(name: str) -> frozenset[str]:
    if name in RECORDED:
        return reading(name)[1].labels or frozenset()
    known = metric(name)
    if known is None:
        return frozenset()
    return frozenset({"job", "instance", "target"}) if known.labels is None else known.labels
