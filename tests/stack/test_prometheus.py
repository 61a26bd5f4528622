"""Prometheus' configuration: valid, about the right places, and kept by a real Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.stack.stack import CONFIG, ask, flags, serving
from tests.tool import PROMETHEUS, PROMTOOL
from upbit_monitor.config import load
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = CONFIG / "prometheus"
FILE: Final = FOLDER / "prometheus.yml"
PROMETHEUS_YML: Final[dict[str, Any]] = yaml.safe_load(FILE.read_text())


@PROMTOOL.needed
def test_promtool_has_nothing_to_say() -> None:
    checked = PROMTOOL.run("check", "config", FILE)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "WARN" not in checked.stdout
    assert "FAIL" not in checked.stdout


def test_on_one_host_it_looks_where_the_daemon_listens_by_default() -> None:
    settings = load(CONFIG / "upbit-monitor.yml", environ={}, polls=POLLS)
    (group,) = yaml.safe_load((FOLDER / "targets/upbit-monitor.yml").read_text())
    assert group["targets"] == [settings.web.listen_address]


def test_every_job_has_targets_that_are_there() -> None:
    for job in PROMETHEUS_YML["scrape_configs"]:
        for files in job.get("file_sd_configs", ()):
            assert [(FOLDER / name).is_file() for name in files["files"]] == [True], job


@PROMETHEUS.needed
@pytest.mark.slow
def test_with_the_flags_of_the_compose_file_it_reads_it_and_keeps_exemplars(tmp_path: Path) -> None:
    places = {"/etc/prometheus": FOLDER, "/prometheus": tmp_path / "data"}
    with serving(PROMETHEUS, flags("prometheus", places), tmp_path / "log") as url:
        told = ask(f"{url}/api/v1/status/flags")["data"]
        read = yaml.safe_load(ask(f"{url}/api/v1/status/config")["data"]["yaml"])
    assert "exemplar-storage" in told["enable-feature"]
    assert read["storage"]["exemplars"]["max_exemplars"] > 0
    assert [job["job_name"] for job in read["scrape_configs"]] == [
        "upbit-monitor", "alertmanager", "prometheus",
    ]  # fmt: skip
