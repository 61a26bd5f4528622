"""The section that names a host beside the exchange."""

import pytest

from tests.config.conftest import MINIMAL, Loads, Refuses
from upbit_monitor.config import SecondOpinion, masked
from upbit_monitor.polls import Seconds


def test_there_is_none_unless_one_is_named(loads: Loads) -> None:
    assert loads(MINIMAL).second_opinion is None
    assert "second_opinion" not in masked(loads(MINIMAL))


def test_an_address_is_enough(loads: Loads) -> None:
    settings = loads(MINIMAL + "second_opinion: {address: 'one.one.one.one:443'}")
    second = settings.second_opinion
    assert second == SecondOpinion("one.one.one.one:443", Seconds(15), Seconds(3))
    assert (second.host, second.port) == ("one.one.one.one", 443)
    shown = {"address": "one.one.one.one:443", "every": "15s", "timeout": "3s"}
    assert masked(settings)["second_opinion"] == shown


def test_an_ipv6_address_stands_in_brackets(loads: Loads) -> None:
    second = loads(MINIMAL + "second_opinion: {address: '[2606:4700::1111]:53'}").second_opinion
    assert second is not None
    assert (second.host, second.port) == ("2606:4700::1111", 53)


@pytest.mark.parametrize("address", ["nowhere", "a:0", ":443", "a:b", "https://a:1", "a b:1", "a:"])
def test_an_address_is_a_host_and_a_port(refuses: Refuses, address: str) -> None:
    (problem,) = refuses(MINIMAL + f"second_opinion: {{address: '{address}'}}")
    assert problem.place == "c.yml:2: second_opinion"
    assert problem.what == "address is not host:port"
    assert "one.one.one.one:443" in problem.remedy


@pytest.mark.parametrize("section", ["", "{}", "{every: 5s}"])
def test_a_section_without_an_address_is_a_mistake(refuses: Refuses, section: str) -> None:
    (problem,) = refuses(MINIMAL + f"second_opinion: {section}")
    assert "address" in str(problem)


@pytest.mark.parametrize(
    "address",
    [
        "api.upbit.com:443",
        "API.upbit.com:80",
        "sg-api.upbit.com:443",
        "th-api.upbit.com:8080",
        "127.0.0.1:9",
    ],
)
def test_the_exchange_is_never_asked_for_a_second_opinion(refuses: Refuses, address: str) -> None:
    text = f"""
        targets:
          korea:
            region: kr
            base_url: http://127.0.0.1:8080
            polls: {{pulse: }}
        second_opinion:
          address: {address}
        """
    (problem,) = refuses(text)
    assert problem.place == "c.yml:8: second_opinion.address"
    assert "of the exchange" in problem.what
    assert "one.one.one.one:443" in problem.remedy


def test_a_time_limit_beyond_the_interval_is_a_mistake(refuses: Refuses) -> None:
    (problem,) = refuses(MINIMAL + "second_opinion: {address: 'a:1', every: 2s, timeout: 3s}")
    assert problem.what == "timeout is longer than every"
