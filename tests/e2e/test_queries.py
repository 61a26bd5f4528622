"""Dashboards' questions are found, and their variables filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e import queries
from e2e.expectations import EXPECTATIONS
from e2e.failure import Failure
from e2e.faults import SCENARIOS

DASHBOARDS = queries.read(Path(__file__).parents[2] / "dashboards")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('up{job=~"$job"}', 'up{job=~"a"}'),
        ('up{job=~"${job}"}', 'up{job=~"a"}'),
        ('up{job=~"${job:regex}"}', 'up{job=~"a"}'),
        ("rate(x[$__rate_interval])", "rate(x[8000ms])"),
        ("rate(x[${__rate_interval}])", "rate(x[8000ms])"),
        ("increase(x[$__range])", "increase(x[60000ms])"),
        ('label_replace(x, "a", "$1 ${2}", "b", "(.*)")',) * 2,
        ("x offset $__interval", "x offset 2000ms"),
    ],
)
def test_variables_are_filled_in(text: str, filled: str) -> None:
    values = queries.everything(["job"], scrape=2, length=60) | {"job": "a"}
    assert queries.filled(text, values) == filled


def test_a_variable_without_a_value_is_told() -> None:
    with pytest.raises(Failure, match="jobs"):
        queries.filled("up{$jobs}", {"job": "a"})


def test_panels_in_closed_rows_ask_too() -> None:
    inner = {"title": "b", "targets": [{"refId": "A", "expr": "up"}]}
    model: dict[str, Any] = {"panels": [{"title": "row", "panels": [inner]}, {"title": "text"}]}
    assert queries.queries("x", model) == [queries.Query("x", "b", "A", "up")]


def test_a_variable_is_a_label_of_what_a_selector_finds() -> None:
    variable = {"name": "target", "type": "query", "query": 'label_values(up{a="b"}, target)'}
    model = {"templating": {"list": [{"name": "datasource", "type": "datasource"}, variable]}}
    assert queries.choices("x", model) == [queries.Choice("x", "target", 'up{a="b"}', "target")]
    variable["query"] = "metrics(up)"
    with pytest.raises(Failure, match="metrics"):
        queries.choices("x", model)


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_each_panel_has_an_expectation_and_each_expectation_a_query(name: str) -> None:
    asked = {(one.panel, one.ref) for one in queries.queries(name, DASHBOARDS[name])}
    expected = {(panel, wish.ref) for panel, all_ in EXPECTATIONS[name].items() for wish in all_}
    assert {panel for panel, _ in expected} == {panel for panel, _ in asked}
    assert expected <= asked


@pytest.mark.parametrize("name", sorted(EXPECTATIONS))
def test_expectations_are_of_scenarios_that_are_played(name: str) -> None:
    wishes = [wish for all_ in EXPECTATIONS[name].values() for wish in all_]
    assert {wish.scenario for wish in wishes} - {None} <= SCENARIOS.keys()
    assert {wish.phase for wish in wishes} <= {"quiet", "fault", "after"}


def test_every_variable_and_annotation_is_read() -> None:
    for name, model in DASHBOARDS.items():
        asked = [one for one in model["templating"]["list"] if one["type"] == "query"]
        assert len(queries.choices(name, model)) == len(asked) > 0
        assert len(queries.events(name, model)) == len(model["annotations"]["list"]) > 0
