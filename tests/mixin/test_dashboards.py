"""The dashboards are what the generator says, and what Grafana's linter and the house ask for."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any, Final

import pytest

from mixin import thresholds
from mixin.dashboards import DASHBOARDS
from mixin.dashboards.colours import CODES, STATES
from mixin.files import files
from tests.mixin.catalogue import FAMILIES
from tests.mixin.house import CHECKS, UIDS
from tests.mixin.linter import ROOT, RULES, exclusions, panels, queries, substituted
from tests.mixin.promql import families
from upbit_monitor.metrics.catalogue.polls import POLL_STATE

MODELS: Final = {dashboard.uid: dashboard.model() for dashboard in DASHBOARDS}


@pytest.mark.parametrize("path", [path for path in files() if path.startswith("dashboards/")])
def test_what_is_in_the_tree_is_what_is_generated(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == files()[path], "run `make docs`"


def test_there_are_five_and_no_other() -> None:
    assert tuple(MODELS) == UIDS
    in_tree = {f"dashboards/{path.name}" for path in (ROOT / "dashboards").glob("*.json")}
    assert in_tree == {path for path in files() if path.endswith(".json")}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("uid", UIDS)
def test_the_linter_finds_nothing_that_is_not_meant(uid: str, rule: str) -> None:
    title = MODELS[uid]["title"]
    meant = exclusions()
    found = [one for one in RULES[rule](MODELS[uid]) if (one.rule, title, one.panel) not in meant]
    assert not found


def test_nothing_is_excluded_from_the_linter_without_need() -> None:
    found = {
        (finding.rule, model["title"], finding.panel)
        for model in MODELS.values()
        for rule in RULES.values()
        for finding in rule(model)
    }
    assert exclusions() == found


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("uid", UIDS)
def test_it_keeps_the_rules_of_the_house(uid: str, check: str) -> None:
    assert not [*CHECKS[check](MODELS[uid])]


def _shown(*models: dict[str, Any]) -> set[str]:
    return {
        family
        for model in models
        for _, target in queries(model)
        for family in families(substituted(target["expr"]))
    }


def test_every_family_is_on_some_dashboard() -> None:
    assert not sorted(FAMILIES.keys() - _shown(*MODELS.values()))


def test_a_family_that_is_on_none_is_missed() -> None:
    others = [model for uid, model in MODELS.items() if uid != "upbit-exchange"]
    assert "upbit_candles_late_markets" in FAMILIES.keys() - _shown(*others)


_BUDGET: Final = 1 - thresholds.AVAILABILITY
_LATENCY: Final = 1 - thresholds.LATENCY
_PACES: Final = [thresholds.SLOW_BURN, thresholds.FAST_BURN]
DRAWN: Final[dict[tuple[str, str], list[float]]] = {
    ("upbit-overview", "Error ratio"): [pace * _BUDGET for pace in _PACES],
    ("upbit-overview", "p99 latency"): [thresholds.SLOW_SECONDS],
    ("upbit-overview", "Error budget burn, one hour"): _PACES,
    ("upbit-overview", "Least headroom of a quota"): [thresholds.HEADROOM_RATIO],
    ("upbit-api-latency", "Latency of each target"): [thresholds.SLOW_SECONDS],
    ("upbit-api-latency", "p99 latency of each endpoint"): [thresholds.SLOW_SECONDS],
    ("upbit-api-latency", "Slow requests of each target"): [pace * _LATENCY for pace in _PACES],
    ("upbit-api-latency", "Latency budget burn, one hour"): _PACES,
    ("upbit-api-latency", "Failed requests of each target"): [pace * _BUDGET for pace in _PACES],
    ("upbit-api-latency", "Clock skew"): [-thresholds.SKEW_SECONDS, thresholds.SKEW_SECONDS],
    ("upbit-api-latency", "Certificate"): [thresholds.CERTIFICATE_DAYS],
    ("upbit-rate-limits", "Headroom, worst tenth of answers"): [thresholds.HEADROOM_RATIO],
    ("upbit-rate-limits", "Strangers' part of each limit"): [thresholds.FOREIGN_RATIO],
    ("upbit-rate-limits", "Held back"): [thresholds.HELD_BACK_SECONDS],
    ("upbit-rate-limits", "Answers without a sound header"): [thresholds.HEADER_ERROR_RATIO],
    ("upbit-daemon", "Age of data in intervals"): [
        thresholds.LATE_INTERVALS,
        thresholds.STALE_INTERVALS,
    ],
    ("upbit-daemon", "Beats lost to a run before"): [thresholds.LOST_BEATS_RATIO],
    ("upbit-daemon", "Beats lost to a standstill"): [thresholds.LOST_BEATS_RATIO],
    ("upbit-daemon", "Event loop lag"): [thresholds.LOOP_LAG_SECONDS],
    ("upbit-daemon", "Memory"): [thresholds.MEMORY_BYTES],
    ("upbit-exchange", "Markets that want a look"): [1],
}
"""Lines drawn over time, each where an alert looks."""

COLOURED: Final = (
    1,
    thresholds.KEY_DAYS,
    thresholds.CERTIFICATE_DAYS,
    thresholds.RESTARTS + 1,
    thresholds.SKEW_SECONDS,
    *chain.from_iterable(DRAWN.values()),
)
"""Values at which a number changes its colour; one is too many of what should not be."""


def _steps(thresholds_of: dict[str, Any]) -> list[float]:
    return [step["value"] for step in thresholds_of["steps"] if step["value"] is not None]


def _drawn(model: dict[str, Any]) -> dict[tuple[str, str], list[float]]:
    return {
        (model["uid"], panel["title"]): _steps(panel["fieldConfig"]["defaults"]["thresholds"])
        for panel in panels(model)
        if panel["type"] == "timeseries"
        and panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] != "off"
    }


@pytest.mark.parametrize("uid", UIDS)
def test_a_line_is_drawn_where_the_alert_looks(uid: str) -> None:
    meant = {where: values for where, values in DRAWN.items() if where[0] == uid}
    drawn = _drawn(MODELS[uid])
    assert drawn.keys() == meant.keys()
    for where, values in meant.items():
        assert drawn[where] == pytest.approx(values), where


def test_a_line_elsewhere_would_be_seen() -> None:
    model = DASHBOARDS[0].model()
    panel = next(one for one in panels(model) if one["title"] == "Error ratio")
    panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] += 0.001
    where = ("upbit-overview", "Error ratio")
    assert _drawn(model)[where] != pytest.approx(DRAWN[where])


@pytest.mark.parametrize("uid", UIDS)
def test_a_number_changes_its_colour_where_the_alert_looks(uid: str) -> None:
    for panel in panels(MODELS[uid]):
        fields = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        judged = [
            fields["defaults"].get("thresholds", {"steps": []}),
            *(
                one["value"]
                for override in fields["overrides"]
                for one in override["properties"]
                if one["id"] == "thresholds"
            ),
        ]
        for value in (value for one in judged for value in _steps(one)):
            assert any(value == pytest.approx(known) for known in COLOURED), (panel["title"], value)


@pytest.mark.parametrize(
    ("code", "colour"),
    [("200", "green"), ("404", "orange"), ("429", "red"), ("418", "dark-red"), ("503", "purple")],
)
def test_a_status_has_one_colour(code: str, colour: str) -> None:
    fitting = [shown for known, shown in CODES.items() if re.search(known[1:-1], f"korea {code}")]
    assert fitting[-1] == colour


def test_every_state_of_a_poll_has_a_colour() -> None:
    assert {*STATES} == {*POLL_STATE.values["state"]}


def test_latencies_lead_to_their_requests() -> None:
    led = [
        (uid, panel["title"], target["refId"])
        for uid, model in MODELS.items()
        for panel, target in queries(model)
        if target.get("exemplar")
    ]
    asked = [
        (uid, panel["title"], target["refId"])
        for uid, model in MODELS.items()
        for panel, target in queries(model)
        if panel["type"] == "timeseries"
        and "histogram_quantile" in target["expr"]
        and "upbit_api_request_duration_seconds_bucket" in target["expr"]
    ]
    assert led == asked


@pytest.mark.parametrize("uid", UIDS)
def test_what_happened_is_drawn_over_each(uid: str) -> None:
    events = {
        event["name"]: event["target"]["expr"] for event in MODELS[uid]["annotations"]["list"]
    }
    assert list(events) == ["Alerts", "Restarts", "Reloads", "Listings", "Delistings"]
    assert 'alertstate="firing"' in events["Alerts"]
