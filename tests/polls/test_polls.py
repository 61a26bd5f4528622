"""What holds for every poll that is listed."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import CATALOGUE
from upbit_monitor.polls import POLLS
from upbit_monitor.polls.base import quote_of
from upbit_monitor.quota import QUOTATION, account

if TYPE_CHECKING:
    from upbit_monitor.exchange import Region
    from upbit_monitor.polls import Poll

each = pytest.mark.parametrize("poll", POLLS.values(), ids=POLLS)


@each
def test_it_is_listed_under_its_name(poll: type[Poll[Any]]) -> None:
    assert POLLS[poll.name] is poll
    assert re.fullmatch(r"[a-z][a-z_]*", poll.name)
    assert poll.summary.endswith(".")


@each
def test_its_options_begin_with_the_interval_and_all_have_defaults_and_help(
    poll: type[Poll[Any]],
) -> None:
    fields = dataclasses.fields(poll.options)
    assert fields[0].name == "every"
    assert poll.options().every >= fields[0].metadata["minimum"]
    for field in fields:
        assert field.metadata["help"].endswith("."), field.name


@each
def test_it_needs_a_key_exactly_if_an_endpoint_does(poll: type[Poll[Any]]) -> None:
    assert poll.private == any(endpoint.private for endpoint in poll.endpoints)


@each
def test_each_endpoint_reads_its_own_sample(poll: type[Poll[Any]]) -> None:
    for endpoint in poll.endpoints:
        rows = json.loads(endpoint.sample)
        read = endpoint.read(endpoint.sample)
        assert len(rows) > 0
        assert isinstance(rows, dict) or len(read) == len(rows)


@each
def test_each_endpoint_belongs_to_a_group_of_its_scope(poll: type[Poll[Any]]) -> None:
    for endpoint in poll.endpoints:
        groups = account("kr") if endpoint.private else QUOTATION
        assert endpoint.group in groups, endpoint.name


@each
def test_its_families_speak_of_a_target_and_are_its_own(poll: type[Poll[Any]]) -> None:
    others = {family.name for family in CATALOGUE} | {
        family.name for other in POLLS.values() if other is not poll for family in other.families
    }
    for family in poll.families:
        assert family.labels[0] == "target"
        assert family.name not in others


def test_a_name_of_an_endpoint_means_one_endpoint_but_for_what_stands_in_its_path() -> None:
    meant: dict[str, set[Any]] = {}
    for endpoint in (endpoint for poll in POLLS.values() for endpoint in poll.endpoints):
        same = dataclasses.replace(endpoint, path=re.sub(r"/\d+$", "/{unit}", endpoint.path))
        meant.setdefault(endpoint.name, set()).add(same)
    assert [name for name, endpoints in meant.items() if len(endpoints) > 1] == []


@each
@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_what_a_run_asks_for_is_of_its_endpoints(poll: type[Poll[Any]], region: Region) -> None:
    requests = poll.requests(poll.options(), region)
    assert requests.keys() <= {*poll.endpoints}
    assert all(0 < number < math.inf for number in requests.values())


@pytest.mark.parametrize(
    ("market", "quote"),
    [
        ("KRW-BTC", "KRW"),
        ("BTC-A-B", "BTC"),
        ("BTC", "other"),
        ("-BTC", "other"),
        ("KRW-", "other"),
        ("", "other"),
    ],
)
def test_the_quote_currency_is_what_stands_before_the_dash(market: str, quote: str) -> None:
    assert quote_of(market) == quote
