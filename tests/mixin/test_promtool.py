"""Each alert as Prometheus' own engine sees it: ``rules/*.test.yml``, run by promtool.

What stands in the files: ``stories``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mixin.alerts import ALERTS
from mixin.recording import RECORDING
from mixin.rule import Recording
from tests.mixin.stories import FILES, FOLDER, STORIES, told
from tests.tool import PROMTOOL

if TYPE_CHECKING:
    from pathlib import Path


@PROMTOOL.needed
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_rules_do_as_their_stories_say(path: Path) -> None:
    done = PROMTOOL.run("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_story_in_which_it_fires(alert: str) -> None:
    assert any(story.fires for story in STORIES if story.alert == alert)


@pytest.mark.parametrize("alert", sorted({*ALERTS} - {"Watchdog"}))
def test_each_alert_has_a_story_in_which_it_never_fires(alert: str) -> None:
    assert any(story.is_silent for story in STORIES if story.alert == alert)


@pytest.mark.parametrize("alert", sorted({*ALERTS} - {"Watchdog"}))
def test_each_alert_resolves_in_a_story(alert: str) -> None:
    assert any(story.ends_silent for story in STORIES if story.alert == alert)


@pytest.mark.parametrize("alert", [name for name, alert in ALERTS.items() if alert.wait != "0s"])
def test_an_alert_that_waits_is_seen_to_wait(alert: str) -> None:
    assert any(story.begins_silent for story in STORIES if story.alert == alert)


def test_each_test_of_a_file_has_its_story_in_a_name_and_each_file_in_its_first_line() -> None:
    for path in FILES:
        assert path.read_text().startswith("# "), path.name
        names = [test["name"] for test in told(path)]
        assert len({*names}) == len(names), path.name


def test_every_recording_rule_is_asked_for() -> None:
    asked = "\n".join(
        look["expr"]
        for test in told(FOLDER / "recording.test.yml")
        for look in test["promql_expr_test"]
    )
    burnt = "\n".join(alert.expr for alert in ALERTS.values())
    rules = [rule for group in RECORDING for rule in group.rules]
    recorded = {rule.record for rule in rules if isinstance(rule, Recording)}
    assert {name for name in recorded if name not in asked and name not in burnt} == set()
