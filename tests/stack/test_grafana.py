"""What Grafana is given: no key that it does not know, and no place that is not there.

Grafana skips a key that it does not know without a word. The shapes are those of its provisioning
(``pkg/services/provisioning``) and of its two plugins' ``jsonData``, as far as we use them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import pytest
import yaml

from tests.stack.stack import CONFIG, SERVICES
from tests.stack.test_prometheus import PROMETHEUS_YML
from tests.tool import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROVISIONING: Final = CONFIG / "grafana/provisioning"
# Annotations that people write are kept by Grafana itself.
GRAFANAS_OWN: Final = "-- Grafana --"

DASHBOARDS: Final = sorted((ROOT / "dashboards").glob("*.json"))


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A shape that has the fields it has."""


class ExemplarDestination(Strict):
    name: str
    url: str = ""
    url_display_label: str = ""
    datasource_uid: str = ""


class JsonData(Strict):
    http_method: Literal["GET", "POST"] = "POST"
    time_interval: str = ""
    prometheus_type: Literal["", "Prometheus"] = ""
    manage_alerts: bool = False
    alertmanager_uid: str = ""
    exemplar_trace_id_destinations: tuple[ExemplarDestination, ...] = ()
    implementation: Literal["", "prometheus"] = ""
    handle_grafana_managed_alerts: bool = False


class Datasource(Strict):
    name: str
    uid: str
    type: Literal["prometheus", "alertmanager"]
    access: Literal["proxy"]
    url: str
    editable: bool
    json_data: JsonData
    is_default: bool = False


class Datasources(Strict):
    api_version: Literal[1]
    datasources: tuple[Datasource, ...]


class Options(Strict):
    path: str


class Provider(Strict):
    name: str
    org_id: int
    type: Literal["file"]
    folder: str
    folder_uid: str
    allow_ui_updates: bool
    disable_deletion: bool
    update_interval_seconds: int
    options: Options


class Dashboards(Strict):
    api_version: Literal[1]
    providers: tuple[Provider, ...]


def datasources() -> dict[str, Datasource]:
    text = (PROVISIONING / "datasources/prometheus.yml").read_text()
    read = msgspec.convert(yaml.safe_load(text), Datasources)
    return {datasource.uid: datasource for datasource in read.datasources}


def provider() -> Provider:
    text = (PROVISIONING / "dashboards/upbit-monitor.yml").read_text()
    (only,) = msgspec.convert(yaml.safe_load(text), Dashboards).providers
    return only


def test_a_key_that_grafana_does_not_know_is_found() -> None:
    text = (PROVISIONING / "datasources/prometheus.yml").read_text()
    wrong = text.replace("timeInterval", "scrapeInterval")
    with pytest.raises(msgspec.ValidationError, match="scrapeInterval"):
        msgspec.convert(yaml.safe_load(wrong), Datasources)


def test_prometheus_is_what_dashboards_ask_by_default_and_its_alerts_are_shown() -> None:
    prometheus = datasources()["prometheus"]
    assert (prometheus.type, prometheus.is_default) == ("prometheus", True)
    assert prometheus.json_data.manage_alerts
    alertmanager = datasources()[prometheus.json_data.alertmanager_uid]
    assert (alertmanager.type, alertmanager.is_default) == ("alertmanager", False)


def test_rates_are_made_for_the_interval_at_which_prometheus_asks() -> None:
    interval = PROMETHEUS_YML["global"]["scrape_interval"]
    assert datasources()["prometheus"].json_data.time_interval == interval


def test_the_only_way_to_change_a_dashboard_is_its_file() -> None:
    assert not provider().allow_ui_updates
    assert not provider().disable_deletion


def test_dashboards_are_where_they_are_looked_for_and_nothing_else_is() -> None:
    folder = provider().options.path
    assert f"../dashboards:{folder}:ro" in SERVICES["grafana"]["volumes"]
    # Nor can a folder that is not there be covered: the mount is read-only.
    others = sorted(path.name for path in (ROOT / "dashboards").iterdir() if path.is_dir())
    covered = [place for place in SERVICES["grafana"]["tmpfs"] if place.startswith(f"{folder}/")]
    assert covered == [f"{folder}/{name}" for name in others]


def test_the_first_dashboard_to_be_seen_is_one_of_ours() -> None:
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider().options.path
    assert home.name in [file.name for file in DASHBOARDS]


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_asks_the_datasource_that_its_variable_names(file: Path) -> None:
    dashboard: dict[str, Any] = json.loads(file.read_text())
    (variable,) = (each for each in dashboard["templating"]["list"] if each["type"] == "datasource")
    assert (variable["name"], variable["query"]) == ("datasource", "prometheus")
    uids = {asked["uid"] for asked in values(dashboard, "datasource") if asked}
    assert uids - {GRAFANAS_OWN} == {"${datasource}"}


def values(node: Any, name: str) -> Iterator[Any]:  # noqa: ANN401 -- any JSON
    """Give what has this name in a tree."""
    match node:
        case dict():
            for key, value in node.items():
                if key == name:
                    yield value
                yield from values(value, name)
        case list():
            for value in node:
                yield from values(value, name)
