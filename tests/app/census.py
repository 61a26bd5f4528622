"""Counts what must not grow: tasks, timers, series, and objects of the daemon's own classes."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class Census(NamedTuple):
    """How much there is of it."""

    tasks: int
    timers: int
    series: int
    objects: Counter[str]
    """Live objects by class."""

    @classmethod
    def of(cls, registry: CollectorRegistry) -> Census:
        """Count now, in the running loop."""
        gc.collect()
        classes = (f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects())
        ours = (name for name in classes if name.startswith("upbit_monitor."))
        loop: Any = asyncio.get_running_loop()
        return cls(
            tasks=len(asyncio.all_tasks()),
            timers=sum(not one.cancelled() for one in loop._scheduled),  # noqa: SLF001 -- asyncio cannot be asked
            series=sum(len(metric.samples) for metric in registry.collect()),
            objects=Counter(name for name in ours if ".simulator." not in name),
        )
