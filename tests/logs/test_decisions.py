from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.logs.recorder import Recorder
from upbit_monitor.logs import DecisionLog
from upbit_monitor.quota import Decision, GroupState, Kind

if TYPE_CHECKING:
    from upbit_monitor.logs.setup import LevelWord

ALONE = GroupState(
    group="ticker",
    called="ticker",
    limit=10,
    budget=5,
    period=1.0,
    remaining=9,
    left=1,
    held=3,
    under_way=1,
    waiting=2,
    foreign=0,
    expected=0.0,
    pace=math.inf,
    shut_for=0.0,
)
SHUT = replace(ALONE, shut_for=1.25, left=0)
CROWDED = replace(SHUT, foreign=17, expected=4.2345, pace=2.5678)
GRANTED = Decision(at=12.0, kind=Kind.GRANTED, state=ALONE)
REFUSED = Decision(at=12.0, kind=Kind.REFUSED, state=SHUT, waited=0.1234567)


def told(*decisions: Decision, level: LevelWord = "debug", **scope: str) -> list[dict[str, Any]]:
    recorder = Recorder(level=level)
    log = DecisionLog(recorder.logging.logger(**scope))
    for decision in decisions:
        log.told(decision)
    return recorder.lines


def test_a_refusal_alone_is_a_warning_with_the_ledger_and_unexplained() -> None:
    (line,) = told(REFUSED, base_url="https://api.upbit.com", level="warning")
    assert line == {
        "ts": "2026-01-02T03:04:05.678Z",
        "level": "warning",
        "event": "quota_refused",
        "schema": 1,
        "base_url": "https://api.upbit.com",
        "status": 429,
        "cause": "unexplained",
        "group": "ticker",
        "waited_ms": 123.457,
        "limit": 10,
        "budget": 5,
        "held": 3,
        "waiting": 2,
        "foreign": 0,
        "shut_for_seconds": 1.25,
    }


def test_a_refusal_in_company_tells_of_the_strangers() -> None:
    (line,) = told(replace(REFUSED, state=CROWDED))
    assert (line["cause"], line["foreign"]) == ("strangers", 17)
    assert (line["foreign_expected"], line["pace"]) == (4.234, 2.568)


def test_a_block_is_a_warning_too_and_every_refusal_is_told() -> None:
    blocked = replace(REFUSED, kind=Kind.BLOCKED)
    lines = told(REFUSED, REFUSED, blocked, level="warning")
    assert [(line["level"], line["status"]) for line in lines] == [
        ("warning", 429), ("warning", 429), ("warning", 418),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in {Kind.REFUSED, Kind.BLOCKED}]
)
def test_every_other_decision_is_told_at_debug(kind: Kind) -> None:
    (line,) = told(replace(GRANTED, kind=kind))
    assert (line["level"], line["event"], line["decision"]) == ("debug", "quota_decided", kind)
    assert told(replace(GRANTED, kind=kind), level="info") == []


def test_what_does_not_apply_is_left_out() -> None:
    (line,) = told(GRANTED)
    assert line.keys().isdisjoint(
        {"why", "ahead", "probe", "remaining", "called", "foreign_expected", "pace"}
    )
    assert "shut_for_seconds" not in line


def test_what_applies_is_told() -> None:
    full = replace(GRANTED, why="a probe is under way", ahead=3, probe=True, left=0, called="tick")
    (line,) = told(full)
    assert (line["why"], line["ahead"], line["probe"]) == ("a probe is under way", 3, True)
    assert (line["remaining"], line["called"]) == (0, "tick")
