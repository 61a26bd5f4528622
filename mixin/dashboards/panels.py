"""Panels, each an answer to one question, as what Grafana reads.

Every builder takes a short title, the question, what it asks Prometheus, and the unit; the rest
has a default that suits most. Stats and tables ask for this moment alone: the last value of a
range would show what a daemon said that has been silent since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from mixin.dashboards.colours import CLEAR, GOOD, OFF
from mixin.dashboards.fields import Json, coloured, given, judged, override, thresholds
from mixin.dashboards.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mixin.dashboards.fields import Bound

REFS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GAP_MS: Final = 300_000
"""Milliseconds without a value over which a line is drawn on: Prometheus' own patience."""


@dataclass(frozen=True, slots=True)
class Query:
    """What Prometheus is asked, and how a series is called: `{{label}}` stands for its value."""

    expr: str
    legend: str = "__auto"
    exemplar: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel without its place. ``width``: columns, or 0 for its share of the shelf."""

    body: Json
    width: int = 0

    def wide(self, width: int) -> Panel:
        """Give the same panel with so many columns."""
        return replace(self, width=width)


def timeseries(  # noqa: PLR0913 -- each is a choice that a panel makes
    title: str,
    question: str,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    low: float | None = 0,
    high: float | None = None,
    least: float | None = None,
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

    ``low``, ``high``: ends of the axis, which reaches at least to ``least``. ``bounds`` are drawn
    as dashed lines. ``colours``: by a series' name, or by a pattern /of it/. ``dashed``: a
    pattern of the series drawn so.
    """
    stacked = style != "line"
    custom: Json = {
        "drawStyle": "bars" if style == "bars" else "line",
        "lineInterpolation": "linear",
        "lineWidth": 1 if stacked else 2,
        "fillOpacity": {"line": 0, "area": 60, "bars": 80}[style],
        "gradientMode": "none",
        "showPoints": "never",
        "spanNulls": _GAP_MS,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "scaleDistribution": {"type": "log", "log": 10} if logarithmic else {"type": "linear"},
        "thresholdsStyle": {"mode": "dashed" if bounds else "off"},
    }
    # Without these a bound far above quiet values would not be seen, and nothing but zeros
    # would be drawn on an axis up to 100.
    ends = [0, least or (1 if unit == "none" else 0), *(bound.value * 1.1 for bound in bounds)]
    if any(ends) and high is None:
        custom |= {"axisSoftMin": min(ends), "axisSoftMax": max(ends)}
    defaults = {
        "unit": unit,
        "color": {"mode": "palette-classic"},
        "custom": custom,
        "thresholds": thresholds([(bound.value, bound.colour) for bound in bounds], CLEAR),
        **given(decimals=decimals, min=low, max=high),
    }
    overrides = [coloured(name, colour) for name, colour in (colours or {}).items()]
    if dashed:
        line = {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}}
        overrides.append(override(dashed, line))
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
    asked = targets(queries, instant=False)
    fields = {"defaults": defaults, "overrides": overrides}
    return framed("timeseries", title, question, asked, fields, options).wide(width)


def stat(  # noqa: PLR0913 -- each is a choice that a panel makes
    title: str,
    question: str,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    bounds: Sequence[Bound] = (),
    words: Sequence[Json] = (),
    nothing: str = "not known",
    links: Sequence[Json] = (),
    width: int = 0,
) -> Panel:
    """Show one number, or few. ``nothing``: what to say if there is none."""
    defaults = {
        "unit": unit,
        "noValue": nothing,
        "color": {"mode": "thresholds"},
        "mappings": [*words],
        "thresholds": judged(bounds) if bounds else thresholds([], OFF if words else "text"),
        **given(decimals=decimals),
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
    asked = targets(queries, instant=True)
    fields = {"defaults": defaults, "overrides": []}
    return framed("stat", title, question, asked, fields, options).wide(width)


def bargauge(  # noqa: PLR0913 -- each is a choice that a panel makes
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
        "color": {"mode": "palette-classic"},
        "thresholds": thresholds([], GOOD),
        **given(decimals=decimals),
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
        "text": {"titleSize": 12, "valueSize": 14},
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    overrides = [coloured(name, colour) for name, colour in (colours or {}).items()]
    asked = targets(queries, instant=True)
    fields = {"defaults": defaults, "overrides": overrides}
    return framed("bargauge", title, question, asked, fields, options).wide(width)


def timeline(
    title: str, question: str, *queries: Query, words: Sequence[Json], width: int = 0
) -> Panel:
    """Show which state each series was in, and since when."""
    defaults = {
        "unit": "none",
        "color": {"mode": "thresholds"},
        "mappings": [*words],
        "thresholds": thresholds([], OFF),
        "custom": {"fillOpacity": 80, "lineWidth": 0},
    }
    options = {
        "alignValue": "left",
        "showValue": "auto",
        "mergeValues": True,
        "rowHeight": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    asked = targets(queries, instant=False)
    fields = {"defaults": defaults, "overrides": []}
    return framed("state-timeline", title, question, asked, fields, options).wide(width)


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


def targets(queries: Sequence[Query], *, instant: bool) -> list[Json]:
    """Give queries as Grafana's Prometheus data source reads them."""
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
        for ref, query in zip(REFS, queries, strict=False)
    ]


def framed(  # noqa: PLR0913, PLR0917 -- what every panel has
    kind: str, title: str, question: str, asked: list[Json], fields: Json, options: Json
) -> Panel:
    """Give a panel of Grafana's kind. ``fields``: how values look, in general and by name."""
    return Panel(
        {
            "type": kind,
            "title": title,
            "description": question,
            "datasource": DATASOURCE,
            "targets": asked,
            "fieldConfig": fields,
            "options": options,
        }
    )
