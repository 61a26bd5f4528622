"""What the demonstration is told to watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_monitor.app.simulation import DEMO_CONFIG
from upbit_monitor.config import load
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"UPBIT_MONITOR_KOREA_ACCESS_KEY": "a", "UPBIT_MONITOR_KOREA_SECRET_KEY": "s"}


def test_the_demonstration_shows_every_poll_and_what_one_without_a_key_is_like(
    tmp_path: Path,
) -> None:
    file = tmp_path / "demo.yml"
    file.write_text(DEMO_CONFIG.format(kr="http://127.0.0.1:1", sg="http://127.0.0.1:2"))
    targets = load(file, environ=KEYS, polls=POLLS).targets.values()
    assert {name for target in targets for name in target.polls} == set(POLLS)
    assert [target.name for target in targets if target.idle] == ["singapore"]
