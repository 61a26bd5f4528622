from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import pytest

from upbit_monitor.app.report import report

QUIET: Final = MappingProxyType(
    {
        "group": "ticker",
        "called": "ticker",
        "limit": 10,
        "ours_at_most": 5,
        "remaining": 9,
        "taken_by_others": 0,
        "others_expected": 0.0,
        "pace": None,
        "not_let_go": {"deadline": 0, "blocked": 0},
        "shut_for_seconds": 0.0,
    }
)


def shown(group: dict[str, Any], **target: Any) -> list[str]:  # noqa: ANN401 -- fields of a target
    fields: dict[str, Any] = {
        "region": "kr",
        "base_url": "http://x",
        "clock": None,
        "certificate": None,
    }
    fields |= {"polls": {}, "off": {}} | target
    seen = {"healthy": True, "targets": {"korea": fields | {"limiter": [{**QUIET, **group}]}}}
    return report(seen).splitlines()[1:-2]


def test_a_quota_in_peace() -> None:
    assert shown({}) == [
        "  quota ticker: 10 allowed, 5 ours at most, 9 left after our last request"
    ]


def test_a_quota_in_trouble_tells_all_that_the_limiter_knows() -> None:
    (line,) = shown(
        {
            "called": "tick",
            "remaining": 1,
            "taken_by_others": 7,
            "others_expected": 4.2,
            "pace": 2,
            "not_let_go": {"deadline": 3, "blocked": 0},
            "shut_for_seconds": 1.5,
        }
    )
    assert line == (
        "  quota ticker (the exchange says tick): 10 allowed, 5 ours at most, "
        "1 left after our last request, others took at least 7, "
        "others expected to take 4.2 a window, 2 ours at most beside others, "
        "3 not let go (deadline), shut for 1.5 s"
    )


def test_a_group_that_no_header_named_is_called_by_our_name() -> None:
    assert "the exchange says" not in shown({"called": None})[0]


def test_the_story_comes_last_a_line_a_decision() -> None:
    event = {"at_seconds": 0.052, "group": "ticker", "text": "9 of 10 left; ours explain it"}
    assert shown({}, decisions=[event])[1:] == [
        "  what the limiter decided:",
        "    +0.052 s  ticker    9 of 10 left; ours explain it",
    ]


def test_a_target_tells_its_clock_and_its_certificate_if_they_are_known() -> None:
    clock = {"ahead_seconds": -0.31, "give_or_take": 0.04}
    certificate = {"not_after": 1.8e9, "seconds_left": 63.5 * 86_400}
    lines = shown({}, clock=clock, certificate=certificate)
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines[:2]] == [
        "  clock 0.3 s behind the exchange (±0.04 s)",
        "  certificate ends in 63 d",
    ]


def test_a_poll_tells_what_it_saw_and_what_to_look_at() -> None:
    concern = {"what": "has 2 orders that stand still", "remedy": "See whether they are wanted."}
    poll = {"ok": True, "why": None, "gist": "17 open", "concerns": [concern], "saw": []}
    assert shown({}, polls={"open_orders": poll})[:2] == [
        "  ok    open_orders: 17 open",
        "        ! open_orders has 2 orders that stand still. See whether they are wanted.",
    ]


def test_a_poll_that_is_off_tells_why() -> None:
    off = {"travel_rule": "the region has nothing of the kind"}
    assert shown({}, off=off)[0] == "  off   travel_rule: the region has nothing of the kind"


@pytest.mark.parametrize(
    ("up", "why", "found"),
    [
        (True, None, "reached"),
        (False, "no connection in time", "not reached: no connection in time"),
        (None, None, "unknown"),
    ],
)
def test_a_second_opinion_stands_before_the_verdict(
    up: bool | None,  # noqa: FBT001 -- one of three
    why: str | None,
    found: str,
) -> None:
    opinion = {"address": "one.one.one.one:443", "up": up, "why": why}
    seen = {"healthy": True, "targets": {}, "second_opinion": opinion}
    assert report(seen).splitlines() == [
        f"second opinion · one.one.one.one:443 · {found}", "", "All polls succeeded.",
    ]  # fmt: skip
