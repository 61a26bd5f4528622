"""What the run works with is what is shipped, only faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from e2e import alertmanager, prometheus
from mixin.alerts import ALERTS

ROOT = Path(__file__).parents[2]
ROUTES = yaml.safe_load((ROOT / "config/alertmanager/alertmanager.yml").read_text("utf-8"))
SCRAPES = yaml.safe_load((ROOT / "config/prometheus/prometheus.yml").read_text("utf-8"))


def faster(route: dict[str, Any]) -> list[tuple[str, str]]:
    """Every duration of a route and of those below it, in their order."""
    own = [(key, value) for key, value in route.items() if key.startswith(("group_", "repeat"))]
    return [pair for pair in own if isinstance(pair[1], str)] + [
        pair for one in route.get("routes", ()) for pair in faster(one)
    ]


def test_routes_and_inhibitions_are_those_that_are_shipped() -> None:
    ours = alertmanager.configuration(ROUTES, webhook="http://127.0.0.1:1", times=30)
    assert ours["inhibit_rules"] == ROUTES["inhibit_rules"]
    plain = alertmanager.configuration(ROUTES, webhook="http://127.0.0.1:1", times=1)
    same = [name for name, _ in faster(ours["route"])]
    assert same == [name for name, _ in faster(ROUTES["route"])]
    assert len(faster(plain["route"])) == len(faster(ROUTES["route"])) > 3
    assert [one["matchers"] for one in ours["route"]["routes"]] == [
        one["matchers"] for one in ROUTES["route"]["routes"]
    ]


def test_waits_are_so_many_times_shorter() -> None:
    given = {"receiver": "a", "group_wait": "30s", "routes": [{"group_interval": "5m"}]}
    ours = alertmanager.configuration(
        {"route": given, "receivers": []}, webhook="http://x", times=30
    )
    assert ours["route"] == {
        "receiver": "a", "group_wait": "1000ms", "routes": [{"group_interval": "10000ms"}]
    }  # fmt: skip


def test_every_receiver_is_our_webhook_and_no_other() -> None:
    ours = alertmanager.configuration(ROUTES, webhook="http://127.0.0.1:1")
    assert [one["name"] for one in ours["receivers"]] == [
        one["name"] for one in ROUTES["receivers"]
    ]
    for one in ours["receivers"]:
        assert one.keys() == {"name", "webhook_configs"}
        (hook,) = one["webhook_configs"]
        assert hook == {"url": f"http://127.0.0.1:1/{one['name']}", "send_resolved": True}


def test_prometheus_scrapes_the_daemons_alone_and_keeps_their_job() -> None:
    ours = prometheus.configuration(SCRAPES, targets="targets.json", alertmanager="127.0.0.1:9")
    (job,) = ours["scrape_configs"]
    assert job["job_name"] == "upbit-monitor"
    assert job["file_sd_configs"] == [{"files": ["targets.json"]}]
    assert ours["storage"] == SCRAPES["storage"]


def test_every_rule_is_there_and_faster() -> None:
    files = prometheus.rules(30)
    groups = yaml.safe_load(files["alerts.yml"])["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    assert rules.keys() == ALERTS.keys()
    assert rules["UpbitMonitorDown"]["for"] == "10000ms"
    assert {group["interval"] for group in groups} == {"1000ms"}
