"""The commit that this daemon was built from: the image says it, or git in a clone."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

_VARIABLE: Final = "UPBIT_MONITOR_REVISION"
_UNKNOWN: Final = "unknown"

_ROOT: Final = Path(__file__).resolve().parents[3]
"""The work tree, if the package lies in a clone of this repository."""

_PATIENCE: Final = 1.0
"""Seconds that git may take: a disk that hangs must not keep the daemon from its work."""


def revision() -> str:
    """Give the commit, or ``unknown``. Never fails; git is asked once in a process."""
    return os.environ.get(_VARIABLE) or _of_clone(_ROOT)


@cache
def _of_clone(root: Path) -> str:
    """Ask git. An installed package may lie within another repository, which is not meant."""
    git = shutil.which("git") if (root / ".git").exists() else None
    if git is None:
        return _UNKNOWN
    # A hook of another repository, say, names that one in its environment. And we only read.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        told = subprocess.run(  # noqa: S603 -- fixed words
            [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            env=environ | {"GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return _UNKNOWN
    return told.stdout.decode("ascii", "replace").strip() or _UNKNOWN
