"""The beat: APScheduler calls every poller at its interval, and its silences become metrics.

Left to itself APScheduler drops a run that is a second late without a word, makes one run of all
that a stall held up without a word, and cancels running jobs at shutdown as errors. So the beats
are our own trigger's, every option is given here, its events are counted, and stopping is: pause,
let runs end, end them, shut down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_SUBMITTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from apscheduler.events import JobSubmissionEvent

    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board, Family
    from upbit_monitor.poller import Poller

_SPACING: Final = 0.5
"""Seconds between the first runs of two polls, where their intervals leave room for it."""

_ERRORS_ONLY: Final = logging.getLogger(f"{__name__}.apscheduler")
# APScheduler's warnings are the events below, counted and logged once.
_ERRORS_ONLY.setLevel(logging.ERROR)


class _Beats(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Equal steps, of which those that have passed already are left out.

    APScheduler's own trigger lists every step from the last one to now before it drops them: a
    clock that the network sets from 1970 to today would cost all memory there is.
    """

    def __init__(self, every: float) -> None:
        self._every = timedelta(seconds=every)

    def get_next_fire_time(self, previous_fire_time: datetime, now: datetime) -> datetime:
        """Give the first step after both."""
        passed = max((now - previous_fire_time) // self._every, 0)
        return previous_fire_time + (passed + 1) * self._every


class Schedule:
    """When pollers tick. Its state: APScheduler's jobs, and the beats in progress."""

    def __init__(
        self,
        pollers: Sequence[Poller],
        *,
        board: Board,
        log: Logger,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._pollers = {f"{poller.target}/{poller.poll.name}": poller for poller in pollers}
        self._board = board
        self._log = log
        self._wall = wall
        self._beats: set[asyncio.Task[None]] = set()
        self._scheduled_at: dict[str, float] = {}
        self._ended = False
        self._scheduler = AsyncIOScheduler(timezone=UTC, logger=_ERRORS_ONLY)
        self._scheduler.add_listener(self._submitted, EVENT_JOB_SUBMITTED)
        self._scheduler.add_listener(self._overlapped, EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin to tick, each poller at its own moment."""
        for name, first in self._first_beats():
            self._scheduler.add_job(
                self._beat,
                _Beats(self._pollers[name].every),
                args=(name,),
                id=name,
                next_run_time=first,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,  # late is better than never; what is lost is counted
            )
        self._scheduler.start()

    def rephase(self) -> None:
        """Begin anew from now, since the wall clock that APScheduler goes by was set.

        Set back by an hour, it would otherwise let an hour pass without a run. Does nothing
        before ``start`` and after ``stop``.
        """
        if self._scheduler.running and not self._ended:
            for name, first in self._first_beats():
                self._scheduler.modify_job(name, next_run_time=first)

    async def stop(self, grace_seconds: float) -> None:
        """Let the runs in progress end, end those that do not, and tick no more."""
        if self._ended or not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._beats:
            await asyncio.wait(self._beats, timeout=grace_seconds)
        for poller in self._pollers.values():
            await poller.stop()
        if self._beats:
            await asyncio.wait(self._beats)
        if not self._ended:  # a reload and the end of the daemon may both be waiting here
            self._ended = True
            self._scheduler.shutdown(wait=False)
        # It only asks the loop to shut down; what the loop was asked before us, it does before us.
        await asyncio.sleep(0)

    def _first_beats(self) -> list[tuple[str, datetime]]:
        """Spread the first runs: polls that start together would wait for each other."""
        now = datetime.fromtimestamp(self._wall(), UTC)
        shortest = min((poller.every for poller in self._pollers.values()), default=0.0)
        spacing = min(_SPACING, shortest / max(len(self._pollers), 1))
        return [
            (name, now + timedelta(seconds=index * spacing))
            for index, name in enumerate(self._pollers)
        ]

    async def _beat(self, name: str) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._beats.add(task)
            task.add_done_callback(self._beats.discard)
        await self._pollers[name].tick(self._scheduled_at.pop(name, None))

    def _submitted(self, event: JobSubmissionEvent) -> None:
        self._scheduled_at[event.job_id] = self._beat_of(event)

    def _overlapped(self, event: JobSubmissionEvent) -> None:
        self._beat_of(event)
        self._tell(event, c.POLL_OVERLAPS, Event.POLL_OVERLAPPED, 1)

    def _beat_of(self, event: JobSubmissionEvent) -> float:
        """Give the Unix time of a beat; count those lost between it and now."""
        at: float = event.scheduled_run_times[0].timestamp()
        lost = int((self._wall() - at) // self._pollers[event.job_id].every)
        if lost > 0:
            self._tell(event, c.POLL_MISFIRES, Event.POLL_MISFIRED, lost)
        return at

    def _tell(self, event: JobSubmissionEvent, family: Family, word: Event, beats: int) -> None:
        poller = self._pollers[event.job_id]
        self._board.count(family, poller.target, poller.poll.name, by=beats)
        self._log.debug(word, target=poller.target, poll=poller.poll.name, beats=beats)
