"""Alertmanager's configuration: it is valid, sends nothing yet, and routes by severity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.stack.stack import CONFIG
from tests.tool import AMTOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = CONFIG / "alertmanager/alertmanager.yml"

SECRETS: Final = re.compile(r"(.*password|.*_key|.*token|.*secret|api_url|credentials)")


def with_every_example() -> str:
    """Give the file as it is when the comment marks of its receivers are taken away."""
    head, mark, receivers = FILE.read_text().partition("\nreceivers:\n")
    return head + mark + re.sub(r"^    # ", "    ", receivers, flags=re.MULTILINE)


def keys(node: Any) -> Iterator[str]:  # noqa: ANN401 -- any YAML
    """Give the keys of a tree, from the top down."""
    match node:
        case dict():
            for key, value in node.items():
                yield key
                yield from keys(value)
        case list():
            for value in node:
                yield from keys(value)


@AMTOOL.needed
def test_amtool_has_nothing_to_say() -> None:
    checked = AMTOOL.run("check-config", FILE)
    assert (checked.returncode, "SUCCESS" in checked.stdout) == (0, True), checked.stderr


@AMTOOL.needed
def test_every_example_of_a_receiver_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(with_every_example())
    checked = AMTOOL.run("check-config", file)
    assert checked.returncode == 0, checked.stderr
    receivers = yaml.safe_load(file.read_text())["receivers"]
    assert [receiver["name"] for receiver in receivers if len(receiver) > 1] == [
        "page", "notice", "digest", "heartbeat",
    ]  # fmt: skip


def test_as_it_stands_nothing_is_sent_to_anybody() -> None:
    receivers = yaml.safe_load(FILE.read_text())["receivers"]
    assert [receiver.keys() for receiver in receivers] == [{"name"}] * 4


def test_no_example_has_a_secret_in_it_but_the_place_of_one() -> None:
    receivers = yaml.safe_load(with_every_example())["receivers"]
    assert [key for key in keys(receivers) if SECRETS.fullmatch(key)] == []
    assert [key for key in keys(receivers) if key.endswith("_file")] == [
        "routing_key_file", "api_url_file", "auth_password_file", "credentials_file",
    ]  # fmt: skip


@AMTOOL.needed
@pytest.mark.parametrize(
    ("alert", "severity", "receiver"),
    [
        ("UpbitApiDown", "critical", "page"),
        ("UpbitThrottled", "warning", "notice"),
        ("UpbitMarketDelisted", "info", "digest"),
        ("Watchdog", "none", "heartbeat"),
        ("UpbitApiDown", "sever", "notice"),
        ("UpbitApiDown", "none", "notice"),
    ],
)
def test_an_alert_goes_where_its_severity_says(alert: str, severity: str, receiver: str) -> None:
    labels = (f"alertname={alert}", f"severity={severity}", "job=upbit-monitor", "target=korea")
    routed = AMTOOL.run("config", "routes", "test", f"--config.file={FILE}", *labels)
    assert (routed.returncode, routed.stdout.split()) == (0, [receiver])
