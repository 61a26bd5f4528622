from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.logs.recorder import Recorder
from upbit_monitor.exchange import Call
from upbit_monitor.logs import CallLog
from upbit_monitor.quota import Remaining

if TYPE_CHECKING:
    from upbit_monitor.logs.setup import LevelWord

GOOD = Call(
    target="korea",
    poll="open_orders",
    endpoint="orders_open",
    group="default",
    query="states[]=wait&states[]=watch",
    request_id="0123456789abcdef",
    at=1000.0,
    waited=0.00123456,
    sent=True,
    status=200,
    latency=0.0456789,
    phases={"processing": 0.04},
    reused=True,
    remaining=Remaining("default", 29),
    header="ok",
    limit=30,
    failure=None,
    error=None,
    message=None,
    size=123,
)
TIMEOUT = replace(
    GOOD, status=None, latency=10.0, remaining=None, failure="timeout", error="Unreachable"
)
THROTTLED = replace(
    GOOD, status=429, failure="throttled", error="Throttled", message="Too many API requests."
)
BLOCKED = replace(GOOD, status=418, failure="blocked", error="Blocked")
BROKEN = replace(GOOD, status=500, failure="http_5xx", error="Broken")
CANCELLED = replace(GOOD, status=None, failure="cancelled", error="CancelledError")


def told(*calls: Call, level: LevelWord = "debug", **options: bool) -> list[dict[str, Any]]:
    recorder = Recorder(level=level)
    log = CallLog(recorder.logging.logger(), **options)
    for call in calls:
        log.departed(call.target, call.endpoint, call.group)
        log.told(call)
    return recorder.lines


def summary(lines: list[dict[str, Any]]) -> list[tuple[str, str, int | None]]:
    return [(line["level"], line["event"], line.get("failures")) for line in lines]


def test_a_success_is_one_line_with_all_that_is_known_of_it() -> None:
    (line,) = told(GOOD)
    assert line == {
        "ts": "2026-01-02T03:04:05.678Z",
        "level": "debug",
        "event": "request_succeeded",
        "schema": 1,
        "target": "korea",
        "poll": "open_orders",
        "endpoint": "orders_open",
        "group": "default",
        "query": "states[]=wait&states[]=watch",
        "request_id": "0123456789abcdef",
        "status": 200,
        "latency_ms": 45.679,
        "waited_ms": 1.235,
        "remaining": 29,
    }


def test_successes_are_at_info_if_asked() -> None:
    assert told(GOOD, level="info") == []
    assert summary(told(GOOD, level="info", successes_at_info=True)) == [
        ("info", "request_succeeded", None)
    ]


def test_a_query_that_names_a_hundred_markets_is_cut() -> None:
    (line,) = told(replace(TIMEOUT, query="markets=" + ",".join(["KRW-BTC"] * 100)))
    assert line["query"].startswith("markets=KRW-BTC,KRW-BTC,")
    assert line["query"].endswith("… (807 characters)")
    assert len(line["query"]) < 150


def test_what_an_attempt_did_not_reach_is_left_out() -> None:
    (line,) = told(replace(TIMEOUT, latency=None, query=""))
    assert line.keys().isdisjoint({"query", "status", "latency_ms", "remaining", "message"})
    assert (line["failure"], line["error"]) == ("timeout", "Unreachable")


def test_the_exchanges_own_words_are_told() -> None:
    (line,) = told(replace(BROKEN, error="server_error", message="점검 중입니다."))
    assert (line["error"], line["message"]) == ("server_error", "점검 중입니다.")


def test_an_outage_is_one_warning_then_a_count_then_one_recovery() -> None:
    lines = told(TIMEOUT, TIMEOUT, replace(TIMEOUT, at=1030.0), replace(GOOD, at=1042.5), GOOD)
    assert summary(lines) == [
        ("warning", "request_failed", 1),
        ("debug", "request_failed", 2),
        ("debug", "request_failed", 3),
        ("info", "request_recovered", 3),
        ("debug", "request_succeeded", None),
    ]
    assert lines[3]["down_seconds"] == 42.5


def test_a_kind_not_seen_yet_in_an_outage_is_a_warning_and_alternation_is_quiet() -> None:
    lines = told(TIMEOUT, BROKEN, TIMEOUT, BROKEN, TIMEOUT)
    assert [line["level"] for line in lines] == ["warning", "warning", "debug", "debug", "debug"]
    assert [line["failures"] for line in lines] == [1, 2, 3, 4, 5]


def test_a_new_outage_is_a_warning_again() -> None:
    assert summary(told(TIMEOUT, GOOD, TIMEOUT))[2] == ("warning", "request_failed", 1)


@pytest.mark.parametrize("other", [{"target": "singapore"}, {"endpoint": "ticker"}])
def test_each_endpoint_of_each_target_has_its_own_outage(other: dict[str, str]) -> None:
    elsewhere = replace(GOOD, **other)  # type: ignore[arg-type]  # names of str fields
    lines = told(TIMEOUT, elsewhere, replace(TIMEOUT, **other), GOOD)  # type: ignore[arg-type]
    assert [line["event"] for line in lines] == [
        "request_failed",
        "request_succeeded",
        "request_failed",
        "request_recovered",
    ]
    assert lines[2]["level"] == "warning"


def test_a_429_is_a_warning_and_repeated_ones_are_quiet() -> None:
    assert summary(told(THROTTLED, THROTTLED, GOOD)) == [
        ("warning", "request_throttled", 1),
        ("debug", "request_throttled", 2),
        ("info", "request_recovered", 2),
    ]


def test_every_418_is_an_error() -> None:
    assert summary(told(BLOCKED, BLOCKED)) == [
        ("error", "request_blocked", 1),
        ("error", "request_blocked", 2),
    ]


def test_a_cancelled_attempt_neither_begins_nor_ends_an_outage() -> None:
    assert summary(told(CANCELLED, TIMEOUT, CANCELLED, TIMEOUT)) == [
        ("debug", "request_cancelled", None),
        ("warning", "request_failed", 1),
        ("debug", "request_cancelled", None),
        ("debug", "request_failed", 2),
    ]


def test_a_wall_clock_that_steps_back_makes_no_negative_outage() -> None:
    assert told(TIMEOUT, replace(GOOD, at=1.0))[1]["down_seconds"] == 0.0
