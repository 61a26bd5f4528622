"""How a container asks the daemon in it how it is."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Final

from upbit_monitor.errors import MonitorError

_SECONDS: Final = 3.0
"""A page of the daemon's own that takes longer is no good sign."""


def ask(address: str, *, ready: bool) -> str:
    """Ask the daemon that listens at an address whether it lives, or is ``ready``.

    Raises ``MonitorError`` if it does not answer, or not well.
    """
    host, _, port = address.rpartition(":")
    # An address that binds everywhere is reached at home.
    home = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 -- a comparison
    url = f"http://{home}:{port}/{'readyz' if ready else 'healthz'}"
    try:
        # A proxy of the environment is the way to others, not to ourselves.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(url, timeout=_SECONDS) as answer:
            text: str = answer.read().decode()
            return text.strip()
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace").strip()
        raise MonitorError(f"{url}: {error.code}\n{said}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        hint = "is the daemon running, and listening there?"
        raise MonitorError(f"{url}: {reason}; {hint}") from error
