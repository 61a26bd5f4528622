"""The stack's files as data, and its servers as processes."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.tool import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.tool import Tool

CONFIG: Final = ROOT / "config"
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((CONFIG / "compose.yml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]

# A proxy has no say in what this host asks itself.
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody has now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def ask(url: str, body: Any = None) -> Any:  # noqa: ANN401 -- JSON
    """Get, or post as JSON, and give what the JSON of the answer says; nothing if it has none."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310 -- a URL of the test
    with _DIRECT.open(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith((b"{", b"[")) else None


def until(holds: Callable[[], bool]) -> None:
    """Ask again and again until it holds; the test's own timeout is the limit."""
    while not holds():
        time.sleep(0.02)


@contextmanager
def serving(tool: Tool, flags: list[str], log: Path) -> Iterator[str]:
    """Run a server of the Prometheus family until the block ends; give its URL, when it is ready.

    ``flags`` say everything but where to listen. What it says goes to ``log``.
    """
    address = f"127.0.0.1:{free_port()}"
    command = (*tool.command, *flags, f"--web.listen-address={address}")
    url = f"http://{address}"
    with log.open("w") as lines, subprocess.Popen(command, stdout=lines, stderr=lines) as process:  # noqa: S603 -- a tool of the project's, or of the path

        def ready() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return ask(f"{url}/-/ready") is None
            except OSError:
                return False

        try:
            until(ready)
            yield url
        finally:
            process.terminate()


def flags(service: str, places: dict[str, Path]) -> list[str]:
    """Give the flags that a service has in compose.yml, with paths of the container put elsewhere.

    ``places`` has, for a path in the container, what stands for it here.
    """
    given: list[str] = []
    for flag in SERVICES[service]["command"]:
        name, equals, value = flag.partition("=")
        for inside, outside in places.items():
            if value == inside or value.startswith(f"{inside}/"):
                value = f"{outside}{value.removeprefix(inside)}"
                break
        given.append(f"{name}{equals}{value}")
    return given
