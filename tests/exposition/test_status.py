import pytest

from tests.exposition.examples import ILL, NOW, WELL, daemon, polls
from upbit_monitor.exposition import PollState, QuotaStatus


def test_a_daemon_whose_polls_are_all_fresh_is_ready() -> None:
    assert WELL.ready


@pytest.mark.parametrize(
    "state", sorted({*PollState} - {PollState.FRESH, PollState.NO_KEY, PollState.NOT_HERE})
)
def test_one_poll_that_is_not_fresh_makes_the_daemon_not_ready(state: PollState) -> None:
    assert not polls(PollState.FRESH, state).ready


@pytest.mark.parametrize("off", [PollState.NO_KEY, PollState.NOT_HERE])
def test_a_poll_that_is_off_is_not_waited_for(off: PollState) -> None:
    assert polls(PollState.FRESH, off).ready


def test_a_draining_daemon_is_not_ready_however_fresh_it_is() -> None:
    assert not daemon(*WELL.targets, draining=True).ready


def test_every_poll_comes_with_its_target() -> None:
    assert [(target.name, poll.name) for target, poll in ILL.polls()][:2] == [
        ("korea", "markets"),
        ("korea", "tickers"),
    ]


@pytest.mark.parametrize(("left", "used"), [(None, None), (10, 0), (7, 3), (0, 10), (12, 0)])
def test_what_is_used_is_what_is_gone_from_the_window(left: int | None, used: int | None) -> None:
    assert QuotaStatus("ticker", limit=10, budget=5, left=left).used == used


@pytest.mark.parametrize(("until", "seconds"), [(None, 0), (NOW - 1, 0), (NOW + 42, 42)])
def test_a_group_is_shut_until_its_time_has_come(until: float | None, seconds: float) -> None:
    assert QuotaStatus("ticker", 10, 5, shut_until=until).shut_for(NOW) == seconds
