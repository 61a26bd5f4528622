"""Rules are what the daemon shows: every name in them exists, and every word can be acted upon."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from mixin.alerts import ALERTS, GROUPS
from mixin.alerts.steps import logged
from mixin.files import RULES, files
from mixin.recording import EXCHANGE_FAULTS, RECORDING
from mixin.render import rules_file
from mixin.rule import RUNBOOKS, Alert, Group, Recording, hastened, seconds, windows
from mixin.thresholds import FOREIGN_RATIO, LATE_INTERVALS, SLOW_SECONDS
from tests.mixin import selectors as promql
from tests.mixin.stories import STORIES
from tests.tool import PROMTOOL
from upbit_monitor.cadence import PARKED_PROBE, Cadence, State
from upbit_monitor.cli import main
from upbit_monitor.errors import Verdict
from upbit_monitor.exposition import QuotaStatus
from upbit_monitor.exposition.site import Site
from upbit_monitor.logs import Event
from upbit_monitor.metrics import Board
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls import POLLS

ROOT: Final = Path(__file__).parents[2]
ALL: Final = (*RECORDING, *GROUPS)
EXPRESSIONS: Final = sorted({rule.expr for group in ALL for rule in group.rules})

OF_NO_TARGET: Final = {
    "UpbitMonitorOffline": "it speaks of the way to all of them",
}
"""Alerts that drop the label ``target`` of what they look at, and why."""

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


def _texts(alert: Alert) -> str:
    return f"{alert.summary}\n{alert.description}"


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


# --- windows --------------------------------------------------------------------------------------


@given(st.sampled_from(ALL), st.floats(1, 1000))
def test_to_hasten_divides_each_window_and_changes_nothing_else(group: Group, times: float) -> None:
    hasty = group.hastened(times)
    assert seconds(hasty.interval) == pytest.approx(seconds(group.interval) / times, abs=0.001)
    for slow, fast in zip(group.rules, hasty.rules, strict=True):
        assert promql.without_durations(fast.expr) == promql.without_durations(slow.expr)
        was, now = promql.durations(slow.expr), promql.durations(fast.expr)
        assert now == pytest.approx([each / times for each in was], abs=0.001)
        assert all(now)
        if isinstance(slow, Recording):
            assert isinstance(fast, Recording)
            assert (fast.record, fast.labels) == (slow.record, slow.labels)
            continue
        assert isinstance(fast, Alert)
        assert (fast.name, fast.severity) == (slow.name, slow.severity)
        assert _texts(fast) == _texts(slow)
        for before, after in ((slow.wait, fast.wait), (slow.keep, fast.keep)):
            assert seconds(after) == pytest.approx(seconds(before) / times, abs=0.001)
            assert (seconds(after) > 0) == (seconds(before) > 0)


@pytest.mark.parametrize(
    ("expr", "found", "hasty"),
    [
        ("rate(a[5m])", ("5m",), "rate(a[10000ms])"),
        ("max_over_time(a[1h:30s] offset 1d)", ("1h:30s", "1d"),
         "max_over_time(a[120000ms:1000ms] offset 2880000ms)"),
        ('a{b="[x]5m"} > 5', ("x",), 'a{b="[x]5m"} > 5'),
        ("a", (), "a"),
    ],
)  # fmt: skip
def test_windows_are_found_where_promql_has_them(
    expr: str, found: tuple[str, ...], hasty: str
) -> None:
    assert windows(expr) == found
    group = Group(name="g", rules=(Recording(record="a:b:c", expr=expr),))
    assert group.hastened(30).rules[0].expr == hasty


@given(st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]), st.floats(1, 10**9))
def test_a_hastened_duration_is_in_whole_milliseconds_and_never_none(
    number: int, unit: str, times: float
) -> None:
    text = hastened(f"{number}{unit}", times)
    assert re.fullmatch(r"[1-9]\d*ms", text)
    assert seconds(text) <= max(seconds(f"{number}{unit}") / times + 0.0005, 0.001)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1h30m", "-5m", "5y", "1.5h"])
def test_a_duration_of_another_form_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        seconds(text)


# --- what rules name exists -----------------------------------------------------------------------


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_every_metric_label_and_value_is_one_that_is_shown(expr: str) -> None:
    for selector in promql.selectors(expr):
        assert promql.unknown(selector) == [], selector


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


# --- what alerts say ------------------------------------------------------------------------------


def test_groups_and_rules_have_names_of_their_own() -> None:
    assert len({group.name for group in ALL}) == len(ALL)
    assert sum(len(group.rules) for group in GROUPS) == len(ALERTS)
    assert {group.interval for group in ALL} == {"30s"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_the_matter_with_what_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert re.fullmatch(r"Upbit[A-Z]\w+|Watchdog", name)
    assert alert.severity in {"critical", "warning", "info", "none"}
    assert "\n" not in _texts(alert).replace("\n", "", 1)
    assert len(alert.summary) < 120
    assert not alert.summary.endswith(".")
    assert alert.description.endswith(".")
    assert "$value" in alert.description
    commands = r"journalctl|curl|promtool|upbit-monitor|systemctl|openssl|timedatectl|ip|top|df"
    assert re.search(rf"(?:^|[:;`] ?)(?:{commands}) ", alert.description)
    if name not in {"UpbitMonitorAbsent", "Watchdog"}:
        whose = r"\$labels\.(?:target|instance)\b"
        assert re.search(whose, alert.description)
        assert re.search(whose, alert.summary)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_keeps_target_and_has_the_labels_that_its_words_name(name: str) -> None:
    alert = ALERTS[name]
    named = {*re.findall(r"\$labels\.(\w+)", _texts(alert))}
    kept = {label for each in promql.selectors(alert.expr) for label in promql.labels(each.metric)}
    wanted = {"job", "instance", "target"} & kept
    if name in OF_NO_TARGET:
        wanted -= {"target"}
    if name == "UpbitMonitorAbsent":
        wanted -= {"instance"}  # of what is absent nothing is known but what was asked for
    expected = [labels for story in STORIES if story.alert == name for labels in story.labels]
    assert expected
    for labels in expected:
        assert named | wanted | {"severity"} <= labels


@pytest.mark.parametrize("name", ALERTS)
def test_every_event_that_an_alert_names_is_of_the_vocabulary(name: str) -> None:
    text = _texts(ALERTS[name])
    named = re.findall(r'\.event=="([^"]*)"', text)
    assert {*named} <= {event.value for event in Event}
    assert text.count("journalctl --unit upbit-monitor --output cat") == text.count("select(")


def test_a_command_for_the_log_passes_over_lines_that_are_no_json() -> None:
    assert "jq --raw-input 'fromjson? | select(" in logged(Event.POLL_PARKED)


@pytest.mark.parametrize("name", ALERTS)
def test_every_command_of_ours_that_an_alert_names_can_be_given(name: str) -> None:
    commands: Any = main.commands
    for command, rest in re.findall(
        r"(?<!--unit )(?<!job )\bupbit-monitor ([a-z][a-z-]*)([^;:,.`)]*)",
        ALERTS[name].description,
    ):
        arguments = rest.split()
        context = commands[command].make_context(command, [*arguments])
        assert {*context.params.get("polls", ())} <= {*POLLS}


@pytest.mark.parametrize("name", ALERTS)
async def test_every_page_that_an_alert_names_is_served(name: str) -> None:
    nothing: Any = None
    site = Site(nothing, nothing, reload=nothing or _reload, config=dict)
    named = re.findall(
        r"(-X POST )?http://\{\{ \$labels\.instance \}\}(/[\w/-]*)", ALERTS[name].description
    )
    for post, path in named:
        # Whatever has the path refuses this method, and tells which it knows.
        answer = await site.answer(make_mocked_request("DELETE", path))
        assert answer.status == 405, path
        assert ("POST" if post else "GET") in answer.headers["Allow"]


async def _reload() -> None:
    """Do nothing."""


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_its_runbook(name: str) -> None:
    generated = yaml.safe_load((ROOT / RULES / "upbit-monitor.alerts.yml").read_text())
    (url,) = (
        rule["annotations"]["runbook_url"]
        for group in generated["groups"]
        for rule in group["rules"]
        if rule["alert"] == name
    )
    assert url == f"{RUNBOOKS}/{name}.md"
    assert (ROOT / "runbooks" / f"{name}.md").is_file()
