"""What fired and what was told is held against what was to be expected, and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from e2e import matrix
from e2e.alertmanager import Told
from e2e.clues import clues
from e2e.expectations.expected import Expected, at, calm
from e2e.faults import SCENARIOS
from e2e.verdict import Outcome, outcomes, owner
from mixin.alerts import ALERTS

if TYPE_CHECKING:
    from pathlib import Path

DEAD, HEALTHY = SCENARIOS["dead"], SCENARIOS["healthy"]
SPANS = {"dead": (100.0, 200.0), "healthy": (100.0, 200.0)}
PLAYED = {"dead": DEAD, "healthy": HEALTHY, "killed": SCENARIOS["killed"]}


def firing(alert: str, first: float, last: float, **labels: str) -> dict[str, Any]:
    metric = {"alertname": alert, "instance": "api", "target": "dead", **labels}
    return {"metric": metric, "values": [[first, "1"], [last, "1"]]}


def told(alert: str, at_: float, **labels: str) -> Told:
    return Told(
        at_, "page", firing=True,
        labels={"alertname": alert, "instance": "api", "target": "dead", **labels},
    )  # fmt: skip


def played(fired: list[dict[str, Any]], heard: list[Told]) -> Outcome:
    return outcomes({"dead": SPANS["dead"]}, PLAYED, fired, heard)[0]


ALL = [firing(name, 110, 150) for name in sorted(DEAD.told | DEAD.muted)]
DOWN = told("UpbitApiDown", 112)


def test_an_exact_outcome_has_no_faults() -> None:
    outcome = played(ALL, [DOWN])
    assert outcome.faults == []
    assert outcome.muted == DEAD.muted


def test_one_that_is_told_again_after_the_fault_is_an_echo() -> None:
    outcome = played(ALL, [DOWN, told("UpbitDataStale", 210)])
    assert outcome.faults == []
    assert matrix.mark(outcome, "UpbitDataStale") == matrix.ECHO


@pytest.mark.parametrize(
    ("fired", "heard", "fault"),
    [
        (ALL, [], "not told: UpbitApiDown"),
        (ALL, [DOWN, told("UpbitDataStale", 120)], "should not have been: UpbitDataStale"),
        (ALL[1:], [DOWN], f"be muted: {ALL[0]['metric']['alertname']}"
         if ALL[0]["metric"]["alertname"] in DEAD.muted else ""),
        ([*ALL, firing("UpbitThrottled", 120, 130)], [DOWN], "should not have: UpbitThrottled"),
        ([*ALL, firing("UpbitThrottled", 220, 230)], [DOWN], "was over: UpbitThrottled"),
    ],
)  # fmt: skip
def test_what_is_not_exact_is_told(fired: list[Any], heard: list[Told], fault: str) -> None:
    assert fault in "; ".join(played(fired, heard).faults)


def test_what_resolves_is_not_told_as_firing() -> None:
    assert "not told" in played(ALL, [replace(DOWN, firing=False)]).faults[0]


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"alertname": "UpbitApiDown", "instance": "api", "target": "dead"}, "dead"),
        ({"alertname": "UpbitMonitorLogsLost", "instance": "api"}, "healthy"),
        ({"alertname": "UpbitMonitorDown", "instance": "killed"}, "killed"),
        ({"alertname": "UpbitMonitorAbsent", "job": "upbit-monitor"}, "absent"),
        ({"alertname": "Watchdog"}, None),
    ],
)
def test_an_alert_belongs_to_its_target_its_daemon_or_nobody(
    labels: dict[str, str], name: str | None
) -> None:
    assert owner(labels, PLAYED) == name


def test_the_matrix_shows_a_mark_for_each_alert() -> None:
    outcome = played(ALL, [DOWN])
    lines = matrix.text([outcome], ["UpbitApiDown", "UpbitDataStale", "UpbitBlocked"]).splitlines()
    assert "dead  F m ." in lines
    assert lines[4:6] == ["      0 0 0", "      1 2 3"]


def test_the_matrix_as_a_table() -> None:
    table = matrix.markdown([played(ALL, [DOWN])])
    assert "| `dead` | every connection is refused | UpbitApiDown |" in table


def test_every_alert_has_a_fault_that_is_to_bring_it_about() -> None:
    named = {name for one in SCENARIOS.values() for name in one.told}
    assert ALERTS.keys() - named == {"UpbitMonitorAbsent", "Watchdog"}


def test_scenarios_name_alerts_that_there_are() -> None:
    named = {name for one in SCENARIOS.values() for name in one.told | one.muted}
    assert named <= ALERTS.keys()
    assert not any(one.told & one.muted for one in SCENARIOS.values())


def test_what_came_out_wrong_is_told_with_its_log_and_its_question(tmp_path: Path) -> None:
    assert clues([played(ALL, [DOWN])], {}, tmp_path) == []
    scenario, question, remedy = clues([played(ALL, [])], {"api": "the-log"}, tmp_path)
    assert "daemon api, log the-log, fault from 100 to 200" in scenario
    assert question.strip().startswith("UpbitApiDown: ( count by (job, instance, target)")
    assert "python -m e2e serve" in remedy


def values(*numbers: float) -> list[dict[str, Any]]:
    return [{"metric": {}, "values": [[0, str(number)] for number in numbers]}]


@pytest.mark.parametrize(
    ("wish", "seen", "fault"),
    [
        (at("dead", 1, 2), values(0, 1.5), None),
        (at("dead", 1, 2), values(0, 3), "never within 1 to 2"),
        (calm("dead", 1, 2), values(1, 2), None),
        (calm("dead", 1, 2), values(1, 3), "not always within 1 to 2"),
        (at("dead", 1, 2), [], "shows nothing"),
        (at("dead", 1, 2), values(float("nan")), "shows nothing"),
    ],
)
def test_an_expectation_is_met_or_says_what_it_saw(
    wish: Expected, seen: list[Any], fault: str | None
) -> None:
    found = wish.fault(seen)
    assert found is None if fault is None else fault in (found or "")
