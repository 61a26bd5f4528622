"""Every alert has a runbook, and what a runbook tells to look at and to run exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
import pytest
from aiohttp.test_utils import make_mocked_request

from mixin.alerts import ALERTS, GROUPS
from mixin.rule import Alert, seconds, windows
from tests.mixin import runbook
from tests.mixin.catalogue import FAMILIES, RECORDED, metric
from tests.mixin.log_fields import fields
from tests.mixin.promql import reading
from tests.mixin.runbook import ROOT, RUNBOOKS, Runbook
from upbit_monitor.cli import main
from upbit_monitor.exchange import REGIONS
from upbit_monitor.exposition.site import Site
from upbit_monitor.logs import Event
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Sequence

INDEX: Final = Runbook(RUNBOOKS / "README.md")
ALL: Final = [INDEX, *runbook.every()]

PROGRAMS: Final = {
    "amtool", "chronyc", "curl", "cut", "df", "export", "getent", "grep", "head", "ip",
    "journalctl", "jq", "ls", "openssl", "promtool", "resolvectl", "sort", "ss", "systemctl",
    "tail", "timedatectl", "top", "uniq", "upbit-monitor",
}  # fmt: skip
"""What may be called: ours, and what a Debian system has or an operator of Prometheus."""

PROMETHEUS_PATHS: Final = {"/api/v1/targets", "/api/v1/rules", "/api/v1/alertmanagers"}

NUMBER: Final = {"h": "hour", "m": "minute", "s": "second"}

JQ: Final = shutil.which("jq")


def named(document: Runbook) -> str:
    return document.path.stem


runbooks: Final = pytest.mark.parametrize("document", runbook.every(), ids=named)
documents: Final = pytest.mark.parametrize("document", ALL, ids=named)
alerts: Final = pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)


def words(duration: str) -> str:
    """Say a duration as people do: 90m is 90 minutes, 1h is 1 hour."""
    number, unit = duration[:-1], NUMBER[duration[-1]]
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def parts(program: str, document: Runbook) -> Sequence[Sequence[str]]:
    """Give the arguments of each call of a program."""
    return [part[1:] for line in document.commands for part in line if part[0] == program]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert sorted(map(named, runbook.every())) == sorted(ALERTS)


def test_the_index_names_each_alert_once_in_the_order_of_the_rules() -> None:
    order = [rule.name for group in GROUPS for rule in group.rules if isinstance(rule, Alert)]
    assert re.findall(r"^- \[(\w+)\]\(\1\.md\): \S", INDEX.text, re.MULTILINE) == order


@runbooks
def test_a_runbook_has_the_four_parts(document: Runbook) -> None:
    expected = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
    assert document.headings == [f"# {named(document)}", *(f"## {part}" for part in expected)]
    assert all(document.section(part).strip() for part in expected)


@alerts
def test_the_first_line_says_how_grave_it_is_and_how_soon(alert: Alert) -> None:
    wait = f"after {words(alert.wait)}" if seconds(alert.wait) else "at once"
    first = Runbook(RUNBOOKS / f"{alert.name}.md").text.split("\n")[2]
    assert first.startswith(f"**{alert.severity}, {wait}**: ")
    assert first.endswith(".")


@alerts
def test_the_windows_of_the_alert_are_told(alert: Alert) -> None:
    text = Runbook(RUNBOOKS / f"{alert.name}.md").prose
    for window in windows(alert.expr):
        told = {words(window), words(window).removeprefix("1 ")}
        assert any(one in text for one in told), f"say {words(window)!r}"


@alerts
def test_the_last_words_say_how_it_ends(alert: Alert) -> None:
    last = Runbook(RUNBOOKS / f"{alert.name}.md").text.strip().split("\n\n")[-1]
    assert last.startswith(("It resolves", "It never resolves"))
    assert not seconds(alert.keep) or f"It resolves {words(alert.keep)} after" in last


@runbooks
def test_the_diagnosis_is_numbered_and_has_a_query_and_a_command(document: Runbook) -> None:
    steps = re.findall(r"^(\d+)\. ", document.section("Diagnosis"), re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]
    assert len(steps) >= 2
    assert document.blocks("promql", "Diagnosis")
    assert document.blocks("console", "Diagnosis")


@runbooks
def test_each_step_is_followed_by_how_to_read_it(document: Runbook) -> None:
    steps = re.split(r"^\d+\. ", document.section("Diagnosis"), flags=re.MULTILINE)[1:]
    for step in steps:
        assert step.strip().splitlines()[-1].strip() != "```", step


@runbooks
def test_every_query_names_what_is_there(document: Runbook) -> None:
    found = [each for query in document.blocks("promql") for each in reading(query)[0].findings]
    assert found == []


@documents
def test_no_block_is_of_a_language_that_nobody_checks(document: Runbook) -> None:
    assert {*re.findall(r"^ *```(\w+)", document.text, re.MULTILINE)} <= {"promql", "console"}


@documents
def test_only_programs_are_called_that_an_operator_has(document: Runbook) -> None:
    assert {part[0] for line in document.commands for part in line} <= PROGRAMS


@documents
def test_every_command_of_ours_parses(document: Runbook) -> None:
    assert isinstance(main, click.Group)
    for arguments in parts("upbit-monitor", document):
        command = main.commands[arguments[0]]
        given = command.make_context(arguments[0], [*arguments[1:]]).params
        assert {*given.get("polls", ())} <= {*POLLS}


@documents
async def test_every_address_is_one_that_is_served(document: Runbook) -> None:
    urls = re.findall(r"\bhttps?://[^\s'`>)…]+", document.text)
    paths = {end.path for poll in POLLS.values() for end in poll.endpoints}
    for where in map(urlsplit, urls):
        if where.port == 10931:
            assert await methods(where.path or "/"), where
        elif where.port == 9090:
            assert where.path in {"", *PROMETHEUS_PATHS}
        elif where.port != 9093:
            assert f"https://{where.netloc}" in {region.base_url for region in REGIONS.values()}
            assert where.path in paths


@documents
async def test_every_call_of_the_daemon_has_the_right_method(document: Runbook) -> None:
    for arguments in parts("curl", document):
        where = urlsplit(next(word for word in arguments if "://" in word))
        if where.port == 10931:
            assert ("POST" if "POST" in arguments else "GET") in await methods(where.path), where


async def methods(path: str) -> str:
    """Give the methods that the daemon has for a path; none if it has no such path."""
    unused: Any = None

    async def reload() -> None:
        """Take the new configuration."""

    site = Site(unused, unused, reload=reload, config=dict)
    refusal = await site.answer(make_mocked_request("PATCH", path))
    return refusal.headers.get("Allow", "")


@documents
async def test_every_path_in_prose_is_served(document: Runbook) -> None:
    for path in re.findall(r"`(/|/[a-z]+z|/metrics|/config|/-/\w+)`", document.prose):
        assert await methods(path), path


@documents
def test_every_event_and_field_of_the_log_is_there(document: Runbook) -> None:
    words_of_the_log = {event.value for event in Event}
    for line in document.commands:
        if line[0][0] != "journalctl" or len(line) == 1:
            continue
        assert line[0] == ["journalctl", "--unit", "upbit-monitor", "--output", "cat"]
        wanted = filter_of(line[1])
        events = {*re.findall(r'\.event == "(\w+)"', wanted)}
        assert events <= words_of_the_log
        if not events or ".level" in wanted:
            events = words_of_the_log
        known = {field for event in events for field in fields()[event]}
        assert fields_of(wanted) <= known, wanted


def filter_of(jq: Sequence[str]) -> str:
    """Give the filter, which must pass over systemd's own lines: they are no JSON, and end jq."""
    assert jq[0] == "jq"
    assert jq[1] in {"-cR", "-rR"}
    assert jq[2].startswith("fromjson? |")
    return jq[2].removeprefix("fromjson?")


def fields_of(wanted: str) -> set[str]:
    """Give the fields that a filter names: by a dot, or in braces."""
    bare = re.sub(r'"[^"]*"', "", wanted)
    short = [
        name.strip() for inner in re.findall(r"\{([^}]*)\}", bare) for name in inner.split(",")
    ]
    return {*re.findall(r"\.(\w+)", bare), *short}


@pytest.mark.skipif(JQ is None, reason="no jq: install the package of that name")
@documents
def test_jq_reads_every_filter(document: Runbook) -> None:
    for arguments in parts("jq", document):
        done = subprocess.run(  # noqa: S603 -- jq, on nothing
            [str(JQ), *arguments], input="", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@documents
def test_every_metric_in_prose_is_there(document: Runbook) -> None:
    inner = re.findall(r"`((?:upbit|process|scrape)_\w+?)(?:\{[^`]*)?`", document.prose)
    assert [name for name in inner if name not in {*FAMILIES, *RECORDED} and not metric(name)] == []


@documents
def test_every_event_in_prose_is_there(document: Runbook) -> None:
    told = r"`((?:request|poll|block|state|market|daemon|config|concern|quota|wallet)_[a-z_]+)`"
    others = {*POLLS, *(end.name for poll in POLLS.values() for end in poll.endpoints)}
    others |= {"market_offline", "request_id"}
    assert {*re.findall(told, document.prose)} - others <= {event.value for event in Event}


@documents
def test_every_link_leads_somewhere(document: Runbook) -> None:
    for link in document.links:
        path, _, anchor = link.partition("#")
        place = (RUNBOOKS / path).resolve() if path else document.path
        assert place.is_file(), link
        assert place.is_relative_to(ROOT)
        assert not anchor or anchor in runbook.anchors(place), link
