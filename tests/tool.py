"""Other projects' programs that tests run: on the path, or brought by ``tools/debian-fetch``."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

# In a mount namespace of its own, which needs no root: $0 stands where /usr/share was.
_WITH_ITS_SHARE: Final = (
    *("unshare", "--map-root-user", "--mount"),
    *("sh", "-euc", 'mount --bind "$0" /usr/share; exec "$@"'),
)


@dataclass(frozen=True)
class Tool:
    """A program, by the names that it has here and there, and the Debian package that has it.

    ``reads_share``: it does not start without the files that the package installs in /usr/share.
    """

    names: tuple[str, ...]
    package: str
    reads_share: bool = False

    @cached_property
    def command(self) -> tuple[str, ...]:
        """How to call it; nothing if that is not possible here."""
        for name in self.names:
            if found := shutil.which(name):
                return (found,)
        unpacked = ROOT / ".tools" / self.package / "usr"
        for name in self.names:
            if not (found := shutil.which(name, path=str(unpacked / "bin"))):
                continue
            if not self.reads_share:
                return (found,)
            within = (*_WITH_ITS_SHARE, str(unpacked / "share"))
            if shutil.which("unshare") and _run((*within, "true")).returncode == 0:
                return (*within, found)
        return ()

    @property
    def needed(self) -> pytest.MarkDecorator:
        """Skip a test where the program is not."""
        namespaces = ", and a system that allows user namespaces" if self.reads_share else ""
        reason = f"no {self.names[0]}: `tools/debian-fetch {self.package}`{namespaces}"
        return pytest.mark.skipif(not self.command, reason=reason)

    def run(self, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end, with ``given`` as its input."""
        return _run((*self.command, *map(str, arguments)), given)


def _run(command: tuple[str, ...], given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- a tool of the project's, or of the path
        command, input=given, capture_output=True, text=True, check=False
    )


PROMETHEUS: Final = Tool(("prometheus",), "prometheus")
PROMTOOL: Final = Tool(("promtool",), "prometheus")
ALERTMANAGER: Final = Tool(
    ("alertmanager", "prometheus-alertmanager"), "prometheus-alertmanager", reads_share=True
)
AMTOOL: Final = Tool(("amtool",), "prometheus-alertmanager")
