"""What a scenario is: a fault, by whom it is seen, and exactly which alerts it brings about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from e2e.daemons import COMMAND
from e2e.venue import CALM

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.daemons import DaemonProcess
    from e2e.venue import Front, Host, Venue
    from upbit_monitor.simulator import Knobs

API: Final = "api"
BURNS: Final = "burns"
QUOTA: Final = "quota"
KEYS: Final = "keys"
EXCHANGE: Final = "exchange"
SHARED: Final = (API, BURNS, QUOTA, KEYS, EXCHANGE)
"""Daemons that watch many scenarios, one target each: a page for all would take too long to read.
"""

PUBLIC: Final[dict[str, Any]] = {
    "tickers": {"every": "1s", "watch": ["SGD-BTC"]},
    "orderbook": {"every": "1s"},
}
"""What most targets ask: of one market each, so that all the exchanges fit into one process."""


@dataclass(slots=True)
class Stage:
    """Where one scenario is played: the exchange, the daemon that watches it, and a folder.

    ``front`` is there for an exchange behind TLS, ``host`` if there is one beside it.
    """

    scenario: Scenario
    venue: Venue
    daemon: DaemonProcess
    folder: Path
    front: Front | None = None
    host: Host | None = None


Fault: TypeAlias = Callable[[Stage], AbstractAsyncContextManager[None]]
"""To enter it begins the fault, to leave it ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One fault. Its name is that of its target, and of its daemon if it has one of its own.

    ``told``: alerts that somebody is told of. ``muted``: alerts that fire, and that an inhibition
    keeps from being told. ``lasts``: seconds after which the fault ends by itself, or is mended;
    else it goes on until all is told. ``polls`` and ``target`` are settings of its target,
    ``settings`` of its daemon. ``beside``: its daemon asks for a second opinion.
    """

    name: str
    story: str
    fault: Fault
    told: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    daemon: str = API
    region: str = "sg"
    polls: Mapping[str, Any] = field(default_factory=lambda: PUBLIC)
    target: Mapping[str, Any] = field(default_factory=dict)
    knobs: Knobs = CALM
    keyed: bool = False
    tls: bool = False
    beside: bool = False
    lasts: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    command: tuple[str, ...] = COMMAND

    @property
    def alone(self) -> bool:
        """Whether a daemon of its own watches it."""
        return self.daemon == self.name


def alerts(*names: str) -> frozenset[str]:
    """Give the alerts of these names, written without the ``Upbit`` that all begin with."""
    return frozenset(f"Upbit{name}" for name in names)
