"""Rules, alerts, METRICS.md and dashboards speak of the metrics that the daemon declares."""

from __future__ import annotations

import re
from typing import Final

import pytest

from mixin.alerts import ALERTS
from tests.mixin.catalogue import FAMILIES, RECORDED
from tests.mixin.linter import ROOT
from tests.mixin.promql import families, reading


@pytest.mark.parametrize("record", RECORDED)
def test_a_recording_rule_names_what_is_there(record: str) -> None:
    assert not reading(RECORDED[record].expr)[0].findings


@pytest.mark.parametrize("record", RECORDED)
def test_a_recording_rule_is_named_after_its_labels(record: str) -> None:
    labels = reading(RECORDED[record].expr)[1].labels
    assert labels is not None
    level = record.partition(":")[0]
    assert {"job", *level.split("_")} == labels | {*RECORDED[record].labels}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_names_what_is_there(name: str) -> None:
    assert not reading(ALERTS[name].expr)[0].findings


@pytest.mark.parametrize("name", ALERTS)
def test_the_text_of_an_alert_names_labels_that_it_has(name: str) -> None:
    alert = ALERTS[name]
    labels = reading(alert.expr)[1].labels
    assert labels is not None
    assert {*re.findall(r"\$labels\.(\w+)", alert.summary + alert.description)} <= labels


def test_metrics_md_has_every_family_and_no_other() -> None:
    document = (ROOT / "METRICS.md").read_text(encoding="utf-8")
    assert {*re.findall(r"^### `(\w+)`$", document, re.MULTILINE)} == {*FAMILIES}


WRONG: Final = [
    ("upbit_nothing", "no such metric"),
    ("upbit_api_request_duration_seconds", "no such metric"),
    ("upbit_api_up_bucket", "no such metric"),
    ("sum(", "not PromQL"),
    ('upbit_api_up{group="x"}', "has no label group"),
    ('rate(upbit_api_responses_total{code="299"}[5m])', "code is never 299"),
    ('rate(upbit_api_failures_total{reason=~"dns|luck"}[5m])', "reason is never luck"),
    ('rate(upbit_api_request_duration_seconds_bucket{le="0.3"}[5m])', "le is never 0.3"),
    ("upbit_api_attempts_total", "is a counter"),
    ("sum(upbit_api_attempts_total)", "is a counter"),
    ("upbit_api_attempts_total > 5", "is a counter"),
    ("time() - upbit_api_attempts_total", "is a counter"),
    ("max_over_time(upbit_api_attempts_total[5m])", "which is a counter"),
    ("rate(upbit_api_up[5m])", "which is a gauge"),
    ("sum by (group) (upbit_api_up)", "names group"),
    ("sum without (group) (upbit_api_up)", "names group"),
    ("histogram_quantile(0.9, upbit_api_up)", "needs buckets"),
    ("histogram_quantile(0.9, sum(rate(upbit_ticker_age_seconds_bucket[5m])))", "needs buckets"),
    ("upbit_api_up / upbit_api_reachable", "never match"),
    ("upbit_api_up and upbit_api_reachable", "never match"),
    ("upbit_api_up / on (group) upbit_api_reachable", "not on both sides"),
    ("upbit_api_up / ignoring (code) upbit_api_reachable", "never match"),
    ("upbit_api_up * on (job, instance) group_left (colour) up", "group_left names colour"),
    ("upbit_clock_skew_seconds + upbit_api_reachable", "not alike"),
    ("upbit_clock_skew_seconds > upbit_api_reachable", "not alike"),
    ("upbit_api_last_success_timestamp_seconds + upbit_clock_skew_seconds{}", "never match"),
    ("predict_linear(up[5m], 3)", "which is a gauge"),
    ("sgn(up)", "not known here"),
    ("max_over_time(up[5m:1m])", "not known here"),
    ('"text"', "no place here"),
]


@pytest.mark.parametrize(("expr", "finding"), WRONG)
def test_a_mistake_is_found(expr: str, finding: str) -> None:
    assert any(finding in found for found in reading(expr)[0].findings), reading(expr)[0].findings


RIGHT: Final = [
    ("upbit_monitor_state_failures_total > 0", {"job", "instance"}),
    ("changes(process_start_time_seconds[30m]) > 3", {"job", "instance"}),
    ("sum by (job) (rate(upbit_api_attempts_total[5m])) / sum by (job) (up)", {"job"}),
    ("upbit_api_up == 0 and on (target) upbit_api_reachable", None),
    ("upbit_api_up * on (target) group_left () upbit_api_reachable", None),
    ("time() - upbit_api_last_success_timestamp_seconds > 3 * 60", None),
    ('absent(up{job="upbit-monitor"})', {"job"}),
]


@pytest.mark.parametrize(("expr", "labels"), RIGHT)
def test_what_is_right_is_let_through(expr: str, labels: set[str] | None) -> None:
    found, shape = reading(expr)
    assert not found.findings
    assert shape.labels == frozenset(labels or {"job", "instance", "target", "endpoint"})


def test_a_family_is_found_through_a_recording_rule() -> None:
    found = {*families("instance_target_group:upbit_ratelimit_foreign_requests:rate5m")}
    assert "upbit_ratelimit_foreign_requests_total" in found
