"""The next command to run, as descriptions of alerts tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upbit_monitor.logs import Event


def logged(*events: Event, where: str = "") -> str:
    """Give the command that shows these events of the log, or the lines for which ``where`` holds.

    Among the daemon's lines stand systemd's own ("Started …"), which are no JSON: at the first of
    them jq would end.
    """
    condition = where or " or ".join(f'.event=="{event}"' for event in events)
    log = "journalctl --unit upbit-monitor --output cat"
    return f"{log} | jq --raw-input 'fromjson? | select({condition})'"


def asked(query: str) -> str:
    """Give the command that asks Prometheus."""
    return f"promtool query instant http://localhost:9090 '{query}'"
