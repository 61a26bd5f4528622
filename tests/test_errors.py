"""What an error status is called, and what a failure means for the one who asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.errors import (
    Blocked,
    Broken,
    ConfigError,
    ExchangeError,
    Maintenance,
    Mistaken,
    Problem,
    Refused,
    Throttled,
    Unreachable,
    Unreadable,
    Verdict,
    Withheld,
    refusal,
    verdict,
)

REFUSALS = [
    (429, None, Throttled, "throttled", Verdict.WAIT),
    (429, "too_many_requests", Throttled, "throttled", Verdict.WAIT),
    (418, None, Blocked, "blocked", Verdict.WAIT),
    (403, "market_offline", Maintenance, "http_4xx", Verdict.RETRY),
    (500, None, Broken, "http_5xx", Verdict.RETRY),
    (500, "server_error", Broken, "http_5xx", Verdict.RETRY),
    (502, None, Broken, "http_5xx", Verdict.RETRY),
    (503, None, Broken, "http_5xx", Verdict.RETRY),
    (408, None, Broken, "http_5xx", Verdict.RETRY),
    (409, None, Broken, "http_5xx", Verdict.RETRY),
    (425, None, Broken, "http_5xx", Verdict.RETRY),
    (401, "nonce_used", Mistaken, "http_4xx", Verdict.RETRY),
    (400, "invalid_parameter", Mistaken, "http_4xx", Verdict.PARK),
    (401, "invalid_access_key", Mistaken, "http_4xx", Verdict.PARK),
    (401, "jwt_verification", Mistaken, "http_4xx", Verdict.PARK),
    (401, "no_authorization_ip", Mistaken, "http_4xx", Verdict.PARK),
    (401, "expired_access_key", Mistaken, "http_4xx", Verdict.PARK),
    (403, "out_of_scope", Mistaken, "http_4xx", Verdict.PARK),
    (404, None, Mistaken, "http_4xx", Verdict.PARK),
    (414, None, Mistaken, "http_4xx", Verdict.PARK),
    (301, None, Mistaken, "http_4xx", Verdict.PARK),
]


@pytest.mark.parametrize(("status", "name", "kind", "reason", "judged"), REFUSALS)
def test_an_error_status_is_sorted_by_what_to_do_about_it(
    status: int, name: str | None, kind: type[Refused], reason: str, judged: Verdict
) -> None:
    error = refusal(status, name, "so it says")
    assert type(error) is kind
    assert (error.status, error.name, error.message) == (status, name, "so it says")
    assert error.reason == reason
    assert verdict(error) is judged


@given(
    status=st.integers(300, 999),
    name=st.none() | st.sampled_from(["market_offline", "nonce_used", "x"]) | st.text(),
    message=st.text(),
)
def test_every_error_status_has_a_kind_a_reason_and_a_verdict(
    status: int, name: str | None, message: str
) -> None:
    error = refusal(status, name, message)
    assert error.reason in {"throttled", "blocked", "http_4xx", "http_5xx"}
    assert verdict(error) in Verdict
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("error", "judged"),
    [
        (Withheld("deadline", "ticker", 1.0), Verdict.WAIT),
        (Withheld("blocked", "ticker", 60.0), Verdict.WAIT),
        (Unreachable("timeout", "no whole answer in time"), Verdict.RETRY),
        (Unreachable("dns", "no such host"), Verdict.RETRY),
        (Unreadable("not JSON"), Verdict.RETRY),
        (ExchangeError("of a kind to come"), Verdict.RETRY),
    ],
)
def test_weather_is_retried_and_the_limiter_waits_by_itself(
    error: ExchangeError, judged: Verdict
) -> None:
    assert verdict(error) is judged


def test_a_withheld_request_tells_its_group_and_how_long() -> None:
    error = Withheld("deadline", "ticker", 1.25)
    assert (error.reason, error.group, error.seconds) == ("deadline", "ticker", 1.25)
    assert "ticker" in str(error)


def test_a_refusal_without_words_is_still_legible() -> None:
    assert str(refusal(502, None, "")) == "502: no message"


def test_a_configuration_error_has_one_line_a_problem() -> None:
    problems = [
        Problem("targets.a.region", "is not a region: xx", "use kr, sg, id or th"),
        Problem("log.level", "is not a level: loud", "use info"),
    ]
    error = ConfigError(problems)
    assert str(error).splitlines() == [str(problem) for problem in problems]
    assert error.problems == tuple(problems)
