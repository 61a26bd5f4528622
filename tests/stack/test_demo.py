"""``tools/demo`` as a process: with a Prometheus, without one, and nothing left at its end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.stack.stack import ask, free_port, until
from tests.tool import PROMETHEUS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

STARTED = "stop"
"""The last line of what the demonstration says when it has started."""


class Demo:
    """A running ``tools/demo``, in a session of its own. Its state: what it said so far."""

    def __init__(self, process: subprocess.Popen[str], left: Path) -> None:
        self.process, self._left = process, left
        self.said = ""

    def until_said(self, words: str) -> str:
        """Read on until a line has these words; give the line. Fails if it ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return line
        raise AssertionError(self.said)

    def end(self) -> int:
        """Read on to the end; give the exit code."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait()

    def left(self) -> list[str]:
        """Tell what is left of it: files, and processes of its session."""
        files = sorted(path.name for path in self._left.iterdir())
        return [*files, *(str(pid) for pid in of_session(self.process.pid))]


def of_session(session: int) -> Iterator[int]:
    """Give the processes of a session that are still alive."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, told = stat.read_text().partition(" (")
            state, _, _, its_session, *_ = told.rpartition(")")[2].split()
            if int(its_session) == session and state != "Z":
                yield int(pid)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project with the parts that the demonstration needs, and no tool but its own."""
    (tmp_path / "tools").mkdir()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "tools/demo").symlink_to(ROOT / "tools/demo")
    (tmp_path / "config").symlink_to(ROOT / "config")
    return tmp_path


@contextmanager
def demo(project: Path, **environ: str) -> Iterator[Demo]:
    """Run the demonstration of a project, on a path where no Prometheus is but the project's."""
    left = project / "left"
    left.mkdir(exist_ok=True)
    path = [place for place in os.get_exec_path() if not shutil.which("prometheus", path=place)]
    given = {
        "PATH": os.pathsep.join([str(project / "bin"), *path]),
        "TMPDIR": str(left),
        "UPBIT_MONITOR_WEB_LISTEN_ADDRESS": f"127.0.0.1:{free_port()}",
    }
    with subprocess.Popen(  # noqa: S603 -- a tool of the project's
        (project / "tools/demo",),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env=os.environ | given | environ,
    ) as process:  # fmt: skip
        try:
            yield Demo(process, left)
        finally:
            if process.poll() is None:
                for pid in of_session(process.pid):
                    os.kill(pid, signal.SIGKILL)


def pretend(project: Path, script: str, interpreter: str = "/bin/sh") -> None:
    """Put a program on the path that is called prometheus, and is not."""
    (project / "bin").mkdir()
    program = project / "bin/prometheus"
    program.write_text(f"#!{interpreter}\n{script}\n")
    program.chmod(0o755)


ALWAYS_READY = """\
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
(address,) = (flag for flag in sys.argv if flag.startswith("--web.listen-address="))
http.server.HTTPServer(("127.0.0.1", int(address.rpartition(":")[2])), Ready).serve_forever()
"""


def watches_the_daemon(prometheus: str) -> bool:
    """Tell whether this Prometheus has reached all that it should: the daemon and itself."""
    targets: list[dict[str, Any]] = ask(f"{prometheus}/api/v1/targets")["data"]["activeTargets"]
    reached = sorted(each["scrapePool"] for each in targets if each["health"] == "up")
    return reached == ["prometheus", "upbit-monitor"]


@PROMETHEUS.needed
def test_a_prometheus_watches_the_demonstration_and_ends_with_it(project: Path) -> None:
    unpacked = ROOT / ".tools"
    if unpacked.is_dir():
        (project / ".tools").symlink_to(unpacked)
    with demo(project, PATH=os.environ["PATH"]) as shown:
        url = shown.until_said("http://127.0.0.1:").split()[1].rstrip("/")
        shown.until_said(STARTED)
        until(partial(watches_the_daemon, url))
        read = ask(f"{url}/api/v1/status/config")["data"]["yaml"]
        assert "scrape_interval: 2s" in read
        assert "15s" not in read
        # As Ctrl-C does: all in the foreground hear it.
        os.killpg(shown.process.pid, signal.SIGINT)
        assert shown.end() == 0
    assert "The exchanges received" in shown.said
    assert shown.left() == []


def test_without_a_prometheus_it_says_how_to_get_one(project: Path) -> None:
    with demo(project) as shown:
        assert "tools/debian-fetch prometheus" in shown.until_said("prometheus")
        shown.until_said(STARTED)
        shown.process.terminate()
        assert shown.end() == 0
    assert shown.left() == []


def test_a_prometheus_that_does_not_start_does_not_spoil_it(project: Path) -> None:
    pretend(project, "echo 'level=error err=\"no space\"'; exit 1")
    with demo(project) as shown:
        assert "no space" in shown.until_said("did not start")
        shown.until_said(STARTED)
        shown.process.terminate()
        assert shown.end() == 0
    assert shown.left() == []


def test_a_demonstration_that_does_not_start_takes_prometheus_along(project: Path) -> None:
    pretend(project, ALWAYS_READY, sys.executable)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = f"127.0.0.1:{somebody.getsockname()[1]}"
        with demo(project, UPBIT_MONITOR_WEB_LISTEN_ADDRESS=taken) as shown:
            shown.until_said("http://127.0.0.1:")
            assert shown.end() == 1
    assert f"{taken}: cannot listen" in shown.said
    assert shown.left() == []


def test_it_can_be_stopped_while_prometheus_starts(project: Path) -> None:
    pretend(project, f"touch {project}/bin/started; exec sleep 600")
    with demo(project) as shown:
        until((project / "bin/started").exists)
        shown.process.terminate()
        assert shown.end() == 128 + signal.SIGTERM
    assert shown.left() == []


def test_a_demonstration_that_dies_without_a_word_leaves_nothing(project: Path) -> None:
    pretend(project, ALWAYS_READY, sys.executable)
    with demo(project) as shown:
        shown.until_said(STARTED)
        (daemon,) = (
            pid
            for pid in of_session(shown.process.pid)
            if b"\0demo\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        os.kill(daemon, signal.SIGKILL)
        assert shown.end() == 128 + signal.SIGKILL
    assert shown.left() == []
