import pytest

from tests.exposition.examples import ILL, NOW, WELL, daemon, polls, target
from upbit_monitor.exposition import PollState, PollStatus, QuotaStatus
from upbit_monitor.exposition.diagnosis import Tone, diagnose

FRESH, WAITING, LATE = PollState.FRESH, PollState.WAITING, PollState.LATE
FAILING, PARKED, NO_KEY = PollState.FAILING, PollState.PARKED, PollState.NO_KEY


@pytest.mark.parametrize(
    ("states", "tone", "headline"),
    [
        ((), Tone.WARN, "Nothing is watched"),
        ((NO_KEY,), Tone.WARN, "Nothing is watched"),
        ((FRESH,), Tone.GOOD, "The only poll is fresh"),
        ((FRESH, FRESH), Tone.GOOD, "Both polls are fresh"),
        ((FRESH, FRESH, FRESH, NO_KEY), Tone.GOOD, "All 3 polls are fresh"),
        ((WAITING, WAITING), Tone.BUSY, "Both polls are yet to answer"),
        ((FRESH, WAITING), Tone.BUSY, "1 of 2 polls is yet to answer"),
        ((FRESH, WAITING, LATE), Tone.WARN, "1 of 3 polls is late"),
        ((FRESH, FAILING, FAILING), Tone.BAD, "2 of 3 polls are failing"),
        ((FRESH, FRESH, PARKED), Tone.BAD, "1 of 3 polls is parked"),
        ((FRESH, LATE, PARKED), Tone.BAD, "2 of 3 polls are in trouble"),
    ],
)
def test_the_headline_says_how_many_polls_are_how(
    states: tuple[PollState, ...], tone: Tone, headline: str
) -> None:
    diagnosis = diagnose(polls(*states))
    assert (diagnosis.tone, diagnosis.headline) == (tone, headline)


def test_a_fresh_poll_that_failed_last_time_is_told() -> None:
    stumbled = PollStatus("tickers", FRESH, 5.0, last_success_at=NOW - 1, failures=2, why="500")
    diagnosis = diagnose(daemon(target(polls=(stumbled,))))
    assert diagnosis.headline == "The only poll is fresh, 1 failed last time"
    assert diagnosis.tone is Tone.WARN


def test_draining_is_the_headline_whatever_else_there_is() -> None:
    assert diagnose(daemon(*ILL.targets, draining=True)).headline == "Shutting down"


def test_a_daemon_in_health_has_no_findings() -> None:
    assert diagnose(WELL).findings == ()


def test_every_trouble_is_found_once_the_gravest_first_and_each_has_a_remedy() -> None:
    findings = diagnose(ILL).findings
    assert [finding.where for finding in findings] == [
        "korea / tickers",
        "korea / open_orders",
        "korea / candles",
        "korea / ticker",
    ]
    assert all(finding.remedy for finding in findings)


def test_a_finding_carries_the_reason_that_the_poll_gave() -> None:
    assert diagnose(ILL).findings[0].why == "429 too_many_requests"


def test_a_late_poll_that_never_succeeded_is_late_since_the_start() -> None:
    status = daemon(target(polls=(PollStatus("markets", LATE, 60.0),)))
    assert "since the start" in diagnose(status).findings[0].what


def test_a_shut_group_is_found_while_the_polls_are_fresh_and_leaves_the_headline_alone() -> None:
    shut = QuotaStatus("ticker", 10, 5, shut_until=NOW + 2)
    fresh = PollStatus("tickers", FRESH, 5.0, NOW)
    diagnosis = diagnose(daemon(target(polls=(fresh,), quotas=(shut,))))
    assert diagnosis.tone is Tone.GOOD
    assert [finding.where for finding in diagnosis.findings] == ["korea / ticker"]
