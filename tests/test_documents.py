"""What is generated is what is in the tree; what the documents name exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from upbit_monitor.cli import main

ROOT = Path(__file__).parent.parent


def _printed(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_metrics_md_is_what_the_code_says() -> None:
    assert (ROOT / "METRICS.md").read_text() == _printed("metrics-doc"), "run `make docs`"


def test_configuration_md_is_what_the_code_says() -> None:
    assert (ROOT / "CONFIGURATION.md").read_text() == _printed("config-doc"), "run `make docs`"


def test_the_schema_is_what_the_code_says() -> None:
    path = ROOT / "config" / "upbit-monitor.schema.json"
    assert path.read_text() == _printed("config-schema"), "run `make docs`"


def test_the_example_configuration_is_good() -> None:
    printed = _printed("check-config", "--config.file", str(ROOT / "config" / "upbit-monitor.yml"))
    assert "korea" in json.loads(printed[: printed.rindex("}") + 1])["targets"]


def test_what_the_example_configuration_plans_can_be_held() -> None:
    example = str(ROOT / "config" / "upbit-monitor.yml")
    assert "korea/markets" in _printed("check-config", "--plan", "--config.file", example)


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_every_command_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`(?:\.venv/bin/)?upbit-monitor ([a-z-]+)", text))
    assert isinstance(main, click.Group)
    assert named <= set(main.commands)


def test_every_flag_has_a_variable_and_no_variable_means_two_things() -> None:
    assert isinstance(main, click.Group)
    meanings: dict[str, set[tuple[str, object]]] = {}
    for command in main.commands.values():
        for flag in command.params:
            if isinstance(flag, click.Option):
                assert isinstance(flag.envvar, str), f"{command.name} {flag.opts}"
                assert flag.envvar.startswith("UPBIT_MONITOR_")
                meanings.setdefault(flag.envvar, set()).add((flag.opts[0], flag.default))
    assert {variable for variable, these in meanings.items() if len(these) > 1} == set()


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md"])
def test_every_metric_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    known = set(re.findall(r"^### `(upbit_\w+)`", (ROOT / "METRICS.md").read_text(), re.MULTILINE))
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bupbit_\w+", text)}
    assert named - {"upbit_monitor"} <= known


@pytest.mark.parametrize(
    "document",
    ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONFIGURATION.md", "METRICS.md"],
)
def test_every_file_a_document_links_to_exists(document: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / document).read_text())
    links += re.findall(r'src="(?!https?:)([^"]+)"', (ROOT / document).read_text())
    for link in links:
        assert (ROOT / link).exists(), f"{document} links to {link}"
