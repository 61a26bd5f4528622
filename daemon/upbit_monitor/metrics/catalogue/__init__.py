"""The daemon's own families, by area: attempts, their path, the quota, polls, the daemon itself.

What a poll learns of the exchange is declared in the poll's own module. Names are a contract
between the daemon, the rules and the dashboards. Label sets are closed; see ``REASONS`` and the
like. Families that speak of an exchange have the label ``target`` first.
"""

from __future__ import annotations

from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Final

from upbit_monitor.metrics.catalogue import api, daemon, path, polls, quota
from upbit_monitor.metrics.catalogue.api import *  # noqa: F403 -- the door to the families within
from upbit_monitor.metrics.catalogue.daemon import *  # noqa: F403 -- the same
from upbit_monitor.metrics.catalogue.path import *  # noqa: F403 -- the same
from upbit_monitor.metrics.catalogue.polls import *  # noqa: F403 -- the same
from upbit_monitor.metrics.catalogue.quota import *  # noqa: F403 -- the same
from upbit_monitor.metrics.family import SERIES_LIMIT_HITS, Family

if TYPE_CHECKING:
    from collections.abc import Mapping


def _declared(area: ModuleType) -> tuple[Family, ...]:
    return tuple(family for family in vars(area).values() if isinstance(family, Family))


AREAS: Final[Mapping[str, tuple[Family, ...]]] = MappingProxyType(
    {
        "api": _declared(api),
        "path": _declared(path),
        "quota": _declared(quota),
        "polls": _declared(polls),
        "daemon": (*_declared(daemon), SERIES_LIMIT_HITS),
    }
)
"""Every family above by area, and ``SERIES_LIMIT_HITS``."""

CATALOGUE: Final[tuple[Family, ...]] = tuple(
    family for families in AREAS.values() for family in families
)
"""The same in one row."""
