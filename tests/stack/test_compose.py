"""The compose file: valid, shut to the world, each profile whole, the demo without a way out."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import Any, Final

import pytest
import yaml

from tests.process import COMMAND
from tests.stack.stack import COMPOSE, CONFIG, SERVICES
from tests.stack.test_grafana import datasources
from tests.tool import ROOT
from upbit_monitor.app.simulation import DEMO_CONFIG
from upbit_monitor.config import load
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import SimulatedExchange, SimulatorServer

PROFILES: Final = ("watch", "demo")
IMAGES: Final = sorted({service["image"] for service in SERVICES.values()})
DEMO: Final = CONFIG / "demo/upbit-monitor.yml"
ENVIRON: Final[dict[str, str]] = SERVICES["upbit-monitor-demo"]["environment"]


def of_profile(profile: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in SERVICES.items() if profile in each["profiles"]}


def names_on(network: str, profile: str) -> set[str]:
    """Give the names by which services of a profile find each other on a network."""
    names = set()
    for name, service in of_profile(profile).items():
        if network in service["networks"]:
            names |= {name}
            if isinstance(service["networks"], dict):
                names |= {*service["networks"][network].get("aliases", ())}
    return names


def targets(file: str) -> list[str]:
    (group,) = yaml.safe_load((CONFIG / "prometheus/compose" / file).read_text())
    return list(group["targets"])


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="no check-jsonschema in .venv")
def test_it_is_a_compose_file() -> None:
    checked = subprocess.run(  # noqa: S603 -- a tool of the project's
        (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         CONFIG / "compose.yml"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("image", IMAGES)
def test_every_image_is_our_own_or_of_one_release(image: str) -> None:
    if any(service["image"] == image and "build" in service for service in SERVICES.values()):
        assert image == "upbit-monitor:local"
    else:
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", image)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [port for port in service.get("ports", ()) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_tells_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    runs_the_daemon = service.get("build") and service["command"] == ["run"]
    in_the_image = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert (runs_the_daemon and in_the_image) or service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_mounts_is_there(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source, _, rest = volume.partition(":")
        if source.startswith("."):
            assert (CONFIG / source).exists(), volume
            assert rest.endswith(":ro"), volume
        else:
            assert source in COMPOSE["volumes"], volume


def test_only_grafana_is_in_both_profiles_and_no_data_is_shared() -> None:
    shared = [name for name, each in SERVICES.items() if each["profiles"] == [*PROFILES]]
    alone = [name for name, each in SERVICES.items() if len(each["profiles"]) == 1]
    assert shared == ["grafana"]
    assert len(alone) + len(shared) == len(SERVICES), "a service without a profile always starts"
    stored = [
        {
            volume.partition(":")[0]
            for name, service in of_profile(profile).items()
            if name not in shared
            for volume in service.get("volumes", ())
            if not volume.startswith(".")
        }
        for profile in PROFILES
    ]
    assert stored[0] & stored[1] == set()
    assert stored[0] | stored[1] | {"grafana"} == {*COMPOSE["volumes"]}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_finds_everything_by_its_name(profile: str) -> None:
    names = names_on(profile, profile)
    asked = [*targets(f"{profile}.yml"), *targets("alertmanager.yml")]
    asked += [each.url.removeprefix("http://") for each in datasources().values()]
    assert {address.partition(":")[0] for address in asked} <= names
    assert sorted({address.partition(":")[2] for address in asked}) == ["10931", "9090", "9093"]


def test_the_demonstration_tells_nobody_of_its_alerts() -> None:
    assert COMPOSE["networks"]["demo"] == {"internal": True}
    for name in ("alertmanager-demo", "exchange-korea", "exchange-singapore"):
        assert [*SERVICES[name]["networks"]] == ["demo"], name


def test_the_demonstration_asks_simulated_exchanges_and_none_else() -> None:
    settings = load(DEMO, environ=ENVIRON, polls=POLLS)
    hosts = {target.base_url for target in settings.targets.values()}
    assert hosts == {"http://exchange-korea:8080", "http://exchange-singapore:8080"}
    assert names_on("demo", "demo") >= {"exchange-korea", "exchange-singapore"}
    assert settings.second_opinion is None


def test_the_demonstration_is_that_of_make_demo() -> None:
    theirs = yaml.safe_load(DEMO_CONFIG.format(kr="", sg=""))["targets"]
    ours = yaml.safe_load(DEMO.read_text())["targets"]
    assert [name.removeprefix("demo-") for name in ours] == [*theirs]
    assert [target["polls"] for target in ours.values()] == [
        target["polls"] for target in theirs.values()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exchange-korea", "exchange-singapore"])
async def test_the_command_of_an_exchange_is_understood(name: str) -> None:
    asked = [part.replace("0.0.0.0:8080", "127.0.0.1:0") for part in SERVICES[name]["command"]]
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *asked, stdout=asyncio.subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    told = [(await process.stdout.readline()).decode().split()[-1] for _ in range(3)]
    process.kill()
    await process.wait()
    assert told[0].startswith("http://127.0.0.1:")
    if name == "exchange-korea":
        assert told[1:] == [*ENVIRON.values()], "the key that the daemon has is that of the seed"


@pytest.mark.slow
async def test_the_health_check_of_an_exchange_tells_a_living_one_from_a_dead_one() -> None:
    async with SimulatorServer(SimulatedExchange("kr", seed=1)) as server:
        url = server.url
        alive = await health(url)
    assert (alive, await health(url)) == (0, 1)


async def health(url: str) -> int:
    _, _, *arguments = SERVICES["exchange-korea"]["healthcheck"]["test"]
    asked = [part.replace("http://127.0.0.1:8080", url) for part in arguments]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *asked),
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "no_proxy": "127.0.0.1"},
    )
    return await process.wait()
