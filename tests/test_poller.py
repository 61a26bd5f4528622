"""The cadence, by its laws; and one tick of a poller, in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import NOW, FakeBoard, FakeExchange, FakeLog, ScriptedPoll, fails, takes
from tests.virtual import in_virtual_time
from upbit_monitor.cadence import Cadence, State
from upbit_monitor.errors import (
    Blocked,
    Broken,
    ExchangeError,
    Maintenance,
    Mistaken,
    Throttled,
    Unreachable,
    Unreadable,
    Verdict,
    Withheld,
    verdict,
)
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.poller import Poller
from upbit_monitor.polls import Concern

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from upbit_monitor.metrics import Family

EVERY = 10.0
TIMEOUT = 20.0
GRACE = TIMEOUT

intervals = st.floats(0.05, 86_400)
moments = st.floats(0, 1e9)
dice = st.floats(0, 1, exclude_max=True)
verdicts = st.sampled_from(Verdict)


# --- cadence --------------------------------------------------------------------------------------


@given(intervals, moments)
def test_a_new_cadence_uses_the_first_beat(every: float, now: float) -> None:
    assert Cadence(every).due(now)


@given(intervals, st.lists(verdicts), moments, dice)
def test_a_success_makes_every_beat_due_again(
    every: float, failures: list[Verdict], now: float, thrown: float
) -> None:
    cadence = Cadence(every)
    for judged in failures:
        cadence.fail(now, judged, thrown)
    cadence.succeed(now)
    assert cadence.due(now)
    assert (cadence.failures, cadence.parked) == (0, False)
    assert cadence.state(now, GRACE) is State.FRESH


@given(intervals, moments, dice)
def test_the_first_failure_of_weather_costs_no_beat(
    every: float, now: float, thrown: float
) -> None:
    cadence = Cadence(every)
    cadence.fail(now, Verdict.RETRY, thrown)
    assert cadence.due(now)


@given(intervals, st.integers(1, 40), moments, dice)
def test_weather_doubles_the_pause_up_to_a_minute_or_the_interval(
    every: float, failures: int, now: float, thrown: float
) -> None:
    cadence = Cadence(every)
    for _ in range(failures):
        cadence.fail(now, Verdict.RETRY, thrown)
    longest = min(every * (2.0 ** (failures - 1) - 1), max(60.0, every))
    assert longest / 2 <= cadence.not_before - now + 1e-6
    assert cadence.not_before - now <= longest + 1e-6


@given(intervals, st.lists(verdicts, max_size=5), moments, dice)
def test_what_a_person_must_mend_is_probed_each_quarter_of_an_hour(
    every: float, before: list[Verdict], now: float, thrown: float
) -> None:
    cadence = Cadence(every)
    for judged in before:
        cadence.fail(now, judged, thrown)
    cadence.fail(now, Verdict.PARK, thrown)
    probe = max(900.0, every)
    assert cadence.state(now, GRACE) is State.PARKED
    assert not cadence.due(now + 0.89 * probe)
    assert cadence.due(now + 1.11 * probe)


@given(intervals, st.lists(verdicts, max_size=5), moments, dice)
def test_what_the_limiter_holds_back_costs_no_beat(
    every: float, before: list[Verdict], now: float, thrown: float
) -> None:
    cadence = Cadence(every)
    for judged in before:
        cadence.fail(now, judged, thrown)
    cadence.fail(now, Verdict.WAIT, thrown)
    assert cadence.due(now)


@given(st.lists(verdicts), dice)
def test_a_parked_poll_stays_parked_until_a_success(after: list[Verdict], thrown: float) -> None:
    cadence = Cadence(EVERY)
    cadence.fail(0, Verdict.PARK, thrown)
    for judged in after:
        cadence.fail(0, judged, thrown)
        assert cadence.state(0, GRACE) is State.PARKED


def test_weather_at_a_probe_brings_the_next_probe_nearer() -> None:
    cadence = Cadence(EVERY)
    cadence.fail(0, Verdict.PARK, 0.5)
    cadence.fail(900, Verdict.RETRY, 0.5)
    assert cadence.due(900 + EVERY)


@given(intervals, st.lists(st.none() | verdicts, max_size=6), st.floats(0, 1e6), dice)
def test_the_state_is_what_its_docstring_says(
    every: float, runs: list[Verdict | None], later: float, thrown: float
) -> None:
    cadence = Cadence(every)
    for judged in runs:
        if judged is None:
            cadence.succeed(0)
        else:
            cadence.fail(0, judged, thrown)
    since_success = runs[len(runs) - runs[::-1].index(None) :] if None in runs else runs
    is_recent = None in runs and later <= 3 * every + GRACE
    match cadence.state(later, GRACE):
        case State.PARKED:
            assert Verdict.PARK in since_success
        case State.FRESH:
            assert is_recent
        case State.WAITING:
            assert not runs
        case State.LATE:
            assert not since_success
            assert not is_recent
        case State.FAILING:
            assert since_success
            assert not is_recent
            assert Verdict.PARK not in since_success


def test_a_short_interval_is_not_overdue_for_one_request_that_failed() -> None:
    cadence = Cadence(1.0)
    cadence.succeed(0)
    cadence.fail(1 + GRACE / 2, Verdict.RETRY, 0)  # its one request took all the time it has
    until = 2 + GRACE / 2
    assert [cadence.state(now, GRACE) for now in (until, until + 0.1)] == [
        State.FRESH,
        State.FAILING,
    ]


def test_waits_for_the_limiter_do_not_make_the_weather_worse() -> None:
    cadence = Cadence(5.0)
    for _ in range(12):
        cadence.fail(0.0, Verdict.WAIT, 1.0)
    cadence.fail(0.0, Verdict.RETRY, 1.0)
    assert cadence.due(0.0)


@pytest.mark.parametrize(
    ("age", "failures", "expected"),
    [
        (None, 0, State.WAITING),
        (None, 1, State.FAILING),
        (0.0, 0, State.FRESH),
        (50.0, 0, State.FRESH),
        (50.1, 0, State.LATE),
        (30.0, 4, State.FRESH),
        (30.1, 1, State.FAILING),
    ],
)
def test_what_is_shown_is_fresh_for_three_intervals_and_a_run_that_may_be_under_way(
    age: float | None, failures: int, expected: State
) -> None:
    cadence = Cadence(EVERY)
    if age is not None:
        cadence.succeed(0)
    for _ in range(failures):
        cadence.fail(0, Verdict.RETRY, 0)
    assert cadence.state(age or 0, GRACE) is expected


# --- poller ---------------------------------------------------------------------------------------


class Bench:
    """A poller with fakes around it, and what can be seen of it from outside."""

    def __init__(self, *script: Callable[[], Awaitable[None]], thrown: float = 0.0) -> None:
        self.poll = ScriptedPoll(*script)
        self.board = FakeBoard()
        self.log = FakeLog()
        self.poller = Poller(
            target="korea",
            poll=self.poll,
            every=EVERY,
            timeout=TIMEOUT,
            exchange=FakeExchange(lambda *_: []),
            board=self.board,
            log=self.log,
            dice=lambda: thrown,
            wall=self.wall,
        )

    @staticmethod
    def wall() -> float:
        return NOW + asyncio.get_running_loop().time()

    def shown(self, family: Family, **labels: str) -> float | None:
        return self.board.value(family.name, target="korea", poll="scripted", **labels)

    def total(self, family: Family) -> tuple[float | None, float | None]:
        """Give the number and the sum of what a histogram was told."""
        count, total = (
            self.board.value(f"{family.name}_{what}", target="korea", poll="scripted")
            for what in ("count", "sum")
        )
        return count, total

    @property
    def failures(self) -> dict[str, float]:
        """Give the reasons that were counted."""
        counted = self.board.series(c.POLL_FAILURES.name, "reason")
        return {reason: count for (reason,), count in counted.items() if count}

    async def beats(self, number: int) -> None:
        """Tick at the beat, as the schedule does."""
        for _ in range(number):
            await self.poller.tick()
            await asyncio.sleep(EVERY)


def test_every_series_of_a_poll_is_there_from_the_start() -> None:
    bench = Bench()
    for family in (c.POLL_RUNS, c.POLL_SKIPS, c.POLL_MISFIRES, c.POLL_OVERLAPS):
        assert bench.shown(family) == 0, family.name
    for family in (c.POLLS_RUNNING,):
        assert bench.shown(family) == 0, family.name
    for family in (c.POLL_DURATION, c.POLL_START_DELAY):
        assert bench.total(family) == (0, 0)
    assert {reason for (reason,) in bench.board.series(c.POLL_FAILURES.name, "reason")} == {
        *c.RUN_FAILURES
    }
    assert bench.shown(c.POLL_INTERVAL) == EVERY
    assert bench.shown(c.POLL_LAST_SUCCESS) is None


@in_virtual_time
async def test_a_success_is_shown() -> None:
    bench = Bench(takes(0.25))
    assert bench.poller.state() is State.WAITING
    await bench.poller.tick()
    assert bench.shown(c.POLL_RUNS) == 1
    assert bench.failures == {}
    assert bench.shown(c.POLL_LAST_SUCCESS) == bench.poller.last_success_at == NOW + 0.25
    assert bench.total(c.POLL_DURATION) == (1, 0.25)
    assert bench.shown(c.POLLS_RUNNING) == 0
    assert bench.poller.state() is State.FRESH
    assert bench.poller.why is None
    assert bench.log.told() == []


ERRORS: dict[str, ExchangeError] = {
    "withheld": Withheld("deadline", "ticker", 3.0),
    "throttled": Throttled(429, None, "Too many API requests."),
    "blocked": Blocked(418, None, "Blocked for 60 seconds."),
    "unreachable": Unreachable("timeout", "no whole answer in time"),
    "unreadable": Unreadable("not as promised"),
    "broken": Broken(502, None, "Bad Gateway"),
    "maintenance": Maintenance(403, "market_offline", "closed"),
    "replayed": Mistaken(401, "nonce_used", "replay"),
    "mistaken": Mistaken(401, "invalid_access_key", "no such key"),
}
JUDGED = {name: verdict(error) for name, error in ERRORS.items()}


def test_the_errors_tried_here_bring_every_verdict() -> None:
    assert set(JUDGED.values()) == set(Verdict)


@pytest.mark.parametrize("name", ERRORS)
@in_virtual_time
async def test_a_failed_run_is_counted_and_shown(name: str) -> None:
    bench = Bench(fails(ERRORS[name]))
    await bench.poller.tick()
    assert bench.shown(c.POLL_RUNS) == 1
    assert bench.failures == {"withheld" if name == "withheld" else "exchange": 1}
    assert bench.shown(c.POLL_LAST_SUCCESS) is None
    assert bench.poller.why == str(ERRORS[name])
    expected = State.PARKED if JUDGED[name] is Verdict.PARK else State.FAILING
    assert bench.poller.state() is expected


@pytest.mark.parametrize(
    ("name", "skips"),
    [
        # The pauses are half of 0, 10, 30 and 60 s: of the beats at 0, 10, 20, ... pass 30, 50, 60.
        *((name, 3) for name, judged in JUDGED.items() if judged is Verdict.RETRY),
        *((name, 0) for name, judged in JUDGED.items() if judged is Verdict.WAIT),
    ],
)
@in_virtual_time
async def test_beats_are_let_pass_while_a_poll_backs_off(name: str, skips: int) -> None:
    bench = Bench(*[fails(ERRORS[name])] * 5)
    while bench.poll.script:
        await bench.beats(1)
    assert bench.shown(c.POLL_RUNS) == bench.poll.runs == 5
    assert bench.shown(c.POLL_SKIPS) == skips


@in_virtual_time
async def test_a_parked_poll_probes_rarely_and_returns_by_itself() -> None:
    bench = Bench(fails(ERRORS["mistaken"]), fails(ERRORS["mistaken"]), thrown=0.5)
    await bench.beats(90)
    assert (bench.poll.runs, bench.shown(c.POLL_SKIPS)) == (1, 89)
    await bench.beats(90)
    assert (bench.poll.runs, bench.shown(c.POLL_SKIPS)) == (2, 178)
    assert bench.log.told() == [("error", "poll_parked"), ("debug", "poll_failed")]
    await bench.beats(1)
    assert bench.poller.state() is State.FRESH
    assert bench.log.told() == [("info", "poll_recovered")]


@in_virtual_time
async def test_a_run_without_end_is_ended_by_its_timeout() -> None:
    bench = Bench(takes(3600))
    await bench.poller.tick()
    assert asyncio.get_running_loop().time() == TIMEOUT
    assert bench.failures == {"timeout": 1}
    assert bench.poller.why == "no end after 20 s"
    assert bench.poller.state() is State.FAILING


@in_virtual_time
async def test_what_is_shown_does_not_stay_fresh_longer_because_a_run_may_take_longer() -> None:
    bench = Bench(takes(0))
    bench.poller.grace = 5.0
    await bench.poller.tick()
    await asyncio.sleep(3 * EVERY + 5.0)
    assert bench.poller.state() is State.FRESH
    await asyncio.sleep(1.0)
    assert bench.poller.state() is State.LATE


@in_virtual_time
async def test_a_fault_of_ours_is_logged_and_counted_and_the_next_tick_works() -> None:
    crash = ZeroDivisionError("division by zero")
    bench = Bench(fails(crash))
    await bench.poller.tick()
    assert bench.failures == {"exception": 1}
    assert bench.log.lines[0].fields["exc_info"] is crash
    assert bench.log.told() == [("error", "poll_crashed")]
    assert "ZeroDivisionError" in (bench.poller.why or "")
    await bench.poller.tick()
    assert bench.poll.runs == 2
    assert bench.poller.state() is State.FRESH
    assert bench.poller.why is None


@in_virtual_time
async def test_a_fault_that_repeats_itself_is_loud_once() -> None:
    bench = Bench(*[fails(KeyError("x"))] * 3, fails(KeyError("y")))
    await bench.beats(30)
    assert bench.failures == {"exception": 4}
    crashes = [("error", "poll_crashed"), *[("debug", "poll_crashed")] * 2]
    assert bench.log.told() == [*crashes, ("error", "poll_crashed"), ("info", "poll_recovered")]


@in_virtual_time
async def test_what_the_attempts_have_told_is_not_told_again() -> None:
    error = Broken(502, None, "Bad Gateway")
    error.told = True
    bench = Bench(*[fails(error)] * 4)
    await bench.beats(30)
    assert [line.fields.get("failures") for line in bench.log.lines] == [1, 2, 3, 4, 4]
    assert {level for level, _ in bench.log.told()} == {"debug"}


@in_virtual_time
async def test_what_no_attempt_tells_is_told_once_counted_and_ended() -> None:
    withheld, found_wrong = fails(ERRORS["withheld"]), fails(ERRORS["unreadable"])
    bench = Bench(withheld, withheld, found_wrong, withheld)
    await bench.beats(30)
    assert bench.log.told() == [
        ("warning", "poll_failed"),
        ("debug", "poll_failed"),
        ("warning", "poll_failed"),
        ("debug", "poll_failed"),
        ("info", "poll_recovered"),
    ]


@in_virtual_time
async def test_stop_ends_the_run_but_not_whoever_ticks() -> None:
    bench = Bench(takes(15))
    ticking = asyncio.create_task(bench.poller.tick())
    await asyncio.sleep(1)
    assert bench.shown(c.POLLS_RUNNING) == 1
    await bench.poller.stop()
    await ticking
    assert not bench.poller.running
    assert bench.shown(c.POLLS_RUNNING) == 0
    assert bench.failures == {"cancelled": 1}
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_a_run_stopped_before_its_first_step_is_counted_too() -> None:
    bench = Bench(takes(15))
    ticking = asyncio.create_task(bench.poller.tick())
    while not bench.poller.running:  # noqa: ASYNC110 -- each sleep is one turn of the loop
        await asyncio.sleep(0)
    assert bench.poll.runs == 0
    await bench.poller.stop()
    await ticking
    assert bench.shown(c.POLL_RUNS) == 1
    assert bench.failures == {"cancelled": 1}


@in_virtual_time
async def test_a_stopped_poller_uses_no_beat() -> None:
    bench = Bench()
    await bench.poller.stop()
    await bench.beats(3)
    assert (bench.poll.runs, bench.shown(c.POLL_RUNS), bench.shown(c.POLL_SKIPS)) == (0, 0, 0)


@in_virtual_time
async def test_a_tick_that_is_cancelled_leaves_no_run_behind() -> None:
    cleaned_up = []

    async def tidy() -> None:
        try:
            await asyncio.sleep(15)
        finally:
            await asyncio.sleep(0.5)
            cleaned_up.append(True)

    bench = Bench(tidy)
    ticking = asyncio.create_task(bench.poller.tick())
    await asyncio.sleep(1)
    ticking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ticking
    assert cleaned_up == [True]
    assert not bench.poller.running
    assert bench.failures == {"cancelled": 1}
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_a_cancelled_run_is_no_failure_of_the_exchange() -> None:
    bench = Bench(takes(0), takes(15))
    await bench.poller.tick()
    ticking = asyncio.create_task(bench.poller.tick())
    await asyncio.sleep(1)
    await bench.poller.stop()
    await ticking
    assert bench.poller.cadence.failures == 0
    assert bench.poller.why is None


@in_virtual_time
async def test_a_tick_while_a_run_is_in_progress_does_nothing() -> None:
    bench = Bench(takes(5))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.poller.tick())
        await asyncio.sleep(1)
        tasks.create_task(bench.poller.tick())
    assert bench.poll.runs == bench.shown(c.POLL_RUNS) == 1
    assert bench.shown(c.POLL_SKIPS) == 0


@in_virtual_time
async def test_the_delay_of_a_start_is_measured_from_the_beat_and_never_negative() -> None:
    bench = Bench()
    await bench.poller.tick(NOW - 2.5)
    await bench.poller.tick(NOW + 3600)
    await bench.poller.tick()
    assert bench.total(c.POLL_START_DELAY) == (2, 2.5)


@pytest.mark.parametrize(
    ("needed", "told"), [("View assets", "; give it 'View assets'"), (None, "")]
)
@in_virtual_time
async def test_a_missing_permission_is_named_where_the_poll_needs_one(
    needed: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Mistaken(401, "out_of_scope", "no")
    bench = Bench(fails(error))
    monkeypatch.setattr(ScriptedPoll, "permission", needed)
    await bench.poller.tick()
    assert bench.poller.why == f"{error}{told}"


@in_virtual_time
async def test_it_knows_since_when_the_exchange_is_not_heard() -> None:
    gone = Unreachable("connect", "refused")
    bench = Bench(takes(0), fails(gone), fails(gone), fails(Broken(500, None, "")))
    seen = []
    for _ in range(4):
        await bench.beats(1)
        seen.append((bench.poller.heard_at, bench.poller.unreachable_since))
    assert seen == [(NOW, None), (NOW, NOW + 10), (NOW, NOW + 10), (NOW + 30, None)]


@in_virtual_time
async def test_what_was_never_sent_says_nothing_of_the_exchange() -> None:
    held = Withheld("blocked", "ticker", 9.0)
    bench = Bench(fails(Unreachable("dns", "no such name")), fails(held), takes(0))
    seen = []
    for _ in range(3):
        await bench.beats(1)
        seen.append((bench.poller.unreachable_since, bench.poller.withheld))
    assert seen == [(NOW, False), (NOW, True), (None, False)]


@pytest.mark.parametrize("told", [False, True])
@in_virtual_time
async def test_a_concern_is_logged_when_it_comes_and_when_it_goes(*, told: bool) -> None:
    bench = Bench(takes(0), takes(0), takes(0), takes(0))
    for what in ("1 is late", "2 are late", None, "1 is late"):
        concerns = () if what is None else (Concern(what, "Look at it.", told=told),)
        bench.poller.poll.concerns = concerns
        await bench.beats(1)
    raised, gone = ("warning", "concern_raised"), ("info", "concern_gone")
    assert bench.log.told() == ([] if told else [raised, gone, raised])
