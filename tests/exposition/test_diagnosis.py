from dataclasses import replace

import pytest

from tests.exposition.examples import ILL, NOW, WELL, daemon, polls, target
from upbit_monitor.exposition import (
    Counted,
    PollState,
    PollStatus,
    QuotaStatus,
    Rejection,
    TargetStatus,
)
from upbit_monitor.exposition.diagnosis import diagnose
from upbit_monitor.exposition.finding import Finding, Tone
from upbit_monitor.polls import Concern

FRESH, WAITING, LATE = PollState.FRESH, PollState.WAITING, PollState.LATE
FAILING, PARKED, NO_KEY = PollState.FAILING, PollState.PARKED, PollState.NO_KEY

FRESH_POLL = PollStatus("tickers", FRESH, 5.0, NOW - 1)
REFUSED = PollStatus(
    "tickers",
    FAILING,
    5.0,
    NOW - 60,
    3,
    "429: Too many API requests.",
    throttled=True,
    groups=frozenset({"ticker"}),
)
HELD = replace(REFUSED, why="group ticker: no request", withheld=True, throttled=False)

CROWD = QuotaStatus("ticker", 10, 5, foreign=99, others=6.0)
SEEN = replace(CROWD, others=1.0)
GONE = replace(CROWD, others=0.0)


def only(target: TargetStatus) -> Finding:
    """The one thing that is found wrong with a target."""
    (finding,) = diagnose(daemon(target)).findings
    return finding


def told(*targets: TargetStatus) -> list[str]:
    """What is found wrong with targets, as sentences."""
    return [f"{found.where} {found.what}" for found in diagnose(daemon(*targets)).findings]


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


@pytest.mark.parametrize(
    ("failures", "headline"),
    [
        ((2,), "The only poll is fresh, but failed last time"),
        ((0, 1, 0), "All 3 polls are fresh, 1 failed last time"),
        ((4, 1), "Both polls are fresh, but failed last time"),
    ],
)
def test_fresh_polls_that_failed_last_time_are_told(
    failures: tuple[int, ...], headline: str
) -> None:
    polls = tuple(replace(FRESH_POLL, failures=number, why="500") for number in failures)
    diagnosis = diagnose(daemon(target(polls=polls)))
    assert (diagnosis.tone, diagnosis.headline) == (Tone.WARN, headline)


def test_what_fresh_polls_want_looked_at_is_found_and_counted_in_the_headline() -> None:
    concern = Concern("has 2 orders that stand still", "See whether they are wanted.")
    poll = replace(FRESH_POLL, concerns=(concern, Concern("holds a coin", "Look.")))
    diagnosis = diagnose(daemon(target(polls=(poll, FRESH_POLL))))
    assert diagnosis.headline == "Both polls are fresh, 2 things to look at"
    assert diagnosis.tone is Tone.WARN
    first, _ = diagnosis.findings
    assert first == Finding(
        Tone.WARN, "korea / tickers", concern.what, None, "See whether they are wanted."
    )


def test_what_several_polls_want_looked_at_alike_is_one_finding_and_counts_once() -> None:
    concern = Concern("watches KRW-GONE, which the exchange does not list", "Mend `watch`.")
    alike = tuple(
        replace(FRESH_POLL, name=name, concerns=(concern,)) for name in ("a", "b", "c", "d")
    )
    otherwise = replace(FRESH_POLL, name="e", concerns=(replace(concern, remedy="Look."),))
    korea = target(polls=(*alike, otherwise))
    sentence = "watches KRW-GONE, which the exchange does not list"
    assert told(korea, replace(korea, name="second")) == [
        f"korea / a, b and 2 more {sentence}",
        f"korea / e {sentence}",
        f"second / a, b and 2 more {sentence}",
        f"second / e {sentence}",
    ]
    assert diagnose(daemon(korea)).headline == "All 5 polls are fresh, 2 things to look at"


def test_what_an_overdue_poll_once_wanted_looked_at_is_not_told_any_more() -> None:
    concern = Concern("has 2 orders that stand still", "See whether they are wanted.")
    assert told(target(polls=(replace(FRESH_POLL, state=LATE, concerns=(concern,)),))) == [
        (
            "korea / tickers is late: due every 5\N{NO-BREAK SPACE}s, but nothing for "
            "1\N{NO-BREAK SPACE}s"
        )
    ]


def test_polls_that_fail_alike_are_one_sentence_and_others_are_not() -> None:
    names = ("a", "b", "c", "d", "e")
    parked = tuple(PollStatus(name, PARKED, 5.0, None, 3, "401") for name in names)
    failing = (PollStatus("f", FAILING, 5.0, None, 2, "500"),)
    late = tuple(PollStatus(name, LATE, 5.0, NOW - 60) for name in ("g", "h"))
    assert told(target(polls=(*parked, *failing, *late))) == [
        (
            "korea / a, b and 3 more are parked: the exchange refused them, and asking again the "
            "same way cannot help"
        ),
        "korea / f fails, 2 times in a row",
        "korea / g, h are late: nothing for up to 1\N{NO-BREAK SPACE}min",
    ]


def test_polls_that_our_limiter_holds_back_are_one_sentence_however_long_each_waits() -> None:
    held = tuple(
        PollStatus(str(place), FAILING, 5.0, None, place, f"in {place} s", withheld=True)
        for place in (2, 3)
    )
    assert told(target(polls=held)) == [
        "korea / 2, 3 fail, up to 3 times in a row: our own limiter holds requests back"
    ]


def test_a_parked_poll_whose_key_is_in_the_environment_needs_a_restart_for_a_new_one() -> None:
    parked = PollStatus("open_orders", PARKED, 5.0, why="401")
    assert "restart" not in only(target(polls=(parked,))).remedy
    assert "restart" in only(target(polls=(replace(parked, key_from_environment=True),))).remedy


def test_a_parked_poll_says_that_it_looks_again_and_when() -> None:
    parked = PollStatus("open_orders", PARKED, 5.0, why="401")
    rare = replace(parked, name="accounts", every_seconds=3_600.0)
    quarter = "It looks again by itself, about every quarter of an hour."
    assert only(target(polls=(parked,))).remedy.endswith(quarter)
    assert only(target(polls=(replace(parked, key_from_environment=True),))).remedy.endswith(
        quarter
    )
    assert only(target(polls=(parked, rare))).remedy.endswith(
        "They look again by themselves, about every 1\N{NO-BREAK SPACE}h."
    )


def test_draining_is_the_headline_whatever_else_there_is() -> None:
    assert diagnose(daemon(*ILL.targets, draining=True)).headline == "Shutting down"


def test_a_daemon_in_health_has_no_findings() -> None:
    assert diagnose(WELL).findings == ()


def test_every_trouble_is_found_once_the_gravest_first_and_each_has_a_remedy() -> None:
    findings = diagnose(ILL).findings
    assert [finding.where for finding in findings] == [
        "korea / tickers",
        "korea / open_orders",
        "korea / ticker",
        "korea / candles",
    ]
    assert all(finding.remedy for finding in findings)


def test_a_finding_carries_the_reason_that_the_poll_gave() -> None:
    assert diagnose(ILL).findings[0].why == "429 too_many_requests"


def test_a_late_poll_that_never_succeeded_is_late_since_the_start() -> None:
    status = daemon(target(polls=(PollStatus("markets", LATE, 60.0),)))
    assert "since the start" in diagnose(status).findings[0].what


def test_a_refused_group_is_found_while_the_polls_are_fresh_and_leaves_the_headline_alone() -> None:
    shut = QuotaStatus("ticker", 10, 5, shut_until=NOW + 2)
    diagnosis = diagnose(daemon(target(polls=(FRESH_POLL,), quotas=(shut,))))
    assert diagnosis.tone is Tone.GOOD
    assert [finding.where for finding in diagnosis.findings] == ["korea / ticker"]


def test_refusals_of_several_groups_are_one_sentence() -> None:
    shut = [
        QuotaStatus(name, 10, 5, waiting=1, shut_until=NOW + seconds)
        for name, seconds in (("ticker", 2), ("market", 4))
    ]
    assert told(target(quotas=tuple(shut))) == [
        (
            "korea / ticker, market were refused (429) and are shut for another "
            "4\N{NO-BREAK SPACE}s, and 2 requests held back"
        )
    ]


def test_a_block_is_one_sentence_for_all_groups_and_all_targets_that_share_it() -> None:
    address = tuple(
        QuotaStatus(name, 10, 5, shut_until=NOW + 40, blocked=True) for name in ("a", "b", "c")
    )
    first = target(polls=(FRESH_POLL,), quotas=address)
    second = target(name="second", polls=(FRESH_POLL,), quotas=address)
    elsewhere = replace(target(name="sg", quotas=address), base_url="https://sg.example.test")
    blocked = "is blocked (418) for another 40\N{NO-BREAK SPACE}s"
    assert told(first, second, elsewhere) == [
        f"korea, second / our IP address {blocked}",
        f"sg / our IP address {blocked}",
    ]


def test_a_block_is_the_headline_however_the_polls_are() -> None:
    address = QuotaStatus("a", 10, 5, shut_until=NOW + 40, blocked=True)
    account = replace(address, counted_by=Counted.ACCOUNT)
    failing = PollStatus("tickers", FAILING, 5.0, None, 2, "418")
    well = target(name="sg", polls=(FRESH_POLL,))

    def headline(*targets: TargetStatus) -> str:
        diagnosis = diagnose(daemon(*targets))
        assert diagnosis.tone is Tone.BAD
        return diagnosis.headline

    for poll in (FRESH_POLL, failing):
        ill = target(polls=(poll,), quotas=(address, account))
        keyed = target(polls=(poll,), quotas=(account,))
        assert headline(ill) == "Our IP address is blocked"
        assert headline(ill, well) == "Our IP address is blocked at korea"
        assert headline(keyed, well) == "The account of korea is blocked"
        assert headline(keyed, replace(keyed, name="second")) == (
            "The accounts of korea, second are blocked"
        )
    over = replace(address, shut_until=NOW - 1)
    assert diagnose(daemon(target(polls=(FRESH_POLL,), quotas=(over,)))).tone is Tone.GOOD


def test_a_block_of_an_account_is_told_apart_from_that_of_the_address() -> None:
    quotas = tuple(
        QuotaStatus(name, 10, 5, shut_until=NOW + 40, blocked=True, counted_by=by)
        for name, by in (("ticker", Counted.ADDRESS), ("default", Counted.ACCOUNT))
    )
    assert [finding.where for finding in diagnose(daemon(target(quotas=quotas))).findings] == [
        "korea / our IP address",
        "korea / our account",
    ]


@pytest.mark.parametrize(
    ("budget", "others", "found"),
    [
        (15, 0.0, False),
        (15, 8.9, False),
        (15, 9.0, True),
        (26, 4.0, False),
        (26, 4.1, True),
        (30, 0.0, False),
        (30, 0.1, True),
    ],
)
def test_others_are_found_when_they_take_much_of_the_limit_or_more_than_our_share_leaves(
    budget: int,
    others: float,
    found: bool,  # noqa: FBT001 -- an example's outcome
) -> None:
    quota = QuotaStatus("default", 30, budget, foreign=99, others=others)
    sentences = told(target(quotas=(quota,)))
    assert sentences == (
        [f"korea / default is used by others: {others} of 30 requests a window"] if found else []
    )


@pytest.mark.parametrize(
    ("counted_by", "place"),
    [(Counted.ADDRESS, "at this address"), (Counted.ACCOUNT, "with a key of this account")],
)
def test_where_the_others_are_depends_on_what_the_exchange_counts_by(
    counted_by: Counted, place: str
) -> None:
    assert place in only(target(quotas=(replace(CROWD, counted_by=counted_by),))).remedy


def test_what_concerns_a_quota_comes_before_the_polls_that_suffer_from_it() -> None:
    refused = QuotaStatus("market", 10, 5, shut_until=NOW + 2)
    late = PollStatus("tickers", LATE, 5.0, NOW - 60)
    blocked = replace(refused, group="trade", blocked=True)
    parked = PollStatus("trades", PARKED, 5.0, why="401")
    ill = target(polls=(late, parked), quotas=(CROWD, refused, blocked))
    assert [finding.where for finding in diagnose(daemon(ill)).findings] == [
        "korea / our IP address",
        "korea / trades",
        "korea / market",
        "korea / ticker",
        "korea / tickers",
    ]


@pytest.mark.parametrize(
    ("poll", "quota", "sentence"),
    [
        (HELD, CROWD, "our own limiter holds requests back, for others use up ticker"),
        (HELD, SEEN, "our own limiter holds requests back, for others were seen to use ticker"),
        (HELD, GONE, "our own limiter holds requests back"),
        (HELD, replace(CROWD, group="market"), "our own limiter holds requests back"),
        (REFUSED, CROWD, "others use up ticker"),
        (REFUSED, SEEN, "others were seen to use ticker"),
        (REFUSED, GONE, "others were seen to use ticker"),
    ],
)
def test_polls_that_lack_quota_say_who_has_it(
    poll: PollStatus, quota: QuotaStatus, sentence: str
) -> None:
    mine = QuotaStatus("ticker", 10, 5)
    ill = target(polls=(poll,), quotas=(quota, mine) if quota.group != "ticker" else (quota,))
    (finding,) = (found for found in diagnose(daemon(ill)).findings if found.tone is Tone.BAD)
    assert finding.what == f"fails, 3 times in a row: {sentence}"
    assert ("Find who else asks at this address" in finding.remedy) is ("others" in sentence)


def test_a_poll_that_fails_for_another_reason_does_not_blame_others() -> None:
    ill = target(polls=(replace(REFUSED, why="500: no", throttled=False),), quotas=(CROWD,))
    assert diagnose(daemon(ill)).findings[0].what == "fails, 3 times in a row"


def test_polls_that_lack_the_same_quota_are_one_sentence_and_those_of_another_are_not() -> None:
    more = replace(HELD, name="b", why="group ticker: no request may leave for another 9.0 s")
    other = replace(HELD, name="c", groups=frozenset({"trade"}))
    quotas = (CROWD, QuotaStatus("trade", 10, 5))
    found = diagnose(daemon(target(polls=(HELD, more, other), quotas=quotas))).findings
    assert [finding.where for finding in found] == [
        "korea / tickers, b",
        "korea / c",
        "korea / ticker",
    ]


@pytest.mark.parametrize(
    ("skew", "found"),
    [
        (None, False),
        ((2.1, 0.2), False),
        ((2.3, 0.2), True),
        ((-2.3, 0.2), True),
        ((30.0, 40.0), False),
    ],
)
def test_a_clock_is_found_only_when_it_is_certainly_more_than_two_seconds_off(
    skew: tuple[float, float] | None,
    found: bool,  # noqa: FBT001 -- an example's outcome
) -> None:
    assert bool(told(replace(target(), skew=skew))) is found


@pytest.mark.parametrize(
    ("days", "sentences"),
    [
        (None, []),
        (15, []),
        (6.4, ["korea / certificate ends in 6\N{NO-BREAK SPACE}d"]),
        (-2, ["korea / certificate ended 2\N{NO-BREAK SPACE}d ago"]),
    ],
)
def test_a_certificate_is_found_two_weeks_before_its_end(
    days: float | None, sentences: list[str]
) -> None:
    ends = None if days is None else NOW + days * 86_400
    assert told(replace(target(), certificate_not_after=ends)) == sentences


def test_a_rejected_configuration_is_found_with_its_first_problem() -> None:
    rejected = Rejection(NOW - 60, ("x.yml:3: no such option; remove it", "another", "a third"))
    (finding,) = diagnose(replace(WELL, rejected=rejected)).findings
    assert f"{finding.where} {finding.what}" == (
        "The configuration was rejected 1\N{NO-BREAK SPACE}min ago; the old one stays in force"
    )
    assert finding.why == "x.yml:3: no such option; remove it (and 2 problems more)"
    assert replace(WELL, rejected=rejected).ready
