"""What an alert says can be acted upon: labels, events, commands, pages and runbooks exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from aiohttp.test_utils import make_mocked_request

from mixin.alerts import ALERTS, GROUPS
from mixin.alerts.steps import logged
from mixin.files import RULES
from mixin.recording import RECORDING
from mixin.rule import RUNBOOKS, Alert
from tests.mixin.catalogue import FAMILIES
from tests.mixin.promql import families
from tests.mixin.stories import STORIES
from upbit_monitor.cli import main
from upbit_monitor.exposition.site import Site
from upbit_monitor.logs import Event
from upbit_monitor.polls import POLLS

ROOT: Final = Path(__file__).parents[2]
ALL: Final = (*RECORDING, *GROUPS)

OF_NO_TARGET: Final = {
    "UpbitMonitorOffline": "it speaks of the way to all of them",
}
"""Alerts that drop the label ``target`` of what they look at, and why."""


def _texts(alert: Alert) -> str:
    return f"{alert.summary}\n{alert.description}"


def test_groups_and_rules_have_names_of_their_own() -> None:
    assert len({group.name for group in ALL}) == len(ALL)
    assert sum(len(group.rules) for group in GROUPS) == len(ALERTS)
    assert {group.interval for group in ALL} == {"30s"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_the_matter_with_what_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert re.fullmatch(r"Upbit[A-Z]\w+|Watchdog", name)
    assert alert.severity in {"critical", "warning", "info", "none"}
    assert "\n" not in _texts(alert).replace("\n", "", 1)
    assert len(alert.summary) < 120
    assert not alert.summary.endswith(".")
    assert alert.description.endswith(".")
    assert "$value" in alert.description
    commands = r"journalctl|curl|promtool|upbit-monitor|systemctl|openssl|timedatectl|ip|top|df"
    assert re.search(rf"(?:^|[:;`] ?)(?:{commands}) ", alert.description)
    if name not in {"UpbitMonitorAbsent", "Watchdog"}:
        whose = r"\$labels\.(?:target|instance)\b"
        assert re.search(whose, alert.description)
        assert re.search(whose, alert.summary)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_keeps_target_and_has_the_labels_that_its_words_name(name: str) -> None:
    alert = ALERTS[name]
    named = {*re.findall(r"\$labels\.(\w+)", _texts(alert))}
    shown = [FAMILIES.get(family) for family in families(alert.expr)]
    wanted = {"job", "instance"} if shown else set()
    wanted |= {"target"} if any(family and "target" in family.labels for family in shown) else set()
    if name in OF_NO_TARGET:
        wanted -= {"target"}
    if name == "UpbitMonitorAbsent":
        wanted -= {"instance"}  # of what is absent nothing is known but what was asked for
    expected = [labels for story in STORIES if story.alert == name for labels in story.labels]
    assert expected
    for labels in expected:
        assert named | wanted | {"severity"} <= labels


@pytest.mark.parametrize("name", ALERTS)
def test_every_event_that_an_alert_names_is_of_the_vocabulary(name: str) -> None:
    text = _texts(ALERTS[name])
    named = re.findall(r'\.event=="([^"]*)"', text)
    assert {*named} <= {event.value for event in Event}
    assert text.count("journalctl --unit upbit-monitor --output cat") == text.count("select(")


def test_a_command_for_the_log_passes_over_lines_that_are_no_json() -> None:
    assert "jq --raw-input 'fromjson? | select(" in logged(Event.POLL_PARKED)


@pytest.mark.parametrize("name", ALERTS)
def test_every_command_of_ours_that_an_alert_names_can_be_given(name: str) -> None:
    commands: Any = main.commands
    for command, rest in re.findall(
        r"(?<!--unit )(?<!job )\bupbit-monitor ([a-z][a-z-]*)([^;:,.`)]*)",
        ALERTS[name].description,
    ):
        arguments = rest.split()
        context = commands[command].make_context(command, [*arguments])
        assert {*context.params.get("polls", ())} <= {*POLLS}


@pytest.mark.parametrize("name", ALERTS)
async def test_every_page_that_an_alert_names_is_served(name: str) -> None:
    nothing: Any = None
    site = Site(nothing, nothing, reload=nothing or _reload, config=dict)
    named = re.findall(
        r"(-X POST )?http://\{\{ \$labels\.instance \}\}(/[\w/-]*)", ALERTS[name].description
    )
    for post, path in named:
        # Whatever has the path refuses this method, and tells which it knows.
        answer = await site.answer(make_mocked_request("DELETE", path))
        assert answer.status == 405, path
        assert ("POST" if post else "GET") in answer.headers["Allow"]


async def _reload() -> None:
    """Do nothing."""


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_its_runbook(name: str) -> None:
    generated = yaml.safe_load((ROOT / RULES / "upbit-monitor.alerts.yml").read_text())
    (url,) = (
        rule["annotations"]["runbook_url"]
        for group in generated["groups"]
        for rule in group["rules"]
        if rule["alert"] == name
    )
    assert url == f"{RUNBOOKS}/{name}.md"
    assert (ROOT / "runbooks" / f"{name}.md").is_file()
