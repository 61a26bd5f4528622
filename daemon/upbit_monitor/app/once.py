"""One pass of every poll: what it saw, and what the limiter decided."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from upbit_monitor.poller import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from upbit_monitor.app.instruments import Instruments
    from upbit_monitor.app.watch import Watch
    from upbit_monitor.config import Settings
    from upbit_monitor.poller import Poller
    from upbit_monitor.quota import RateLimiter


async def once(
    settings: Settings, instruments: Instruments, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Run each poll once, or only those named, and describe what came of it.

    The answer is fit for JSON; its key ``healthy`` says whether every run succeeded.
    """
    with instruments.logging.installed():
        async with instruments.watch(settings) as watch:
            chosen = [poller for poller in watch.pollers if not only or poller.poll.name in only]
            async with asyncio.TaskGroup() as tasks:
                for poller in chosen:
                    tasks.create_task(poller.tick())
            return _describe(watch, chosen, instruments)


def _describe(watch: Watch, pollers: Sequence[Poller], instruments: Instruments) -> dict[str, Any]:
    return {
        "healthy": all(poller.state() is State.FRESH for poller in pollers),
        "targets": {
            name: {
                "region": target.region,
                "base_url": target.base_url,
                "polls": {
                    poller.poll.name: _poll(poller, instruments)
                    for poller in pollers
                    if poller.target == name
                },
                "without_key": [*target.idle],
                "limiter": [*_limiter(watch.limiters[name])],
            }
            for name, target in watch.settings.targets.items()
        },
    }


def _poll(poller: Poller, instruments: Instruments) -> dict[str, Any]:
    return {
        "ok": poller.why is None,
        "why": poller.why,
        "saw": [*_saw(poller, instruments)] if poller.why is None else [],
    }


def _saw(poller: Poller, instruments: Instruments) -> Iterable[dict[str, Any]]:
    """Give the gauges that the poll shows."""
    names = {family.name for family in poller.poll.families if family.kind == "gauge"}
    for metric in instruments.board.registry.collect():
        if metric.name not in names:
            continue
        for sample in metric.samples:
            labels = dict(sample.labels)
            if labels.pop("target") == poller.target:
                yield {"metric": metric.name, "labels": labels, "value": sample.value}


def _limiter(limiters: Sequence[RateLimiter]) -> Iterable[dict[str, Any]]:
    """Give the groups that were asked."""
    for limiter in limiters:
        for state in limiter.look():
            if state.remaining is not None or state.shut_for:
                yield {
                    "group": state.group,
                    "limit": state.limit,
                    "ours_at_most": state.budget,
                    "remaining": state.remaining,
                    "taken_by_others": state.foreign,
                    "shut_for_seconds": round(state.shut_for, 1),
                }
