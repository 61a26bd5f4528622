"""What ``check-config`` says of the plan, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from upbit_monitor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
targets:
  korea:
    region: kr
    polls:
      markets: {{every: {every}}}
      open_orders:
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "upbit-monitor.yml"


def check(config: Path, every: str, *flags: str) -> Result:
    config.write_text(CONFIG.format(every=every))
    arguments = ("check-config", "--config.file", str(config), *flags)
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_a_plan_that_holds_is_shown_and_exits_0(config: Path) -> None:
    result = check(config, "1m", "--plan")
    assert result.exit_code == 0
    assert "korea/markets: 1 request every 1m" in result.stdout
    assert result.stderr == (
        "target korea: open_orders is off: it needs a key, and the target has none\n"
    )


def test_a_plan_that_cannot_hold_is_shown_and_exits_2_with_one_error_a_group(config: Path) -> None:
    result = check(config, "200ms", "--plan")
    assert result.exit_code == 2
    assert "NO" in result.stdout
    _, *errors = result.stderr.splitlines()
    assert " ".join(errors) == (
        "https://api.upbit.com, group market: 5 requests a second are planned (korea/markets 5), "
        "and share 0.5 of 10 sustains 4.55; make the intervals 1.1 times as long or watch fewer "
        "markets (share 0.6 would do)"
    )


def test_without_asking_for_the_plan_it_is_a_warning(config: Path) -> None:
    result = check(config, "200ms")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[1].startswith("warning: https://api.upbit.com, group market")
    assert result.stdout.startswith("{"), "the configuration, as ever"


def test_a_configuration_whose_plan_holds_gives_no_warning(config: Path) -> None:
    assert "warning" not in check(config, "1m").stderr


def test_a_poll_that_is_off_is_not_planned(config: Path) -> None:
    assert "open_orders:" not in check(config, "1m", "--plan").stdout
