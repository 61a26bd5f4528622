"""The 17 rules of grafana/dashboard-linter, over again, and their exclusions.

That linter is a program in Go; here each of its rules is a function of the same name, from a
dashboard to what is wrong with it. As there, `dashboards/.lint` says which findings are meant, and
why. Two rules are about LogQL and have nothing to say: there is no log data source.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import promql_parser as parser
import yaml

from tests.mixin.promql import walked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Dashboard = dict[str, Any]
    Panel = dict[str, Any]

ROOT: Final = Path(__file__).parent.parent.parent
RATE_INTERVAL: Final = timedelta(seconds=8_869_990)
"""No range that anybody would write; so it is known again where $__rate_interval stood."""

_UNITS: Final = (
    *("none", "short", "percentunit", "locale", "bool_yes_no"),
    *("s", "d", "dtdurations", "dateTimeAsIso", "dateTimeFromNow"),
    *("bytes", "Bps", "reqps", "cps"),
)
"""Of Grafana's units those in use; each is one of the linter's list."""


class Finding(NamedTuple):
    rule: str
    panel: str
    what: str


def substituted(expr: str) -> str:
    """An expression with its variables in place, as far as it takes to be parsed."""
    expr = expr.replace(
        "$__rate_interval", f"{RATE_INTERVAL.days * 86400 + RATE_INTERVAL.seconds}s"
    )
    expr = re.sub(r"\$__(range|interval)\b", "1h", expr)
    return re.sub(r"\$\{?([a-z]\w*)\}?", r"$\1", expr)


def panels(dashboard: Dashboard) -> Iterator[Panel]:
    """Every panel but the headings of rows."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries(dashboard: Dashboard) -> Iterator[tuple[Panel, dict[str, Any]]]:
    """Every query, with its panel."""
    for panel in panels(dashboard):
        for target in panel.get("targets", ()):
            yield panel, target


def _variable(dashboard: Dashboard, name: str) -> dict[str, Any]:
    found = (one for one in dashboard["templating"]["list"] if one["name"] == name)
    return next(found, {})


def template_datasource_rule(dashboard: Dashboard) -> Iterator[Finding]:
    rule = "template-datasource-rule"
    sources = [one for one in dashboard["templating"]["list"] if one["type"] == "datasource"]
    if [one["name"] for one in sources] != ["datasource"]:
        yield Finding(rule, "", "there must be one variable of a data source, named datasource")
    yield from (
        Finding(rule, "", f"it is labelled {one['label']}, not Data source")
        for one in sources
        if one["label"] != "Data source"
    )


def _template(dashboard: Dashboard, name: str) -> Iterator[Finding]:
    variable = _variable(dashboard, name)
    wanted = {"type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+"}
    for key, value in wanted.items():
        if variable.get(key) != value:
            yield Finding(f"template-{name}-rule", "", f"{key} of {name} is not {value}")
    if variable.get("datasource", {}).get("uid") != "${datasource}":
        yield Finding(f"template-{name}-rule", "", f"{name} is not asked of the data source")


def template_job_rule(dashboard: Dashboard) -> Iterator[Finding]:
    return _template(dashboard, "job")


def template_instance_rule(dashboard: Dashboard) -> Iterator[Finding]:
    return _template(dashboard, "instance")


def template_label_promql_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        found = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"])
        try:
            if not found:
                raise ValueError("it is not label_values(metric, label)")  # noqa: TRY301
            parser.parse(substituted(found[1]))
        except ValueError as error:
            yield Finding("template-label-promql-rule", "", f"{variable['name']}: {error}")


def template_on_time_change_reload_rule(dashboard: Dashboard) -> Iterator[Finding]:
    rule = "template-on-time-change-reload-rule"
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield Finding(rule, "", f"{variable['name']} is not read anew")


def panel_datasource_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel in panels(dashboard):
        asked = [panel, *panel.get("targets", ())]
        if any(one.get("datasource", {}).get("uid") != "${datasource}" for one in asked):
            yield Finding("panel-datasource-rule", panel["title"], "asks another data source")


def panel_title_description_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel in panels(dashboard):
        if not panel.get("title") or not panel.get("description"):
            yield Finding("panel-title-description-rule", panel.get("title", ""), "says too little")


def panel_units_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel in panels(dashboard):
        if panel["type"] != "text" and panel["fieldConfig"]["defaults"].get("unit") not in _UNITS:
            yield Finding("panel-units-rule", panel["title"], "has no unit, or one unheard of")


def panel_no_targets_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel in panels(dashboard):
        if panel["type"] != "text" and not panel.get("targets"):
            yield Finding("panel-no-targets-rule", panel["title"], "asks nothing")


def target_logql_rule(dashboard: Dashboard) -> Iterator[Finding]:
    """Does not apply: nothing is asked in LogQL, and a data source of logs would be a finding."""
    for panel, target in queries(dashboard):
        if target["datasource"]["type"] != "prometheus":
            yield Finding("target-logql-rule", panel["title"], "asks no Prometheus")


def target_logql_auto_rule(dashboard: Dashboard) -> Iterator[Finding]:
    """Does not apply, for the same reason; its variable has no place in PromQL."""
    for panel, target in queries(dashboard):
        if "$__auto" in target["expr"]:
            yield Finding("target-logql-auto-rule", panel["title"], "$__auto is LogQL's")


def target_promql_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel, target in queries(dashboard):
        try:
            parser.parse(substituted(target["expr"]))
        except ValueError as error:
            yield Finding("target-promql-rule", panel["title"], str(error))


def target_rate_interval_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel, call in _calls(dashboard):
        for argument in call.args:
            fixed = isinstance(argument, parser.MatrixSelector) and argument.range != RATE_INTERVAL
            if fixed and call.func.name in ("rate", "irate"):
                yield Finding("target-rate-interval-rule", panel, f"another range: {call}")


def _filtered(dashboard: Dashboard, label: str) -> Iterator[Finding]:
    for panel, target in queries(dashboard):
        for selector in _selectors(target["expr"]):
            matchers = [(one.name, str(one.op), one.value) for one in selector.matchers.matchers]
            if (label, "MatchOp.Re", f"${label}") not in matchers:
                yield Finding(f"target-{label}-rule", panel["title"], f"{selector.name} has none")


def target_job_rule(dashboard: Dashboard) -> Iterator[Finding]:
    return _filtered(dashboard, "job")


def target_instance_rule(dashboard: Dashboard) -> Iterator[Finding]:
    return _filtered(dashboard, "instance")


def target_counter_agg_rule(dashboard: Dashboard) -> Iterator[Finding]:
    for panel, target in queries(dashboard):
        expr = _parsed(target["expr"])
        aggregated = [
            argument.vector_selector.name
            for node in walked(expr)
            if isinstance(node, parser.Call) and node.func.name in ("rate", "irate", "increase")
            for argument in node.args
            if isinstance(argument, parser.MatrixSelector)
        ]
        for selector in _selectors(target["expr"]):
            if (selector.name or "").endswith("_total") and selector.name not in aggregated:
                yield Finding("target-counter-agg-rule", panel["title"], f"{selector.name} is bare")


def uneditable_dashboard(dashboard: Dashboard) -> Iterator[Finding]:
    if dashboard.get("editable", True):
        yield Finding("uneditable-dashboard", "", "it can be edited")


RULES: Final[Mapping[str, Callable[[Dashboard], Iterator[Finding]]]] = {
    rule.__name__.replace("_", "-"): rule
    for rule in (
        template_datasource_rule,
        template_job_rule,
        template_instance_rule,
        template_label_promql_rule,
        template_on_time_change_reload_rule,
        panel_datasource_rule,
        panel_title_description_rule,
        panel_units_rule,
        panel_no_targets_rule,
        target_logql_rule,
        target_logql_auto_rule,
        target_promql_rule,
        target_rate_interval_rule,
        target_job_rule,
        target_instance_rule,
        target_counter_agg_rule,
        uneditable_dashboard,
    )
}


def exclusions() -> set[tuple[str, str, str]]:
    """Rule, dashboard and panel of each finding that `.lint` says is meant."""
    file = yaml.safe_load((ROOT / "dashboards" / ".lint").read_text(encoding="utf-8"))
    return {
        (rule, entry["dashboard"], entry["panel"])
        for rule, excluded in file["exclusions"].items()
        for entry in excluded["entries"]
    }


def _parsed(expr: str) -> parser.Expr | None:
    try:
        return parser.parse(substituted(expr))
    except ValueError:
        return None  # told by target-promql-rule


def _selectors(expr: str) -> list[parser.VectorSelector]:
    return [node for node in walked(_parsed(expr)) if isinstance(node, parser.VectorSelector)]


def _calls(dashboard: Dashboard) -> Iterator[tuple[str, parser.Call]]:
    for panel, target in queries(dashboard):
        for node in walked(_parsed(target["expr"])):
            if isinstance(node, parser.Call):
                yield panel["title"], node
