"""Each check of dashboards finds what it is for: a sound dashboard, broken in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import filtered
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Query, text, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.variables import COMMON
from tests.mixin.house import CHECKS, COLUMNS, MOST_PANELS
from tests.mixin.linter import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    Break = Callable[[dict[str, Any]], object]


def _sound() -> dict[str, Any]:
    """A dashboard of three panels: requests (the first), ages in a table, and a text."""
    drawn = timeseries(
        "Requests",
        "How much is asked?",
        Query("rate(upbit_api_attempts_total[$__rate_interval])", "{{target}}"),
        unit="reqps",
    )
    listed = table(
        "Ages",
        "How old is it? In seconds.",
        Column(name="Age", expr="time() - upbit_api_last_success_timestamp_seconds", unit="s"),
        keys={"target": "Target"},
    )
    said = text("What next", "Where to look?", "At the log.")
    return Dashboard(
        file="overview",
        title="Sound",
        description="Nothing is wrong here.",
        variables=COMMON,
        sections=(Section("", (shelf(8, drawn, listed, said),)),),
    ).model()


def _panel(setting: str, value: object) -> Break:
    return lambda dashboard: dashboard["panels"][0].__setitem__(setting, value)


def _expr(expr: str) -> Break:
    """Let the first panel ask something else, narrowed by the variables."""
    return _raw(filtered(expr, COMMON))


def _raw(expr: str) -> Break:
    return lambda dashboard: dashboard["panels"][0]["targets"][0].__setitem__("expr", expr)


def _variable(name: str, setting: str, value: object) -> Break:
    def broken(dashboard: dict[str, Any]) -> None:
        for variable in dashboard["templating"]["list"]:
            if variable["name"] == name:
                variable[setting] = value

    return broken


def _twice(dashboard: dict[str, Any]) -> None:
    dashboard["panels"].append(dashboard["panels"][0])


def _many(dashboard: dict[str, Any]) -> None:
    dashboard["panels"] *= MOST_PANELS


def _without_variable(dashboard: dict[str, Any]) -> None:
    dashboard["templating"]["list"].pop()


def _place(**place: int) -> Break:
    return lambda dashboard: dashboard["panels"][0]["gridPos"].update(place)


def _field(setting: str, value: object) -> Break:
    return lambda dashboard: dashboard["panels"][0]["fieldConfig"]["defaults"].__setitem__(
        setting, value
    )


def _column_unit(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["fieldConfig"]["overrides"][0]["properties"][0]["value"] = "bytes"


_ELSEWHERE: Final = {"type": "prometheus", "uid": "mine"}
_ATTEMPTS: Final = 'upbit_api_attempts_total{job=~"$job",instance=~"$instance",target=~"$target"}'

LINTED: Final[list[tuple[str, Break]]] = [
    ("template-datasource-rule", _variable("datasource", "name", "source")),
    ("template-datasource-rule", _variable("datasource", "label", "Source")),
    ("template-job-rule", _variable("job", "allValue", ".*")),
    ("template-job-rule", _variable("job", "name", "work")),
    ("template-instance-rule", _variable("instance", "multi", None)),
    ("template-instance-rule", _variable("instance", "datasource", _ELSEWHERE)),
    ("template-label-promql-rule", _variable("target", "query", "label_values(up{, target)")),
    ("template-label-promql-rule", _variable("target", "query", "query_result(up)")),
    ("template-on-time-change-reload-rule", _variable("target", "refresh", 1)),
    ("panel-datasource-rule", _panel("datasource", _ELSEWHERE)),
    ("panel-title-description-rule", _panel("description", "")),
    ("panel-units-rule", _field("unit", "parsecs")),
    ("panel-no-targets-rule", _panel("targets", [])),
    ("target-logql-rule", lambda dashboard: dashboard["panels"][0]["targets"][0].update(
        datasource={"type": "loki", "uid": "${datasource}"}
    )),
    ("target-logql-auto-rule", _raw("rate(upbit_api_attempts_total[$__auto])")),
    ("target-promql-rule", _raw("rate(upbit_api_attempts_total[$__rate_interval]")),
    ("target-rate-interval-rule", _raw(f"rate({_ATTEMPTS}[5m])")),
    ("target-job-rule", _raw(f"sum({_ATTEMPTS.replace('$job', 'upbit')})")),
    ("target-instance-rule", _raw('up{job=~"$job"}')),
    ("target-counter-agg-rule", _raw(f"sum by (job) ({_ATTEMPTS})")),
    ("uneditable-dashboard", lambda dashboard: dashboard.update(editable=True)),
]  # fmt: skip

HOUSE: Final[list[tuple[str, Break]]] = [
    ("asks_one_question", _panel("description", "Shows 99.9 % of requests.")),
    ("asks_one_question", _panel("description", "First a remark. Is it a question?")),
    ("has_short_titles_of_its_own", _panel("title", "Ages")),
    ("has_short_titles_of_its_own", _panel("title", "far longer than it should be " * 2)),
    ("has_short_titles_of_its_own", _twice),
    ("fills_its_rows", _place(w=COLUMNS)),
    ("fills_its_rows", _place(w=1)),
    ("fills_its_rows", _place(h=3)),
    ("fills_its_rows", _place(y=100)),
    ("is_not_too_long", _many),
    ("names_what_is_there", _raw("upbit_api_atempts_total")),
    ("is_narrowed_by_its_variables", _raw('up{job=~"$job"}')),
    ("is_narrowed_by_its_variables", _raw('up{job=~"$job",instance="here"}')),
    ("keeps_daemons_and_targets_apart", _expr("sum by (target) (upbit_api_up)")),
    ("adds_up_no_belief", _expr("sum by (job, instance, group) (upbit_ratelimit_pace_requests)")),
    ("adds_up_no_belief", _expr("sum(rate(upbit_ratelimit_foreign_requests_total[5m]))")),
    ("has_units_that_fit", _field("unit", "percentunit")),
    ("has_units_that_fit", _expr("time() - upbit_api_last_success_timestamp_seconds")),
    ("has_units_that_fit", _column_unit),
    ("uses_its_variables", _without_variable),
    ("uses_its_variables", _variable("target", "name", "unused")),
    ("is_read_at_a_glance", _field("min", 5)),
    ("is_read_at_a_glance", _field("custom", {"spanNulls": False})),
    ("is_read_at_a_glance", _panel("options", {"tooltip": {"mode": "single", "sort": "none"}})),
    ("leads_on", lambda dashboard: dashboard.update(links=[])),
    ("leads_on", lambda dashboard: dashboard.update(tags=["other"])),
    ("leads_on", _field("links", [{"title": "", "url": "/d/nowhere?"}])),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_the_linter_finds_nothing_where_nothing_is_wrong(rule: str) -> None:
    assert not [*RULES[rule](_sound())]


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_finds_nothing_where_nothing_is_wrong(check: str) -> None:
    assert not [*CHECKS[check](_sound())]


@pytest.mark.parametrize(("rule", "broken"), LINTED)
def test_the_linter_finds_it(rule: str, broken: Break) -> None:
    dashboard = _sound()
    broken(dashboard)
    assert [*RULES[rule](dashboard)]


@pytest.mark.parametrize(("check", "broken"), HOUSE)
def test_the_house_finds_it(check: str, broken: Break) -> None:
    dashboard = _sound()
    broken(dashboard)
    assert [*CHECKS[check](dashboard)]


def test_each_check_is_tried() -> None:
    assert {rule for rule, _ in LINTED} == {*RULES}
    assert {check for check, _ in HOUSE} == {*CHECKS}


@pytest.mark.parametrize("widths", [(12, 13), (12,), (0, 0, 0, 0, 0), (24, 0)])
def test_a_shelf_that_is_not_full_cannot_be_made(widths: tuple[int, ...]) -> None:
    panels = [text(f"Panel {width}", "?", "", width=width) for width in widths]
    with pytest.raises(ValueError, match="change a width"):
        shelf(8, *panels)


def test_a_metric_that_nobody_declares_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="upbit_api_upp: no such metric"):
        filtered("sum(upbit_api_upp)", COMMON)


def test_matchers_come_from_the_labels_of_the_metric() -> None:
    assert filtered('up + upbit_markets{quote="KRW"}', ("job", "target")) == (
        'up{job=~"$job"} + upbit_markets{job=~"$job",target=~"$target",quote="KRW"}'
    )
