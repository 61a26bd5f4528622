"""Runs one poll at its beat: judges what happened, shows it, stays away when that is wise.

The beat is the scheduler's and never changes. ``Cadence`` is pure and says whether a beat is
used; ``Poller.tick`` is what happens at one. It holds the only ``except Exception`` of the polls'
work: a fault of ours in one poll is shown and logged, and stops nothing else.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

from upbit_monitor.cadence import PARKED_PROBE, Cadence, State
from upbit_monitor.errors import (
    ExchangeError,
    Refused,
    Throttled,
    Unreachable,
    Verdict,
    Withheld,
    verdict,
)
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board, Family
    from upbit_monitor.polls import Concern, Exchange, Poll


class Poller:
    """One poll of one target, with its cadence.

    Its state: the cadence, the run in progress, why the last run failed, when the exchange was
    heard of last, which kinds of failure have been told since the last success, and what a person
    should look at.
    """

    def __init__(  # noqa: PLR0913 -- the world, injected
        self,
        *,
        target: str,
        poll: Poll[Any],
        every: float,
        timeout: float,
        grace: float | None = None,
        exchange: Exchange,
        board: Board,
        log: Logger,
        dice: Callable[[], float] = random.random,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.target = target
        self.poll = poll
        self.every = every
        self.timeout = timeout
        self.grace = timeout if grace is None else grace
        """Seconds beside the intervals for which what is shown is fresh; of itself the timeout."""
        self.cadence = Cadence(every)
        self.last_success_at: float | None = None
        """Unix time of the last success."""
        self.why: str | None = None
        """Why the last run failed; ``None`` after a success."""
        self.withheld = False
        self.throttled = False
        """Whether it failed because the limiter let no request go."""
        self.heard_at: float | None = None
        """Unix time of the end of the last run that the exchange answered, if only to refuse."""
        self.unreachable_since: float | None = None
        """Unix time since which runs end without an answer; ``None`` while they do not."""
        self._told: set[str] = set()
        self._concerns: dict[str, Concern] = {}
        self._exchange = exchange
        self._board = board
        self._dice = dice
        self._wall = wall
        self._run: asyncio.Task[None] | None = None
        self._stopped = False
        self._log = log
        self._show_from_start()

    @property
    def running(self) -> bool:
        """Whether a run is in progress."""
        return self._run is not None

    def state(self) -> State:
        """How the poll stands now."""
        return self.cadence.state(_now(), self.grace)

    async def tick(self, scheduled_at: float | None = None) -> None:
        """Use one beat, or let it pass. ``scheduled_at``: its Unix time. Never raises.

        A cancelled ``tick`` cancels its run and waits for its end.
        """
        if self._stopped or self.running:
            return
        if not self.cadence.due(_now()):
            self._count(c.POLL_SKIPS)
            return
        self._count(c.POLL_RUNS)
        if scheduled_at is not None:
            delay = max(self._wall() - scheduled_at, 0.0)
            self._board.observe(c.POLL_START_DELAY, self.target, self.poll.name, values=(delay,))
        self._board.put(c.POLLS_RUNNING, self.target, self.poll.name, value=1)
        started = _now()
        # A task of its own, so that ``stop`` can end the run without ending whoever ticks.
        run = asyncio.create_task(self._attempt(), name=f"{self.target}/{self.poll.name}")
        self._run = run
        try:
            await asyncio.wait((run,))
        finally:
            if not run.done():  # whoever ticks was cancelled
                run.cancel()
                await asyncio.wait((run,))
            self._run = None
            if run.cancelled():
                self._count(c.POLL_FAILURES, "cancelled")
            self._board.put(c.POLLS_RUNNING, self.target, self.poll.name, value=0)
            took = _now() - started
            self._board.observe(c.POLL_DURATION, self.target, self.poll.name, values=(took,))

    async def stop(self) -> None:
        """Use no further beat, and end the run in progress."""
        self._stopped = True
        if self._run is not None:
            self._run.cancel()
            await asyncio.wait((self._run,))

    async def _attempt(self) -> None:
        try:
            async with asyncio.timeout(self.timeout):
                await self.poll.run(self._exchange)
        except ExchangeError as error:
            self._note_reach(error)
            reason = "withheld" if isinstance(error, Withheld) else "exchange"
            self._failed(reason, verdict(error), self._explained(error), told=error.told)
        except TimeoutError:
            self._failed("timeout", Verdict.RETRY, f"no end after {self.timeout:g} s")
        except Exception as error:  # noqa: BLE001 -- one poll's fault stops nothing else
            self._failed(
                "exception", Verdict.RETRY, f"a fault of the daemon: {error!r}", crash=error
            )
        else:
            self._succeeded()

    def _explained(self, error: ExchangeError) -> str:
        """Say why, and name the permission that is missing: the exchange does not."""
        needed = self.poll.permission
        if isinstance(error, Refused) and error.name == "out_of_scope" and needed:
            return f"{error}; give it {needed!r}"
        return str(error)

    def _succeeded(self) -> None:
        if self.cadence.failures:
            speak = self._log.info if self._told else self._log.debug
            speak(Event.POLL_RECOVERED, failures=self.cadence.failures)
            self._told.clear()
        self._tell_concerns()
        self.cadence.succeed(_now())
        self._note_reach(None)
        self.last_success_at = self._wall()
        self.why, self.withheld = None, False
        self._board.put(
            c.POLL_LAST_SUCCESS, self.target, self.poll.name, value=self.last_success_at
        )

    def _tell_concerns(self) -> None:
        """Tell what a person should look at when it comes, and when it goes: not at each run."""
        before, self._concerns = self._concerns, {one.remedy: one for one in self.poll.concerns}
        for remedy, concern in self._concerns.items():
            if remedy not in before and not concern.told:
                self._log.warning(Event.CONCERN_RAISED, what=concern.what, remedy=remedy)
        for remedy, concern in before.items():
            if remedy not in self._concerns and not concern.told:
                self._log.info(Event.CONCERN_GONE, what=concern.what)

    def _failed(
        self,
        reason: str,
        judged: Verdict,
        why: str,
        *,
        crash: Exception | None = None,
        told: bool = False,
    ) -> None:
        was_parked = self.cadence.parked
        self.withheld = reason == "withheld"
        self._count(c.POLL_FAILURES, reason)
        self.cadence.fail(_now(), judged, self._dice())
        before, self.why = self.why, why
        parked, failures = self.cadence.parked, self.cadence.failures
        # An attempt that failed has been told as such; what repeats itself is counted.
        news = not told and reason not in self._told
        speak = self._log.warning if news else self._log.debug
        if news or parked:
            self._told.add(reason)
        if crash is not None:
            speak = self._log.debug if why == before else self._log.error
            speak(Event.POLL_CRASHED, failures=failures, exc_info=crash)
        elif parked and not was_parked:
            probe = max(PARKED_PROBE, self.every)
            self._log.error(Event.POLL_PARKED, error=why, failures=failures, probe_seconds=probe)
        else:
            speak(Event.POLL_FAILED, error=why, reason=reason, failures=failures)

    def _note_reach(self, error: ExchangeError | None) -> None:
        """Note whether the exchange answered. What was never sent says nothing of that."""
        self.throttled = isinstance(error, Throttled)
        if isinstance(error, Unreachable):
            self.unreachable_since = self.unreachable_since or self._wall()
        elif not isinstance(error, Withheld):
            self.heard_at, self.unreachable_since = self._wall(), None

    def _show_from_start(self) -> None:
        """Create at 0 every series that can be known: ``increase`` misses one born at 1."""
        board, labels = self._board, (self.target, self.poll.name)
        for family in (c.POLL_RUNS, c.POLL_SKIPS, c.POLL_MISFIRES, c.POLL_OVERLAPS):
            board.count(family, *labels, by=0)
        for reason in c.RUN_FAILURES:
            board.count(c.POLL_FAILURES, *labels, reason, by=0)
        for family in (c.POLL_DURATION, c.POLL_START_DELAY):
            board.observe(family, *labels, values=())
        board.put(c.POLLS_RUNNING, *labels, value=0)
        board.put(c.POLL_INTERVAL, *labels, value=self.every)

    def _count(self, family: Family, *labels: str) -> None:
        self._board.count(family, self.target, self.poll.name, *labels)


def _now() -> float:
    return asyncio.get_running_loop().time()
