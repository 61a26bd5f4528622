from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import NOW, FakeBoard
from upbit_monitor.errors import refusal
from upbit_monitor.exchange import Call, Endpoint
from upbit_monitor.metrics import CallMetrics
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.quota import Remaining

if TYPE_CHECKING:
    from upbit_monitor.metrics import Family

GOOD = Call(
    target="korea",
    poll="tickers",
    endpoint="ticker",
    group="ticker",
    query="markets=KRW-BTC",
    request_id="0123456789abcdef",
    at=NOW,
    waited=0.25,
    sent=True,
    status=200,
    latency=0.125,
    phases={"processing": 0.1, "transfer": 0.025},
    reused=True,
    remaining=Remaining("ticker", 7, 10),
    header="ok",
    limit=10,
    failure=None,
    error=None,
    message=None,
    size=300,
)
NOT_SENT: dict[str, Any] = {
    "sent": False, "status": None, "latency": None, "phases": {}, "reused": None,
    "remaining": None, "header": "none", "size": 0,
}  # fmt: skip
SILENT: dict[str, Any] = NOT_SENT | {"sent": True, "latency": 5.0, "reused": True}
ENDPOINTS = ("ticker", "market_all")


def refused(status: int, name: str | None = None, **fields: Any) -> Call:  # noqa: ANN401 -- fields of a record
    """Give the record of an answer with this status and error body."""
    error = refusal(status, name, "message")
    called = error.name or type(error).__name__
    return replace(GOOD, status=status, failure=error.reason, error=called, **fields)


class Bench:
    """The observer, and a board to read."""

    def __init__(self) -> None:
        self.board = FakeBoard()
        self.calls = CallMetrics(self.board)

    def tell(self, *calls: Call) -> None:
        """Tell of attempts one after the other, each from its departure."""
        for call in calls:
            if call.sent:
                self.calls.departed(call.target, call.endpoint, call.group)
            self.calls.told(call)

    def counted(self, family: Family, *labels: str) -> dict[tuple[str, ...], float]:
        """Give what was counted at all, by these labels."""
        found = self.board.series(family.name, *labels)
        return {key: number for key, number in found.items() if number}

    def gauge(self, family: Family, **labels: str) -> float | None:
        return self.board.value(family.name, target="korea", **labels)


def test_a_good_answer_is_shown() -> None:
    bench = Bench()
    bench.tell(GOOD)
    assert bench.counted(c.ATTEMPTS, "endpoint") == {("ticker",): 1}
    assert bench.counted(c.RESPONSES, "endpoint", "code") == {("ticker", "200"): 1}
    assert bench.counted(c.FAILURES, "reason") == {}
    assert bench.counted(c.RESPONSE_BYTES) == {(): 300}
    assert bench.counted(c.CONNECTIONS, "state") == {("reused",): 1}
    assert bench.gauge(c.IN_FLIGHT, endpoint="ticker") == 0
    assert bench.gauge(c.UP, endpoint="ticker") == 1
    assert bench.gauge(c.LAST_SUCCESS, endpoint="ticker") == NOW
    assert bench.gauge(c.REMAINING, group="ticker") == 7
    assert bench.gauge(c.UPDATED, group="ticker") == NOW
    for family, labels, total in (
        (c.REQUEST_DURATION, {"endpoint": "ticker"}, 0.125),
        (c.PHASE_DURATION, {"endpoint": "ticker", "phase": "processing"}, 0.1),
        (c.PHASE_DURATION, {"endpoint": "ticker", "phase": "transfer"}, 0.025),
        (c.WAIT_DURATION, {"group": "ticker"}, 0.25),
        (c.REMAINING_RATIO, {"group": "ticker"}, 0.7),
    ):
        found = bench.board.value(f"{family.name}_sum", target="korea", **labels)
        assert found == total, family.name


FAILURES: dict[str, Call] = {
    "timeout": replace(GOOD, **SILENT, failure="timeout", error="Unreachable"),
    "dns": replace(GOOD, **NOT_SENT, failure="dns", error="Unreachable"),
    "connect": replace(GOOD, **NOT_SENT, failure="connect", error="Unreachable"),
    "tls": replace(GOOD, **NOT_SENT, failure="tls", error="Unreachable"),
    "disconnect": replace(GOOD, **SILENT, failure="disconnect", error="Unreachable"),
    "http_4xx": refused(401, "invalid_access_key"),
    "http_5xx": refused(502),
    "throttled": refused(429),
    "blocked": refused(418),
    "payload": replace(GOOD, failure="payload", error="Unreadable"),
    "cancelled": replace(GOOD, **NOT_SENT, failure="cancelled", error="CancelledError"),
}


def test_every_reason_is_tried_here() -> None:
    assert tuple(FAILURES) == c.REASONS


@pytest.mark.parametrize("reason", FAILURES)
def test_a_failure_is_counted_by_its_reason(reason: str) -> None:
    bench, call = Bench(), FAILURES[reason]
    bench.tell(GOOD, replace(call, at=NOW + 9))
    assert bench.counted(c.FAILURES, "endpoint", "reason") == {("ticker", reason): 1}
    assert bench.counted(c.ATTEMPTS) == {(): 1 + call.sent}
    assert bench.counted(c.REQUESTS, "group") == {("ticker",): 1 + call.sent}
    assert sum(bench.counted(c.RESPONSES, "code").values()) == 1 + (call.status is not None)
    assert bench.gauge(c.UP, endpoint="ticker") == float(reason == "cancelled")
    assert bench.gauge(c.LAST_SUCCESS, endpoint="ticker") == NOW
    assert bench.counted(c.THROTTLED) == ({(): 1} if reason == "throttled" else {})
    assert bench.counted(c.BLOCKED) == ({(): 1} if reason == "blocked" else {})


def test_a_cancelled_attempt_says_nothing_of_the_exchange() -> None:
    bench = Bench()
    bench.tell(FAILURES["cancelled"])
    assert bench.gauge(c.UP, endpoint="ticker") is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (refused(401, "invalid_access_key"), {"invalid_access_key": 1}),
        (refused(404, "404"), {"404": 1}),
        (refused(403, "market_offline"), {"market_offline": 1}),
        (refused(400, "a_name_of_next_year"), {"other": 1}),
        (refused(502), {"none": 1}),
        (refused(429), {"none": 1}),
        (refused(418), {"none": 1}),
        (refused(400), {"none": 1}),
        (GOOD, {}),
        (FAILURES["payload"], {}),
        (replace(FAILURES["timeout"], status=500), {}),
        (replace(FAILURES["payload"], status=500), {}),
        (replace(FAILURES["cancelled"], status=500), {}),
    ],
)
def test_error_answers_are_counted_by_the_name_in_their_body(
    call: Call, expected: dict[str, int]
) -> None:
    bench = Bench()
    bench.tell(call)
    assert {name: n for (name,), n in bench.counted(c.EXCHANGE_ERRORS, "error").items()} == expected
    folded = bench.board.series("upbit_monitor_series_limit_hits_total", "metric")
    assert bool(folded) == ("other" in expected), "an answer without a name is not a name unknown"


@pytest.mark.parametrize(
    ("header", "status", "is_counted"),
    [
        ("ok", 200, False),
        ("none", None, False),
        ("missing", 200, True),
        ("missing", 404, True),
        ("missing", 429, False),
        ("missing", 418, False),
        ("missing", 503, False),
        ("malformed", 503, True),
        ("unexpected_group", 429, True),
    ],
)
def test_a_header_is_missed_only_where_it_is_promised(
    header: str, status: int | None, *, is_counted: bool
) -> None:
    bench = Bench()
    bench.tell(replace(GOOD, header=header, status=status, remaining=None))
    assert bench.counted(c.HEADER_ERRORS, "reason") == ({(header,): 1} if is_counted else {})


def test_more_left_than_the_limit_is_a_full_quota() -> None:
    bench = Bench()
    bench.tell(replace(GOOD, remaining=Remaining("ticker", 15, None)))
    ratio = f"{c.REMAINING_RATIO.name}_sum"
    assert bench.board.value(ratio, target="korea", group="ticker") == 1
    assert bench.gauge(c.REMAINING, group="ticker") == 15


def test_a_status_that_is_none_is_folded() -> None:
    bench = Bench()
    bench.tell(replace(GOOD, status=999), replace(GOOD, status=599))
    assert bench.counted(c.RESPONSES, "code") == {("other",): 1, ("599",): 1}


def test_a_latency_is_shown_with_the_request_that_it_belongs_to() -> None:
    bench = Bench()
    bench.tell(GOOD)
    exemplars = {
        sample.exemplar.labels["request_id"]
        for metric in bench.board.registry.collect()
        for sample in metric.samples
        if sample.exemplar
    }
    assert exemplars == {GOOD.request_id}


def test_what_is_prepared_is_all_that_a_record_can_need() -> None:
    bench = Bench()
    endpoints = [Endpoint(name, f"/v1/{name}", "ticker", list[int], b"[]") for name in ENDPOINTS]
    bench.calls.prepare("korea", endpoints)

    def born() -> set[tuple[str, ...]]:
        return {
            (sample.name, *sample.labels.values())
            for metric in bench.board.registry.collect()
            for sample in metric.samples
            if metric.type != "gauge"
        }

    before = born()
    assert {name for name, *_ in before if "errors" in name} == {
        c.EXCHANGE_ERRORS.name, c.HEADER_ERRORS.name
    }  # fmt: skip
    bench.tell(GOOD, *FAILURES.values(), *(refused(400, name) for name in c.ERRORS))
    assert born() == before
    assert bench.gauge(c.IN_FLIGHT, endpoint="ticker") == 0


statuses = st.sampled_from([200, 201, 400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 599])
seconds = st.sampled_from([0.0, 0.125, 0.5, 2.0])


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Give the record of some attempt, of a kind that there can be."""
    here: dict[str, Any] = {
        "target": draw(st.sampled_from(["korea", "singapore"])),
        "endpoint": draw(st.sampled_from(ENDPOINTS)),
        "at": NOW + draw(st.integers(0, 100)),
        "waited": draw(seconds),
    }
    match draw(st.sampled_from(["good", "refused", "silent", "not sent", "unreadable"])):
        case "good":
            return replace(GOOD, **here, latency=draw(seconds), size=draw(st.integers(0, 999)))
        case "refused":
            status = draw(statuses.filter(lambda status: status >= 400))
            name = draw(st.sampled_from([None, "nonce_used", "a_name_of_next_year"]))
            return refused(status, name, **here)
        case "unreadable":
            return replace(GOOD, **here, failure="payload", error="Unreadable")
        case "silent":
            reason = draw(st.sampled_from(["timeout", "disconnect", "cancelled"]))
            return replace(GOOD, **here | SILENT, failure=reason, error="Unreachable")
        case _:
            reason = draw(st.sampled_from(["dns", "connect", "tls", "cancelled"]))
            return replace(GOOD, **here | NOT_SENT, failure=reason, error="Unreachable")


@given(st.lists(calls()))
def test_the_counters_agree_with_the_records(told: list[Call]) -> None:
    bench = Bench()
    bench.tell(*told)
    place = ("target", "endpoint")
    sent = [call for call in told if call.sent]
    answered = [call for call in told if call.status is not None]
    failed = [call for call in told if call.failure is not None]
    assert bench.counted(c.ATTEMPTS, *place) == Counter((x.target, x.endpoint) for x in sent)
    assert bench.counted(c.RESPONSES, *place, "code") == Counter(
        (x.target, x.endpoint, str(x.status)) for x in answered
    )
    assert bench.counted(c.FAILURES, *place, "reason") == Counter(
        (x.target, x.endpoint, x.failure) for x in failed
    )
    refusals = [x for x in failed if x.failure in {"http_4xx", "http_5xx", "throttled", "blocked"}]
    assert sum(bench.counted(c.EXCHANGE_ERRORS, *place, "error").values()) == len(refusals)
    assert bench.counted(c.RESPONSE_BYTES, *place) == +Counter(
        {key: sum(x.size for x in told if (x.target, x.endpoint) == key)
         for key in {(x.target, x.endpoint) for x in told}}
    )  # fmt: skip
    assert bench.counted(c.IN_FLIGHT, *place) == {}
    for family, number in (
        (c.REQUEST_DURATION, len(sent)),
        (c.WAIT_DURATION, len(told)),
        (c.REMAINING_RATIO, sum(x.remaining is not None for x in told)),
    ):
        found = bench.board.series(f"{family.name}_count", *family.labels)
        assert sum(found.values()) == number, family.name


@given(st.lists(calls(), max_size=8), st.randoms(use_true_random=False))
def test_what_is_in_flight_is_what_departed_and_was_not_told(told: list[Call], dice: Any) -> None:  # noqa: ANN401 -- a Random
    bench = Bench()
    flying: list[Call] = []
    for call in told:
        if call.sent:
            bench.calls.departed(call.target, call.endpoint, call.group)
            flying.append(call)
        while flying and dice.random() < 0.4:
            bench.calls.told(flying.pop(dice.randrange(len(flying))))
        assert bench.counted(c.IN_FLIGHT, "target", "endpoint") == Counter(
            (x.target, x.endpoint) for x in flying
        )
