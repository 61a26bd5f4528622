"""CONFIGURATION.md: complete, and true to the polls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from upbit_monitor.config import reference, schema
from upbit_monitor.exchange import REGIONS, Endpoint
from upbit_monitor.polls import POLLS, Poll, Seconds
from upbit_monitor.polls.base import interval, option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_monitor.exchange import Region
    from upbit_monitor.metrics import Family
    from upbit_monitor.polls import Exchange

BOOK = Endpoint("book", "/v1/book", "orderbook", list[int], b"[]")
ACCOUNT = Endpoint("purse", "/v1/purse", "default", list[int], b"[]", private=True)


@dataclass(frozen=True, slots=True)
class BooksOptions:
    """How books are read."""

    every: Seconds = interval(4)
    watch: tuple[str, ...] = option("Markets to read.", ())
    depth: int = option("How deep.", 2, minimum=1, maximum=5)
    units: tuple[str, ...] = option("Units.", ("1m",), choices=("1m", "1d"))
    deep: bool = option("Whether twice.", False)  # noqa: FBT003 -- a default
    mode: str = option("How.", "fast", choices=("fast", "slow"))
    stale_after: Seconds = option("When it is old.", Seconds(60), minimum=1, maximum=3600)


class Books(Poll[BooksOptions]):
    name: ClassVar[str] = "books"
    summary: ClassVar[str] = "Books, and who reads them."
    private: ClassVar[bool] = True
    permission: ClassVar[str | None] = "View books"
    regions: ClassVar[frozenset[str]] = frozenset({"th", "kr"})
    cost: ClassVar[str] = "One for each hundred books."
    options: ClassVar[type[BooksOptions]] = BooksOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (BOOK, ACCOUNT)
    families: ClassVar[tuple[Family, ...]] = ()

    @classmethod
    def requests(cls, options: BooksOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        books = len(options.watch) * len(options.units) / 100 * (2 if options.deep else 1)
        return {BOOK: books, ACCOUNT: 3.0 if region.name == "th" else 1.0}

    async def run(self, exchange: Exchange) -> None:
        raise NotImplementedError


TEXT = reference({"books": Books})
REAL = reference(POLLS)


def test_every_key_of_the_file_is_told_once_with_its_meaning() -> None:
    told = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", REAL, re.MULTILINE)
    definitions = schema(POLLS)["$defs"]
    nodes = [schema(POLLS), *(one for name, one in definitions.items() if name != "Polls")]
    wanted = [key for node in nodes for key in node["properties"]]
    assert sorted(key for key, _ in told) == sorted(wanted)
    assert all(meaning.endswith(".") for _, meaning in told)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("region", "one of `kr`, `sg`, `id`, `th` | required | Korea, Singapore, "),
        ("share", "number above 0 up to 1 | `0.5` | Part of each quota"),
        ("every", "duration | `4s` | Time between two runs. At least 50ms. |"),
        ("depth", "whole number from 1 up to 5 | `2` | How deep. |"),
        ("units", "list of one of `1m`, `1d` | `[1m]` | Units. |"),
        ("deep", "true or false | `false` | Whether twice. |"),
        ("stale_after", "duration | `1m` | When it is old. At least 1s. At most 1h. |"),
    ],
)
def test_an_option_has_its_type_bounds_default_and_meaning(option: str, told: str) -> None:
    assert f"\n| `{option}` | {told}" in TEXT


def test_a_poll_tells_its_key_regions_and_endpoints() -> None:
    assert TEXT.partition("### books\n\n")[2].splitlines()[:6] == [
        "Books, and who reads them.",
        "",
        "- Key: with the permission “View books”.",
        "- Regions: kr, th.",
        "- Endpoint `book`: GET /v1/book, group `orderbook`.",
        "- Endpoint `purse`: GET /v1/purse, group `default`.",
    ]


def test_the_overview_tells_the_cost_at_the_defaults() -> None:
    assert (
        "| [books](#books) | with the permission “View books” | kr, th | 4s | 1 | 0.25 |"
    ) in TEXT.splitlines()


def test_the_cost_is_told_by_group_and_region_and_what_changes_it() -> None:
    assert TEXT.partition("Cost at its defaults, as planned: ")[2] == (
        "0 requests of group `orderbook` a run, 0 a second; 1 requests of group `default` a run, "
        "0.25 a second. One for each hundred books.\n"
        "By region: kr 1, th 3.\n"
    )


@pytest.mark.parametrize("name", POLLS)
def test_each_poll_tells_what_it_costs(name: str) -> None:
    poll, options = POLLS[name], POLLS[name].options()
    region = REGIONS[next(region for region in REGIONS if region in poll.regions)]
    section = REAL.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert "at its defaults, as planned: " in section
    assert poll.cost in section
    for endpoint in poll.requests(options, region):
        assert f"of group `{endpoint.group}`" in section
    for endpoint in poll.endpoints:
        assert f"`{endpoint.name}`: GET {endpoint.path}, group `{endpoint.group}`" in section
