"""Panels, each an answer to one question, as what Grafana reads.

Every builder takes a short title, the question, what it asks Prometheus, and the unit; the rest
has a default that suits most. Stats and tables ask for this moment alone: the last value of a
range would show what a daemon said that has been silent since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from mixin.dashboards.colours import BAD, CLEAR, GOOD, OFF
from mixin.dashboards.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json: TypeAlias = dict[str, Any]

_REFS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GAP_MS: Final = 300_000
"""Milliseconds without a value over which a line is drawn on: Prometheus' own patience."""


@dataclass(frozen=True, slots=True)
class Query:
    """What Prometheus is asked, and how a series is called: `{{label}}` stands for its value."""

    expr: str
    legend: str = "__auto"
    exemplar: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A value from which on (``below``: below which) something is of this colour."""

    value: float
    colour: str = BAD
    below: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel without its place. ``width``: columns, or 0 for its share of the shelf."""

    body: Json
    width: int = 0

    def wide(self, width: int) -> Panel:
        """Give the same panel with so many columns."""
        return replace(self, width=width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table of what Prometheus says now.

    ``is_label``: the query is only there for the value of the label that ``name`` names.
    """

    name: str
    expr: str
    unit: str = "short"
    decimals: int | None = None
    width: int | None = None
    bounds: tuple[Bound, ...] = ()
    words: Sequence[Json] = ()
    links: Sequence[Json] = ()


def timeseries(  # noqa: PLR0913 -- each is a choice that a panel makes
    title: str,
    question: str,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    low: float | None = 0,
    high: float | None = None,
    bounds: Sequence[Bound] = (),
    colours: Mapping[str, str] | None = None,
    dashed: str = "",
    style: Literal["line", "area", "bars"] = "line",
    logarithmic: bool = False,
    legend: Literal["bottom", "right", "none"] = "bottom",
    calcs: Sequence[str] = ("lastNotNull", "max"),
    width: int = 0,
) -> Panel:
    """Draw values over time; ``area`` and ``bars`` are stacked.

    ``low``, ``high``: ends of the axis. ``bounds`` are drawn as dashed lines. ``colours``: by a
    series' name, or by a pattern /of it/. ``dashed``: a pattern of the series drawn so.
    """
    stacked = style != "line"
    custom = {
        "drawStyle": "bars" if style == "bars" else "line",
        "lineInterpolation": "linear",
        "lineWidth": 1 if stacked else 2,
        "fillOpacity": {"line": 0, "area": 60, "bars": 80}[style],
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": _GAP_MS,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "axisSoftMin": 0,
        "scaleDistribution": {"type": "log", "log": 10} if logarithmic else {"type": "linear"},
        "thresholdsStyle": {"mode": "dashed" if bounds else "off"},
    }
    if low is None:
        del custom["axisSoftMin"]
    defaults = {
        "unit": unit,
        "color": {"mode": "palette-classic-by-name"},
        "custom": custom,
        "thresholds": _thresholds([(bound.value, bound.colour) for bound in bounds], CLEAR),
        **_given(decimals=decimals, min=low, max=high),
    }
    overrides = [_coloured(name, colour) for name, colour in (colours or {}).items()]
    if dashed:
        line = {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}}
        overrides.append(_override(dashed, line))
    options = {
        "legend": {
            "displayMode": "list" if legend == "none" else "table",
            "placement": "right" if legend == "right" else "bottom",
            "showLegend": legend != "none",
            "calcs": [*calcs],
            "sortBy": {"lastNotNull": "Last *", "max": "Max", "sum": "Total"}[calcs[-1]],
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    asked = _asked(queries, instant=False)
    return _panel("timeseries", title, question, asked, defaults, overrides, options, width)


def stat(  # noqa: PLR0913 -- each is a choice that a panel makes
    title: str,
    question: str,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    bounds: Sequence[Bound] = (),
    words: Sequence[Json] = (),
    nothing: str = "none",
    links: Sequence[Json] = (),
    width: int = 0,
) -> Panel:
    """Show one number, or few. ``nothing``: what to say if there is none."""
    defaults = {
        "unit": unit,
        "noValue": nothing,
        "color": {"mode": "thresholds"},
        "mappings": [*words],
        "thresholds": judged(bounds) if bounds else _thresholds([], OFF if words else "text"),
        **_given(decimals=decimals),
        "links": [*links],
    }
    options = {
        "colorMode": "background" if bounds or words else "value",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "auto" if len(queries) == 1 else "value_and_name",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    asked = _asked(queries, instant=True)
    return _panel("stat", title, question, asked, defaults, [], options, width)


def bargauge(
    title: str,
    question: str,
    *queries: Query,
    unit: str,
    colours: Mapping[str, str] | None = None,
    decimals: int | None = None,
    width: int = 0,
) -> Panel:
    """Compare a handful of values of this moment."""
    defaults = {
        "unit": unit,
        "min": 0,
        "color": {"mode": "palette-classic-by-name"},
        "thresholds": _thresholds([], GOOD),
        **_given(decimals=decimals),
    }
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "color",
        "namePlacement": "auto",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "maxVizHeight": 28,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    overrides = [_coloured(name, colour) for name, colour in (colours or {}).items()]
    asked = _asked(queries, instant=True)
    return _panel("bargauge", title, question, asked, defaults, overrides, options, width)


def timeline(
    title: str, question: str, *queries: Query, words: Sequence[Json], width: int = 0
) -> Panel:
    """Show which state each series was in, and since when."""
    defaults = {
        "unit": "none",
        "color": {"mode": "thresholds"},
        "mappings": [*words],
        "thresholds": _thresholds([], OFF),
        "custom": {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False},
    }
    options = {
        "alignValue": "left",
        "showValue": "auto",
        "mergeValues": True,
        "rowHeight": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    asked = _asked(queries, instant=False)
    return _panel("state-timeline", title, question, asked, defaults, [], options, width)


def text(title: str, question: str, content: str, *, width: int = 0) -> Panel:
    """Say something in Markdown."""
    body = {
        "type": "text",
        "title": title,
        "description": question,
        "datasource": DATASOURCE,
        "options": {"mode": "markdown", "content": content},
    }
    return Panel(body, width)


def table(
    title: str,
    question: str,
    *columns: Column,
    keys: Mapping[str, str],
    links: Mapping[str, Sequence[Json]] | None = None,
    sort: str = "",
    nothing: str = "none",
    width: int = 0,
) -> Panel:
    """Show what Prometheus says now, a row for each set of labels.

    ``keys``: labels and their headings. ``links``: of headings. ``sort``: the heading whose
    greatest value comes first.
    """
    by = ", ".join(("job", *keys))
    queries = [Query(f"max by ({by}) (\n{column.expr}\n)", column.name) for column in columns]
    several = len(columns) > 1
    values = {
        f"Value #{ref}" if several else "Value": column.name
        for ref, column in zip(_REFS, columns, strict=False)
    }
    headings = {**keys, **values}
    arrange = {
        "excludeByName": {"Time": True, "job": True},
        "indexByName": {name: place for place, name in enumerate(headings)},
        "renameByName": headings,
    }
    transformations = [
        *([{"id": "merge", "options": {}}] if several else []),
        {"id": "organize", "options": arrange},
    ]
    overrides = [
        *(
            _override(heading, {"id": "links", "value": [*way]})
            for heading, way in (links or {}).items()
        ),
        *(_cells(column) for column in columns),
    ]
    defaults = {
        "unit": "short",
        "noValue": nothing,
        "color": {"mode": "thresholds"},
        "thresholds": _thresholds([], "text"),
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
    }
    options = {
        "cellHeight": "sm",
        "showHeader": True,
        "sortBy": [{"displayName": sort, "desc": True}] if sort else [],
    }
    asked = [{**query, "format": "table"} for query in _asked(queries, instant=True)]
    panel = _panel("table", title, question, asked, defaults, overrides, options, width)
    return Panel({**panel.body, "transformations": transformations}, width)


def judged(bounds: Sequence[Bound]) -> Json:
    """Give thresholds that colour a value: good, but for what lies beyond a bound."""
    below = sorted((bound for bound in bounds if bound.below), key=lambda bound: bound.value)
    above = sorted((bound for bound in bounds if not bound.below), key=lambda bound: bound.value)
    colours = [*(bound.colour for bound in below), GOOD]
    steps = zip((bound.value for bound in below), colours[1:], strict=True)
    return _thresholds([*steps, *((bound.value, bound.colour) for bound in above)], colours[0])


def _thresholds(steps: Iterable[tuple[float, str]], base: str) -> Json:
    first = {"value": None, "color": base}
    return {
        "mode": "absolute",
        "steps": [first, *({"value": value, "color": colour} for value, colour in steps)],
    }


def _cells(column: Column) -> Json:
    properties: list[Json] = [{"id": "unit", "value": column.unit}]
    properties += [
        {"id": name, "value": value} for name, value in _given(decimals=column.decimals).items()
    ]
    if column.width:
        properties.append({"id": "custom.width", "value": column.width})
    if column.words:
        properties.append({"id": "mappings", "value": [*column.words]})
    if column.bounds:
        properties.append({"id": "thresholds", "value": judged(column.bounds)})
    if column.bounds or column.words:
        shown = {"type": "color-background", "mode": "basic"}
        properties.append({"id": "custom.cellOptions", "value": shown})
    if column.links:
        properties.append({"id": "links", "value": [*column.links]})
    return _override(column.name, *properties)


def _coloured(name: str, colour: str) -> Json:
    return _override(name, {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}})


def _override(name: str, *properties: Json) -> Json:
    kind = "byRegexp" if name.startswith("/") else "byName"
    return {"matcher": {"id": kind, "options": name}, "properties": [*properties]}


def _asked(queries: Sequence[Query], *, instant: bool) -> list[Json]:
    return [
        {
            "refId": ref,
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expr,
            "legendFormat": query.legend,
            "instant": instant,
            "range": not instant,
            **({"exemplar": True} if query.exemplar else {}),
        }
        for ref, query in zip(_REFS, queries, strict=False)
    ]


def _given(**settings: float | None) -> Json:
    return {name: value for name, value in settings.items() if value is not None}


def _panel(  # noqa: PLR0913, PLR0917 -- what every panel has
    kind: str,
    title: str,
    question: str,
    asked: list[Json],
    defaults: Json,
    overrides: list[Json],
    options: Json,
    width: int,
) -> Panel:
    body = {
        "type": kind,
        "title": title,
        "description": question,
        "datasource": DATASOURCE,
        "targets": asked,
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "options": options,
    }
    return Panel(body, width)
