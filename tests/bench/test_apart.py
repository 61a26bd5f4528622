"""The judge shares no code with the limiter that it judges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bench.limiter

ROOM = Path(bench.limiter.__file__).parent
MAY = {"ours.py", "cost.py"}

LOADED = """
import sys
import bench.limiter.play, bench.limiter.scenarios, bench.limiter.table
print([name for name in sys.modules if name.startswith("upbit_monitor.quota")])
"""


def test_only_two_modules_know_our_limiter() -> None:
    knowing = {path.name for path in ROOM.glob("*.py") if "upbit_monitor.quota" in path.read_text()}
    assert knowing == MAY


def test_the_judge_works_without_it_by_all_detours() -> None:
    command = [sys.executable, "-c", LOADED]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    assert loaded.stdout.strip() == "[]"
