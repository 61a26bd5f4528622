"""Rules are what the daemon shows: every name in them exists, and every word can be acted upon."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mixin.alerts import ALERTS, GROUPS
from mixin.files import RULES, files
from mixin.recording import EXCHANGE_FAULTS, RECORDING
from mixin.render import rules_file
from mixin.rule import RUNBOOKS, seconds
from mixin.thresholds import FOREIGN_RATIO, LATE_INTERVALS, SLOW_SECONDS
from tests.mixin import selectors as promql
from tests.tool import PROMTOOL
from upbit_monitor.cadence import PARKED_PROBE, Cadence, State
from upbit_monitor.errors import Verdict
from upbit_monitor.exposition import QuotaStatus
from upbit_monitor.metrics import Board
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS

ROOT: Final = Path(__file__).parents[2]
ALL: Final = (*RECORDING, *GROUPS)

CHARGED: Final = {
    "dns": "the way to the exchange",
    "connect": "the way",
    "tls": "the way, or its certificate",
    "timeout": "it answers too late, or not",
    "disconnect": "it hangs up",
    "http_5xx": "it says so itself",
    "payload": "its answer is not what it promises",
}
SPARED: Final = {
    "http_4xx": "a mistake of ours, or of the configuration",
    "throttled": "the quota is used up, by us or others",
    "blocked": "the same, for too long",
    "cancelled": "we gave it up",
}
"""Reasons of failures that burn the budget of the exchange, and those that do not, and why."""

OF_THE_KEY: Final = frozenset({
    "no_authorization_token", "invalid_access_key", "jwt_verification", "invalid_query_payload",
    "expired_access_key", "nonce_used", "no_authorization_ip", "out_of_scope",
    "thirdparty_agreement_required",
})  # fmt: skip
OF_SOMETHING_ELSE: Final = frozenset({
    "400", "404", "invalid_parameter", "validation_error", "bad_request", "notfoundmarket",
    "QUERY_PARAMETER_NOT_SUPPORTED", "market_offline", "none", "other",
})  # fmt: skip
"""Names of errors by what is to be mended: a key, or something else."""


def _matched(expr: str, metric: str, label: str) -> set[str]:
    """Give the values of a label that an expression asks for."""
    found = [each for each in promql.selectors(expr) if each.metric == metric]
    return {value for each in found for value in each.values.get(label, ())}


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [path for path in files() if path.startswith(RULES)])
def test_the_files_are_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text() == files()[path], "run `make docs`"


@PROMTOOL.needed
@pytest.mark.parametrize("times", [1, 30, 1000])
def test_promtool_has_nothing_to_say_however_hastened(times: int, tmp_path: Path) -> None:
    for name, groups in (("recording.yml", RECORDING), ("alerts.yml", GROUPS)):
        hasty = [group.hastened(times) for group in groups]
        (tmp_path / name).write_text(rules_file(hasty, runbooks=RUNBOOKS))
    done = PROMTOOL.run("check", "rules", "--lint=all", "--lint-fatal", *sorted(tmp_path.iterdir()))
    assert done.returncode == 0, done.stdout + done.stderr


def test_other_runbooks_can_be_put_in_place() -> None:
    text = files(runbooks="https://wiki.example.org/upbit")[f"{RULES}/upbit-monitor.alerts.yml"]
    assert "https://wiki.example.org/upbit/UpbitBlocked.md" in text
    assert RUNBOOKS not in text


# --- what rules name exists -----------------------------------------------------------------------


def test_every_reason_of_a_failure_is_charged_or_spared() -> None:
    assert sorted({*CHARGED, *SPARED}) == sorted(c.REASONS)
    assert {*EXCHANGE_FAULTS.split("|")} == {*CHARGED}


def test_every_error_of_the_exchange_is_of_the_key_or_not() -> None:
    assert {*c.ERRORS} == OF_THE_KEY | OF_SOMETHING_ELSE
    expr = ALERTS["UpbitAuthFailing"].expr
    assert _matched(expr, c.EXCHANGE_ERRORS.name, "error") == OF_THE_KEY


def test_a_public_endpoint_is_one_that_needs_no_key() -> None:
    private = {end.name for poll in POLLS.values() for end in poll.endpoints if end.private}
    expr = ALERTS["UpbitApiDown"].expr
    assert _matched(expr, c.UP.name, "endpoint") == private
    groups = {end.group for poll in POLLS.values() for end in poll.endpoints if not end.private}
    assert _matched(expr, c.THROTTLED.name, "group") == groups


def test_slow_is_a_bound_of_a_bucket_as_prometheus_prints_it() -> None:
    board = Board(CollectorRegistry())
    board.observe(c.REQUEST_DURATION, "korea", "ticker", values=(0.1,))
    page = generate_latest(board.registry).decode()
    assert f'le="{SLOW_SECONDS}"' in page
    slow = next(rule for group in RECORDING for rule in group.rules if "slow" in str(rule))
    assert _matched(slow.expr, f"{c.REQUEST_DURATION.name}_bucket", "le") == {str(SLOW_SECONDS)}


# --- numbers that stand elsewhere too -------------------------------------------------------------


@pytest.mark.parametrize(("others", "crowded"), [(100 * FOREIGN_RATIO, True), (29.9, False)])
def test_the_landing_page_speaks_of_a_crowd_from_the_same_part_on(
    others: float,
    crowded: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    assert QuotaStatus("ticker", limit=100, budget=10, others=others).crowded is crowded


@pytest.mark.parametrize(("intervals", "state"), [(0.0, State.FRESH), (0.1, State.FAILING)])
def test_the_daemon_calls_a_poll_failing_after_as_many_intervals(
    intervals: float, state: State
) -> None:
    cadence = Cadence(10.0)
    cadence.succeed(0.0)
    cadence.fail(10.0, Verdict.RETRY, 0.0)
    assert cadence.state(10 * (LATE_INTERVALS + intervals), grace=0.0) is state


def test_windows_are_long_enough_for_the_probes_of_a_parked_poll() -> None:
    longest = PARKED_PROBE * 1.1  # as the cadence spreads them
    auth, *_ = promql.durations(ALERTS["UpbitAuthFailing"].expr)
    (down,) = promql.durations(ALERTS["UpbitEndpointDown"].expr)
    assert auth > longest + 60
    assert down > 2 * longest + 60


def test_alerts_that_mute_outlast_what_follows_from_them() -> None:
    burns = ALERTS["UpbitApiErrorBudgetBurnFast"]
    assert "ratio_rate5m" in burns.expr
    assert seconds(ALERTS["UpbitApiDown"].keep) >= seconds("5m")
    assert seconds(ALERTS["UpbitMonitorOffline"].keep) >= seconds(ALERTS["UpbitApiDown"].keep)


def test_what_explains_comes_before_what_it_explains() -> None:
    twice = 2 * max(seconds(group.interval) for group in GROUPS)
    wait = {name: seconds(alert.wait) for name, alert in ALERTS.items()}
    assert wait["UpbitMonitorOffline"] + twice <= wait["UpbitApiDown"]
    assert wait["UpbitAuthFailing"] + twice <= wait["UpbitPollParked"]
    assert wait["UpbitApiDown"] + twice <= wait["UpbitDataStale"]
    assert wait["UpbitDataStale"] < wait["UpbitEndpointDown"]
