"""Tables of what Prometheus says now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixin.dashboards.colours import CLEAR, UNKNOWN
from mixin.dashboards.fields import Json, given, judged, override, thresholds
from mixin.dashboards.panels import REFS, Panel, Query, framed, targets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mixin.dashboards.fields import Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading, what Prometheus is asked, and how the answer looks."""

    name: str
    expr: str
    unit: str = "short"
    decimals: int | None = None
    bounds: tuple[Bound, ...] = ()
    words: Sequence[Json] = ()
    links: Sequence[Json] = ()


def table(  # noqa: PLR0913 -- each is a choice that a panel makes
    title: str,
    question: str,
    *columns: Column,
    keys: Mapping[str, str],
    links: Mapping[str, Sequence[Json]] | None = None,
    widths: Mapping[str, int] | None = None,
    group: str = "",
    sort: str = "",
    nothing: str = "-",
    width: int = 0,
) -> Panel:
    """Show what Prometheus says now, a row for each set of labels.

    ``keys``: labels and their headings. ``links``, ``widths`` in pixels: by headings. ``group``,
    then ``sort``: headings to order by; of the first the least comes first, of the second the
    greatest.
    """
    by = ", ".join(("job", "instance", *(key for key in keys if key != "instance")))
    queries = [Query(f"max by ({by}) (\n{column.expr}\n)", column.name) for column in columns]
    several = len(columns) > 1
    values = {
        f"Value #{ref}" if several else "Value": column.name
        for ref, column in zip(REFS, columns, strict=False)
    }
    headings = {**keys, **values}
    hidden = {"Time", "job", "instance"} - keys.keys()
    arrange = {
        "excludeByName": dict.fromkeys(sorted(hidden), True),
        "indexByName": {name: place for place, name in enumerate(headings)},
        "renameByName": headings,
    }
    transformations = [
        *([{"id": "merge", "options": {}}] if several else []),
        {"id": "organize", "options": arrange},
    ]
    overrides = [
        *(
            override(heading, {"id": "links", "value": [*way]})
            for heading, way in (links or {}).items()
        ),
        *(
            override(heading, {"id": "custom.width", "value": pixels})
            for heading, pixels in (widths or {}).items()
        ),
        *(_cells(column) for column in columns),
    ]
    defaults = {
        "unit": "short",
        "noValue": nothing,
        "color": {"mode": "thresholds"},
        "thresholds": thresholds([], "text"),
        "custom": {
            "align": "auto",
            "cellOptions": {"type": "auto"},
            "inspect": False,
            "minWidth": 60,
        },
    }
    options = {
        "cellHeight": "sm",
        "showHeader": True,
        "sortBy": [
            {"displayName": heading, "desc": heading == sort}
            for heading in (group, sort)
            if heading
        ],
    }
    asked = [{**target, "format": "table"} for target in targets(queries, instant=True)]
    fields = {"defaults": defaults, "overrides": overrides}
    panel = framed("table", title, question, asked, fields, options)
    return Panel({**panel.body, "transformations": transformations}, width)


def _cells(column: Column) -> Json:
    properties: list[Json] = [{"id": "unit", "value": column.unit}]
    properties += [
        {"id": name, "value": value} for name, value in given(decimals=column.decimals).items()
    ]
    if column.words or column.bounds:
        properties.append({"id": "mappings", "value": [*column.words, *UNKNOWN]})
    if column.bounds:
        properties.append({"id": "thresholds", "value": judged(column.bounds, CLEAR)})
    if column.bounds or column.words:
        shown = {"type": "color-background", "mode": "basic"}
        properties.append({"id": "custom.cellOptions", "value": shown})
    if column.links:
        properties.append({"id": "links", "value": [*column.links]})
    return override(column.name, *properties)
