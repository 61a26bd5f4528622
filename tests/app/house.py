"""The daemon's work without its web side: a watch, its schedule, and what they show."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from tests.fakes import FakeBoard, FakeLog
from upbit_monitor.app.schedule import Schedule
from upbit_monitor.app.scopes import Scopes
from upbit_monitor.app.watch import Watch
from upbit_monitor.config import Credentials, Log, Settings, Target, Web
from upbit_monitor.exchange import REGIONS, Timeouts
from upbit_monitor.metrics import CallMetrics, LimiterMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from upbit_monitor.exchange import Transport
    from upbit_monitor.simulator import Key


def target(
    name: str = "korea",
    polls: Mapping[str, Any] = MappingProxyType({}),
    *,
    key: Key | None = None,
    **fields: Any,  # noqa: ANN401 -- fields of a target
) -> Target:
    """Give a target, in Korea unless told otherwise."""
    region = fields.pop("region", "kr")
    credentials = None
    if key is not None:
        credentials = Credentials(SecretStr(key.access), SecretStr(key.secret), "HS512")
    base_url = REGIONS[region].base_url
    defaults: dict[str, Any] = {"base_url": base_url, "share": 0.5, "timeouts": Timeouts()}
    given = defaults | {"name": name, "region": region, "polls": polls} | fields
    return Target(credentials=credentials, **given)


def settings(*targets: Target) -> Settings:
    """Give settings with these targets."""
    return Settings({one.name: one for one in targets}, Web("127.0.0.1:0"), Log())


@dataclass
class House:
    """What outlives a configuration, and what is made for one."""

    wall: Callable[[], float]
    board: FakeBoard = field(default_factory=FakeBoard)
    log: FakeLog = field(default_factory=FakeLog)
    scopes: Scopes = field(default_factory=Scopes)
    calls: CallMetrics = field(init=False)
    limits: LimiterMetrics = field(init=False)

    def __post_init__(self) -> None:
        self.calls = CallMetrics(self.board)
        self.limits = LimiterMetrics(self.wall)
        self.board.registry.register(self.limits)

    def watch(
        self,
        wanted: Settings,
        transport: Callable[[Target], AbstractAsyncContextManager[Transport]],
    ) -> Watch:
        """Make what these settings ask for. To be entered."""
        limiters = self.scopes.open(wanted.targets.values())
        self.limits.watch(limiters)
        return Watch(
            wanted,
            limiters=limiters,
            board=self.board,
            calls=self.calls,
            observers=(self.calls,),
            logger=lambda **_: self.log,
            transport=transport,
            wall=self.wall,
        )

    def schedule(self, watch: Watch) -> Schedule:
        """Make the schedule of what is watched."""
        return Schedule(watch.pollers, board=self.board, log=self.log, wall=self.wall)
