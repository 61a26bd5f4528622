"""Every question that the dashboards ask, with their variables filled in as Grafana does it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from e2e.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_VARIABLE: Final = re.compile(r"\$\{([a-zA-Z_]\w*)(?::\w+)?\}|\$([a-zA-Z_]\w*)")
"""No number: `$1` is a group of a regular expression, and stays."""
_LABEL_VALUES: Final = re.compile(r"label_values\((.*),\s*(\w+)\)", re.DOTALL)

ALL: Final = ".*"
"""What stands for a variable when everything is chosen."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression. ``panel``: its panel's title; ``ref``: its letter there."""

    dashboard: str
    panel: str
    ref: str
    expr: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.dashboard} / {self.panel} / {self.ref}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The query of a variable: the values of a label, of series that a selector finds."""

    dashboard: str
    name: str
    selector: str
    label: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.dashboard} / ${self.name}"


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Give the dashboards of a folder, by file name without its ending. Raises ``Failure``."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        model = json.loads(file.read_text("utf-8"))
        if "panels" in model:
            found[file.stem] = model
    if not found:
        raise Failure(f"there is no dashboard in {folder}: `make docs` writes them")
    return found


def panels(model: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the panels of a dashboard that ask something, those in closed rows too."""
    for panel in model["panels"]:
        for one in (panel, *panel.get("panels", ())):
            if one.get("targets"):
                yield one


def queries(name: str, model: Mapping[str, Any]) -> list[Query]:
    """Give the queries of a dashboard's panels."""
    return [
        Query(name, panel["title"], target["refId"], target["expr"])
        for panel in panels(model)
        for target in panel["targets"]
    ]


def events(name: str, model: Mapping[str, Any]) -> list[Query]:
    """Give the queries of a dashboard's annotations."""
    return [
        Query(name, f"annotation {one['name']}", "A", _annotated(one))
        for one in model["annotations"]["list"]
        if "target" in one or "expr" in one
    ]


def _annotated(one: Mapping[str, Any]) -> str:
    expr: str = one["target"]["expr"] if "target" in one else one["expr"]
    return expr


def choices(name: str, model: Mapping[str, Any]) -> list[Choice]:
    """Give the queries of a dashboard's variables. Raises ``Failure`` for one of another form."""
    found = []
    for variable in model["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = variable["query"]
        text = query["query"] if isinstance(query, dict) else query
        parts = _LABEL_VALUES.fullmatch(text)
        if parts is None:
            raise Failure(f"{name} / ${variable['name']}: {text} is no label_values(…)")
        found.append(Choice(name, variable["name"], parts[1], parts[2]))
    return found


def filled(expr: str, values: Mapping[str, str]) -> str:
    """Put values in the place of variables. Raises ``Failure`` for one that has none."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in values:
            raise Failure(f"the variable ${name} has no value: {expr}")
        return values[name]

    return _VARIABLE.sub(value, expr)


def everything(names: Iterable[str], *, scrape: float, length: float) -> dict[str, str]:
    """Give what stands for each variable if all is chosen, and for Grafana's own.

    ``scrape``: seconds between two scrapes; ``length``: seconds that are looked at.
    """
    return {
        **dict.fromkeys(names, ALL),
        "__interval": f"{scrape * 1000:.0f}ms",
        "__rate_interval": f"{4 * scrape * 1000:.0f}ms",
        "__range": f"{length * 1000:.0f}ms",
    }
