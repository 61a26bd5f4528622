"""One pass of every poll: what it saw, and what the limiter decided."""

from __future__ import annotations

import asyncio
import time
from heapq import merge
from typing import TYPE_CHECKING, Any

from upbit_monitor.app.second_opinion import Asker
from upbit_monitor.app.status import status
from upbit_monitor.app.story import story
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from upbit_monitor.app.instruments import Instruments
    from upbit_monitor.app.watch import Watch
    from upbit_monitor.config import Settings
    from upbit_monitor.exposition import Opinion, TargetStatus
    from upbit_monitor.poller import Poller
    from upbit_monitor.quota import Decision, RateLimiter


async def once(
    settings: Settings, instruments: Instruments, only: Sequence[str] = (), *, debug: bool = False
) -> dict[str, Any]:
    """Run each poll once, or only those named, and describe what came of it.

    The answer is fit for JSON; its key ``healthy`` says whether every run succeeded. The key
    ``second_opinion`` is there if the settings name a host to ask for one. With
    ``debug``, each target has the story of its limiters under ``decisions``; of targets that share
    one, the first.
    """
    with instruments.logging.installed():
        async with instruments.watch(settings) as watch:
            ears = _listen(watch) if debug else {}
            began = asyncio.get_running_loop().time()
            chosen = [poller for poller in watch.pollers if not only or poller.poll.name in only]
            log = instruments.logging.logger()
            asker = Asker(board=instruments.board, log=log, wall=time.time)
            asker.follow(settings.second_opinion)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asker.ask())
                for poller in chosen:
                    tasks.create_task(poller.tick())
            asker.close()
            seen = _describe(watch, chosen, only, instruments)
            if asker.opinion is not None:
                seen["second_opinion"] = _opinion(asker.opinion)
    if debug:
        for name, target in seen["targets"].items():
            mine = [limiter for limiter in watch.limiters[name] if limiter in ears]
            heard = (story(ears.pop(limiter), began) for limiter in mine)
            target["decisions"] = [*merge(*heard, key=lambda event: event["at_seconds"])]
    return seen


def _listen(watch: Watch) -> dict[RateLimiter, list[Decision]]:
    """Let every decision be heard here, and not by the log: it would be told twice."""
    ears: dict[RateLimiter, list[Decision]] = {}
    for limiters in watch.limiters.values():
        for limiter in limiters:
            ears[limiter] = []
            limiter.listen(ears[limiter].append)
    return ears


def _describe(
    watch: Watch, pollers: Sequence[Poller], only: Sequence[str], instruments: Instruments
) -> dict[str, Any]:
    now = time.time()
    standing = {each.name: each for each in status(watch, started_at=now, now=now).targets}
    return {
        "healthy": all(map(_succeeded, pollers)),
        "targets": {
            name: {
                "region": target.region,
                "base_url": target.base_url,
                **_surroundings(standing[name], now),
                "polls": {
                    poller.poll.name: _poll(poller, instruments)
                    for poller in pollers
                    if poller.target == name
                },
                "off": {
                    poll: str(why) for poll, why in target.idle.items() if not only or poll in only
                },
                "limiter": [*_limiter(watch.limiters[name])],
            }
            for name, target in watch.settings.targets.items()
        },
    }


def _surroundings(target: TargetStatus, now: float) -> dict[str, Any]:
    """Tell of the exchange's certificate and our clock; null stands for what is not known."""
    ends, skew = target.certificate_not_after, target.skew
    return {
        "certificate": None if ends is None else {"not_after": ends, "seconds_left": ends - now},
        "clock": None if skew is None else {"ahead_seconds": skew[0], "give_or_take": skew[1]},
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {"address": opinion.address, "up": opinion.up, "why": opinion.why}


def _succeeded(poller: Poller) -> bool:
    """Tell whether the one run did; how long ago, while others were still running, is no matter."""
    return poller.why is None and poller.last_success_at is not None


def _poll(poller: Poller, instruments: Instruments) -> dict[str, Any]:
    return {
        "ok": _succeeded(poller),
        "why": poller.why,
        "gist": poller.poll.gist,
        "concerns": [
            {"what": concern.what, "remedy": concern.remedy} for concern in poller.poll.concerns
        ],
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
            rejected = {why: limiter.rejected[state.group, why] for why in c.REJECTIONS}
            if state.remaining is not None or state.shut_for or any(rejected.values()):
                yield {
                    "group": state.group,
                    "called": state.called,
                    "limit": state.limit,
                    "ours_at_most": state.budget,
                    "remaining": state.remaining,
                    "taken_by_others": state.foreign,
                    "others_expected": round(state.expected, 1),
                    "pace": round(min(state.pace, state.budget), 3) if state.in_company else None,
                    "not_let_go": rejected,
                    "shut_for_seconds": round(state.shut_for, 1),
                }
