from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from upbit_monitor.app.story import line, story
from upbit_monitor.quota import Decision, GroupState, Kind

ALONE = GroupState(
    group="ticker",
    called=None,
    limit=10,
    budget=5,
    period=1.0,
    remaining=None,
    left=1,
    held=1,
    under_way=1,
    waiting=0,
    foreign=0,
    expected=0.0,
    pace=math.inf,
    shut_for=0.0,
)
KNOWN = replace(ALONE, remaining=9, called="ticker")
CROWDED = replace(KNOWN, limit=30, budget=15, foreign=5, expected=4.2345, pace=12.0)


def tell(kind: Kind, state: GroupState = KNOWN, **more: Any) -> Decision:  # noqa: ANN401 -- fields
    return Decision(at=more.pop("at", 100.0), kind=kind, state=state, **more)


def texts(*decisions: Decision) -> list[str]:
    return [event["text"] for event in story(decisions, 100.0)]


def text(kind: Kind, state: GroupState = KNOWN, **more: Any) -> str:  # noqa: ANN401 -- fields
    (told,) = texts(tell(kind, state, **more))
    return told


def test_a_first_request() -> None:
    assert text(Kind.GRANTED, ALONE, probe=True) == (
        "goes at once: nothing is known yet, so this is a probe"
    )


def test_a_request_that_need_not_wait() -> None:
    assert text(Kind.GRANTED) == "goes at once"


def test_a_request_that_waited() -> None:
    why = "spaced from the last request"
    assert text(Kind.GRANTED, waited=0.108, why=why) == f"waited 0.108 s ({why}), goes"
    assert text(Kind.GRANTED, waited=0.108, why=why, ahead=2) == (
        f"waited 0.108 s ({why}, 2 ahead of it), goes"
    )


def test_a_probe_after_a_refusal() -> None:
    assert text(Kind.GRANTED, waited=1.0, why="the exchange has refused us (429)", probe=True) == (
        "waited 1.000 s (the exchange has refused us (429)), goes: "
        "nothing is known any more, so this is a probe"
    )


def test_a_request_that_does_not_go() -> None:
    assert text(Kind.WITHHELD, waited=5.0, why="all of our slots are held") == (
        "does not go, given up after 5.000 s: all of our slots are held"
    )
    assert text(Kind.WITHHELD, why="the exchange has blocked us (418)") == (
        "does not go, given up: the exchange has blocked us (418)"
    )


def test_an_answer_that_ours_explain() -> None:
    assert text(Kind.ANSWERED, left=9, called="ticker") == "9 of 10 left; ours explain it"


def test_an_answer_in_company() -> None:
    assert text(Kind.ANSWERED, CROWDED, left=24, called="ticker") == (
        "24 of 30 left; others took at least 5; expects 4.2 of others a period, sends at most 12"
    )


def test_only_what_others_took_since_the_last_decision_is_told() -> None:
    more = replace(CROWDED, foreign=7)
    answers = [tell(Kind.ANSWERED, state, left=24, called="ticker") for state in (CROWDED, more)]
    assert [told.split("; ")[1] for told in texts(*answers)] == [
        "others took at least 5", "others took at least 2",
    ]  # fmt: skip


def test_an_answer_that_nobody_explains_says_nothing_of_whose_doing_it_is() -> None:
    assert text(Kind.ANSWERED, left=3, called="ticker") == "3 of 10 left"


def test_an_answer_without_a_header() -> None:
    assert text(Kind.ANSWERED) == "answered, without a word of what is left"


def test_an_answer_under_another_name() -> None:
    assert text(Kind.ANSWERED, left=9, called="tick") == '9 of 10 left of "tick"; ours explain it'
    assert text(Kind.ANSWERED, called="order") == (
        'answered; its header speaks of another group, "order": not believed'
    )


def test_a_refusal() -> None:
    shut = replace(KNOWN, shut_for=1.0, held=3)
    assert text(Kind.REFUSED, shut) == (
        "refused (429): shut for 1.0 s; 3 of our 5 slots held; nobody else seen"
    )
    assert text(Kind.BLOCKED, replace(CROWDED, shut_for=105.0)) == (
        "blocked (418): all is shut for 105.0 s; 1 of our 15 slots held; others are about, 5 seen"
    )


def test_a_request_that_came_to_nothing() -> None:
    assert text(Kind.LOST) == "no answer: it may have been counted all the same"
    assert text(Kind.UNSENT) == "never left: its slot is given back"


def test_every_kind_has_its_sentence() -> None:
    for kind in Kind:
        assert text(kind, CROWDED)


def test_it_is_told_in_order_of_time_since_the_start() -> None:
    decisions = [tell(Kind.ANSWERED, at=100.25), tell(Kind.GRANTED, at=100.0)]
    events = story(decisions, 99.5)
    assert [(event["decision"], event["at_seconds"]) for event in events] == [
        ("granted", 0.5), ("answered", 0.75),
    ]  # fmt: skip


def test_a_line_has_the_moment_the_group_and_the_sentence() -> None:
    (event,) = story([tell(Kind.GRANTED, at=100.05)], 100.0)
    assert line(event) == "+0.050 s  ticker    goes at once"


def test_it_is_fit_for_json() -> None:
    for state in (ALONE, CROWDED):
        json.dumps(story([tell(kind, state) for kind in Kind], 0.0), allow_nan=False)
