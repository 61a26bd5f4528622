"""Runs one poll at its beat: judges what happened, shows it, stays away when that is wise.

The beat is the scheduler's and never changes. ``Cadence`` is pure and says whether a beat is
used; ``Poller.tick`` is what happens at one. It holds the only ``except Exception`` of the polls'
work: a fault of ours in one poll is shown and logged, and stops nothing else.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

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

_LONGEST_BACK_OFF: Final = 60.0
"""Seconds between attempts in lasting bad weather, where the interval itself is not longer."""

_PARKED_PROBE: Final = 900.0
"""Seconds between the slow probes of a parked poll, where the interval itself is not longer."""

_OVERDUE_AFTER: Final = 3
"""Intervals without success after which what a poll shows is called late."""


_LEAST_OVERDUE: Final = 10.0
"""Seconds that a poll is not called overdue within, however short its interval: one request may
take as long and then fail, and that alone is no news."""


class State(Enum):
    """What a person sees of a poll; the values are what the page writes."""

    WAITING = "waiting"
    """No run has succeeded yet, and none has failed."""
    FRESH = "fresh"
    """What it shows is recent enough; failures since then do not make it untrue."""
    LATE = "late"
    """What it shows is too old, though no run has failed since: runs wait, hang or are lost."""
    FAILING = "failing"
    """What it shows is too old, or there is nothing to show, and the last run failed."""
    PARKED = "parked"
    """It waits for a person, and until then probes rarely."""


@dataclass(slots=True)
class Cadence:
    """When the next attempt is due. All times are the caller's, in seconds of one clock.

    Its state: failures in a row, and how many of them were weather; whether parked; the moment
    before which beats are let pass; the moment of the last success.
    """

    every: float
    failures: int = 0
    weather: int = 0
    parked: bool = False
    not_before: float = field(default=float("-inf"))
    succeeded_at: float | None = None

    def due(self, now: float) -> bool:
        """Whether the beat at ``now`` is used."""
        return now >= self.not_before

    def state(self, now: float, grace: float) -> State:
        """How the poll stands. ``grace``: seconds that one run may take beside the interval."""
        if self.parked:
            return State.PARKED
        if self.succeeded_at is not None:
            allowed = _OVERDUE_AFTER * self.every
            # A run that may be under way is given its time; what has failed since is not.
            allowed = max(allowed, _LEAST_OVERDUE) if self.failures else allowed + grace
            if now - self.succeeded_at <= allowed:
                return State.FRESH
        if self.failures:
            return State.FAILING
        return State.WAITING if self.succeeded_at is None else State.LATE

    def succeed(self, now: float) -> None:
        """Note a success: every beat is used again."""
        self.failures = 0
        self.weather = 0
        self.parked = False
        self.not_before = float("-inf")
        self.succeeded_at = now

    def fail(self, now: float, judged: Verdict, dice: float) -> None:
        """Note a failure; ``dice`` in [0, 1) spreads the return of many.

        Weather doubles the pause, from no pause after the first failure up to a minute. What a
        person must mend is probed every quarter of an hour, and parked until a success: weather
        at a probe does not say that it is mended, only that the probe is worth repeating sooner.
        What the limiter holds back needs no pause of ours: the limiter waits.
        """
        self.failures += 1
        self.parked = self.parked or judged is Verdict.PARK
        pause = 0.0
        if judged is Verdict.PARK:
            pause = max(_PARKED_PROBE, self.every) * (0.9 + 0.2 * dice)
        elif judged is Verdict.RETRY:
            self.weather += 1
            steps = 2 ** min(self.weather - 1, 16) - 1
            longest = max(_LONGEST_BACK_OFF, self.every)
            pause = min(self.every * steps, longest) * (0.5 + 0.5 * dice)
        self.not_before = now + pause


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
            probe = max(_PARKED_PROBE, self.every)
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
