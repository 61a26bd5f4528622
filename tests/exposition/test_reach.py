from __future__ import annotations

from dataclasses import replace

import pytest

from tests.exposition.examples import NOW, daemon, target
from upbit_monitor.exposition import Opinion, PollState, PollStatus, QuotaStatus, Status
from upbit_monitor.exposition.diagnosis import diagnose
from upbit_monitor.exposition.finding import Tone

HEARD = PollStatus("markets", PollState.FRESH, 60.0, NOW - 50, heard_at=NOW - 50)
MUTE = PollStatus(
    "tickers",
    PollState.FAILING,
    5.0,
    NOW - 40,
    failures=3,
    why="connection refused",
    unreachable_since=NOW - 30,
    heard_at=NOW - 40,
)
SILENT = target(polls=(MUTE, HEARD))


def opinion(up: bool | None) -> Opinion:  # noqa: FBT001 -- the field's value
    return Opinion("1.1.1.1:443", up, NOW - 20, "no route" if up is False else None)


def headline(status: Status) -> str:
    return diagnose(status).headline


@pytest.mark.parametrize(
    ("asked", "words", "remedy"),
    [
        (None, "The exchange is out of reach", "our line, or the exchange"),
        (opinion(None), "The exchange is out of reach", "our line, or the exchange"),
        (opinion(up=True), "The exchange does not answer", "Our line is up"),
        (opinion(up=False), "We are offline", "Look at our own line first"),
    ],
)
def test_who_is_at_fault_is_said_as_far_as_the_second_opinion_tells(
    asked: Opinion | None, words: str, remedy: str
) -> None:
    diagnosis = diagnose(replace(daemon(SILENT), second_opinion=asked))
    assert (diagnosis.tone, diagnosis.headline) == (Tone.BAD, words)
    (finding,) = diagnosis.findings
    assert remedy in finding.remedy


def test_a_target_out_of_reach_is_one_sentence_with_its_reason() -> None:
    both = target(polls=(MUTE, replace(MUTE, name="trades")))
    (finding,) = diagnose(daemon(both)).findings
    assert f"{finding.where} {finding.what}" == (
        "korea does not answer, for 30\N{NO-BREAK SPACE}s: 2 polls failed"
    )
    assert finding.why == "connection refused"


def test_one_failure_is_weather() -> None:
    once = replace(MUTE, failures=1, state=PollState.FRESH)
    assert headline(daemon(target(polls=(once, HEARD)))) == (
        "Both polls are fresh, 1 failed last time"
    )


def test_a_target_of_which_something_was_heard_since_is_in_reach() -> None:
    heard = replace(HEARD, heard_at=NOW - 10)
    assert headline(daemon(target(polls=(MUTE, heard)))) == "1 of 2 polls is failing"


def test_a_refusal_is_an_answer() -> None:
    refused = replace(HEARD, state=PollState.PARKED, heard_at=NOW - 10, why="401", failures=1)
    assert headline(daemon(target(polls=(MUTE, refused)))) == "Both polls are in trouble"


def test_a_parked_poll_is_told_though_its_target_is_out_of_reach() -> None:
    parked = replace(MUTE, name="open_orders", state=PollState.PARKED)
    findings = diagnose(daemon(target(polls=(MUTE, parked)))).findings
    assert [finding.where for finding in findings] == ["korea", "korea / open_orders"]


@pytest.mark.parametrize("state", [PollState.FRESH, PollState.WAITING, PollState.FAILING])
def test_while_another_target_answers_the_headline_names_those_that_do_not(
    state: PollState,
) -> None:
    silent = target(polls=(replace(MUTE, state=state), HEARD))
    other = target(name="singapore", polls=(HEARD,))
    diagnosis = diagnose(replace(daemon(silent, other), second_opinion=opinion(up=True)))
    assert (diagnosis.tone, diagnosis.headline) == (Tone.BAD, "korea does not answer")
    assert headline(daemon(silent, replace(silent, name="id"), other)) == "korea, id do not answer"


def test_a_block_by_one_target_and_the_silence_of_another_are_both_in_the_headline() -> None:
    block = QuotaStatus("ticker", 10, 5, shut_until=NOW + 40, blocked=True)
    other = target(name="singapore", polls=(HEARD,), quotas=(block,))
    assert headline(daemon(SILENT, other)) == (
        "Our IP address is blocked at singapore, korea does not answer"
    )


def test_a_target_that_watches_nothing_says_nothing_of_the_line() -> None:
    idle = target(name="idle", polls=(PollStatus("open_orders", PollState.NO_KEY, 0.0),))
    assert headline(daemon(SILENT, idle)) == "The exchange is out of reach"


def test_a_second_opinion_that_fails_alone_is_a_thing_to_look_at() -> None:
    asked = replace(daemon(target(polls=(HEARD,))), second_opinion=opinion(up=False))
    diagnosis = diagnose(asked)
    assert diagnosis.headline == "The only poll is fresh, 1 thing to look at"
    (finding,) = diagnosis.findings
    assert (finding.where, finding.why) == ("1.1.1.1:443", "no route")
