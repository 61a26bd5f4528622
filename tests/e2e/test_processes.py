"""Whatever a run starts has ended when it ends, by whatever way."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from e2e.failure import Failure
from e2e.processes import Child, program
from tests.tool import Tool

SLEEP = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '99']); print(p.pid, flush=True); time.sleep(99)"  # noqa: E501
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP


def alive(pid: int) -> bool:
    """Whether it runs: not one that has ended, and that nobody has buried yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def line(log: Path) -> int:
    while not (log.exists() and log.read_text().strip()):  # noqa: ASYNC110 -- another process
        await asyncio.sleep(0.01)
    return int(log.read_text())


async def gone(*pids: int) -> None:
    while any(map(alive, pids)):  # noqa: ASYNC110 -- the kernel tells nobody
        await asyncio.sleep(0.01)


def child(tmp_path: Path, code: str = SLEEP) -> Child:
    return Child("sleeper", (sys.executable, "-c", code), log=tmp_path / "log")


@pytest.mark.parametrize("stopped", [False, True])
async def test_it_ends_with_what_it_started(tmp_path: Path, stopped: bool) -> None:  # noqa: FBT001
    one = child(tmp_path)
    await one.start()
    grandchild, pid = await line(one.log), one.pid
    if stopped:
        one.send(signal.SIGSTOP)
    await one.end()
    await gone(pid, grandchild)


async def test_one_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("e2e.processes._GRACE", 0.1)
    one = child(tmp_path, STUBBORN)
    await one.start()
    grandchild, pid = await line(one.log), one.pid
    await one.end()
    await gone(pid, grandchild)


async def test_it_is_killed_while_it_is_being_ended(tmp_path: Path) -> None:
    one = child(tmp_path, STUBBORN)
    await one.start()
    grandchild, pid = await line(one.log), one.pid
    ending = asyncio.create_task(one.end())
    await asyncio.sleep(0.05)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    await gone(pid, grandchild)


async def test_it_dies_with_a_runner_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    runner = f"""
import asyncio, sys
from pathlib import Path
from e2e.processes import Child
async def main():
    one = Child("sleeper", (sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(99)"), log=Path({str(log)!r}))
    await one.start()
    await asyncio.sleep(99)
asyncio.run(main())
"""  # noqa: E501
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", runner, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    pid = await line(log)
    process.kill()
    await process.wait()
    await gone(pid)


async def test_one_that_died_is_told_with_its_last_words(tmp_path: Path) -> None:
    one = child(tmp_path, "raise SystemExit('no such thing')")
    await one.start()
    while one.running:  # noqa: ASYNC110 -- its end is found out aside
        await asyncio.sleep(0.01)
    with pytest.raises(Failure, match=r"sleeper ended \(exit code 1\)(?s:.)*no such thing"):
        one.check()


def test_a_program_that_is_not_here_is_told_with_the_remedy() -> None:
    with pytest.raises(Failure, match="tools/debian-fetch nothing"):
        program(Tool(("no-such-program-at-all",), "nothing"))
