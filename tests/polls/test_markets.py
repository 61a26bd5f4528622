from __future__ import annotations

import json
from typing import Any

import pytest

from tests.exchange import captured
from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Unreadable
from upbit_monitor.metrics.catalogue import POLL_MISSING_MARKETS
from upbit_monitor.polls.markets import (
    CAUTION,
    CAUTIONED,
    CAUTIONS,
    DELISTINGS,
    LISTINGS,
    MARKETS,
    WARNED,
    WARNING,
    Markets,
    MarketsOptions,
)

KOREAN_CAUTIONS = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)


def korean(market: str, *cautions: str, warning: bool = False) -> dict[str, Any]:
    marks = {kind: kind in cautions for kind in dict.fromkeys((*KOREAN_CAUTIONS, *cautions))}
    event = {"warning": warning, "caution": marks}
    return {"market": market, "korean_name": "이름", "english_name": "Name", "market_event": event}


def elsewhere(market: str, warning: str | None = "NONE") -> dict[str, Any]:
    return {"market": market, "english_name": "Name", "market_warning": warning}


class Bench(Place):
    """The poll, and an exchange whose list can be changed."""

    def __init__(self, *rows: dict[str, Any], region: str = "kr", **options: Any) -> None:  # noqa: ANN401 -- the poll's own
        super().__init__(region)
        self.rows = list(rows)
        self.exchange = FakeExchange(lambda *_: self.rows)
        self.poll = Markets(self.context, MarketsOptions(**options))

    async def run(self) -> None:
        await self.poll.run(self.exchange)


@in_virtual_time
async def test_it_asks_once_for_the_list_with_details() -> None:
    bench = Bench(korean("KRW-BTC"))
    await bench.run()
    assert bench.exchange.asked == [("/v1/market/all", {"is_details": ["true"]})]


@in_virtual_time
async def test_markets_are_counted_by_quote() -> None:
    bench = Bench(korean("KRW-BTC"), korean("KRW-ETH"), korean("BTC-ETH"))
    await bench.run()
    assert bench.shown(MARKETS) == {"KRW": 2, "BTC": 1}
    bench.rows.pop()
    await bench.run()
    assert bench.shown(MARKETS) == {"KRW": 2, "BTC": 0}, "none is told of what was there before"


@pytest.mark.parametrize("odd", ["EUR-BTC", "BTC", "-BTC", "KRW-", ""])
@in_virtual_time
async def test_a_quote_that_the_region_does_not_have_is_folded_and_counted(odd: str) -> None:
    bench = Bench(korean("KRW-BTC"), korean(odd, warning=True))
    await bench.run()
    assert bench.shown(MARKETS) == {"KRW": 1, "other": 1}
    assert bench.shown(WARNED) == {"KRW": 0, "other": 1}
    assert bench.overflows == {MARKETS.name: 1, WARNED.name: 1}


@in_virtual_time
async def test_the_first_list_is_no_listing() -> None:
    bench = Bench(korean("KRW-BTC"), korean("KRW-ETH"))
    nothing = dict.fromkeys(("KRW", "BTC", "USDT", "other"), 0)
    assert bench.shown(LISTINGS) == bench.shown(DELISTINGS) == nothing
    await bench.run()
    assert bench.shown(LISTINGS) == bench.shown(DELISTINGS) == nothing
    assert bench.log.told() == []


@in_virtual_time
async def test_listings_and_delistings_are_counted_and_told_each() -> None:
    bench = Bench(korean("KRW-BTC"), korean("KRW-ETH"))
    await bench.run()
    bench.rows = [korean("KRW-BTC"), korean("BTC-XRP"), korean("BTC-ADA")]
    await bench.run()
    await bench.run()
    assert bench.shown(LISTINGS) == {"KRW": 0, "BTC": 2, "USDT": 0, "other": 0}
    assert bench.shown(DELISTINGS) == {"KRW": 1, "BTC": 0, "USDT": 0, "other": 0}
    assert [(line.event, line.fields["market"]) for line in bench.log.lines] == [
        ("market_listed", "BTC-ADA"),
        ("market_listed", "BTC-XRP"),
        ("market_delisted", "KRW-ETH"),
    ]


@in_virtual_time
async def test_an_empty_list_is_refused_and_changes_nothing() -> None:
    bench = Bench(korean("KRW-BTC"), watch=("KRW-BTC",))
    await bench.run()
    rows, bench.rows = bench.rows, []
    with pytest.raises(Unreadable, match="empty list"):
        await bench.run()
    assert bench.shown(MARKETS) == {"KRW": 1}
    assert bench.shown(WARNING) == {"KRW-BTC": 0}
    bench.rows = rows
    await bench.run()
    assert sum(bench.shown(LISTINGS).values()) == sum(bench.shown(DELISTINGS).values()) == 0


@in_virtual_time
async def test_warnings_are_read_in_the_style_of_korea() -> None:
    watch = ("KRW-BTC", "KRW-XRP")
    bench = Bench(korean("KRW-BTC"), korean("KRW-XRP", warning=True), watch=watch)
    await bench.run()
    assert bench.shown(WARNED) == {"KRW": 1}
    assert bench.shown(WARNING) == {"KRW-BTC": 0, "KRW-XRP": 1}


@in_virtual_time
async def test_warnings_are_read_in_the_style_of_the_other_regions() -> None:
    rows = [
        elsewhere("SGD-BTC"),
        elsewhere("SGD-XRP", "CAUTION"),
        elsewhere("BTC-ETH", None),
        {"market": "BTC-XRP", "english_name": "Ripple"},
    ]
    bench = Bench(*rows, region="sg", watch=("SGD-XRP", "BTC-ETH", "BTC-XRP"))
    await bench.run()
    assert bench.shown(WARNED) == {"SGD": 1}, "of those in BTC nothing is told"
    assert bench.shown(WARNING) == {"SGD-XRP": 1}
    assert bench.table(CAUTIONED) == bench.table(CAUTION) == {}, "only Korea tells kinds"
    assert bench.poll.gist == "4 listed, 1 with a warning"


@pytest.mark.parametrize(
    "untold",
    [
        {},
        {"market_warning": None},
        {"market_warning": ""},
        {"market_event": None},
        {"market_event": {}},
        {"market_event": {"warning": None, "caution": None}},
    ],
)
@in_virtual_time
async def test_what_the_exchange_does_not_tell_is_not_shown(untold: dict[str, Any]) -> None:
    bench = Bench({"market": "SGD-BTC"} | untold, region="sg", watch=("SGD-BTC",))
    await bench.run()
    assert bench.shown(MARKETS) == {"SGD": 1}
    for family in (WARNED, WARNING, CAUTIONED, CAUTION):
        assert bench.table(family) == {}, family.name
    assert bench.poll.gist == "1 listed"


@in_virtual_time
async def test_a_warning_goes_when_the_exchange_tells_it_no_more() -> None:
    bench = Bench(elsewhere("SGD-BTC", "CAUTION"), region="sg", watch=("SGD-BTC",))
    await bench.run()
    assert bench.shown(WARNING) == {"SGD-BTC": 1}
    bench.rows = [{"market": "SGD-BTC"}]
    await bench.run()
    assert bench.shown(WARNED) == bench.shown(WARNING) == {}
    assert bench.log.told() == []


@in_virtual_time
async def test_cautions_are_counted_by_kind() -> None:
    bench = Bench(
        korean("KRW-BTC", "GLOBAL_PRICE_DIFFERENCES"),
        korean("KRW-XRP", "GLOBAL_PRICE_DIFFERENCES", "PRICE_FLUCTUATIONS"),
        korean("KRW-ETH"),
    )
    await bench.run()
    counts = {"global_price_differences": 2, "price_fluctuations": 1}
    assert bench.shown(CAUTIONED) == dict.fromkeys(CAUTIONS, 0) | counts
    assert bench.overflows == {}


@in_virtual_time
async def test_a_caution_nobody_knows_is_folded_and_counted() -> None:
    bench = Bench(korean("KRW-BTC", "WASH_TRADING"), korean("KRW-XRP", "MOON_PHASE"))
    await bench.run()
    assert bench.shown(CAUTIONED) == dict.fromkeys(CAUTIONS, 0) | {"other": 2}
    assert bench.overflows == {CAUTIONED.name: 2}


@in_virtual_time
async def test_cautions_go_when_the_answer_has_none_any_more() -> None:
    bench = Bench(korean("KRW-BTC", "PRICE_FLUCTUATIONS"))
    await bench.run()
    bench.rows = [{"market": "KRW-BTC"}]
    await bench.run()
    assert bench.shown(CAUTIONED) == {}


@in_virtual_time
async def test_cautions_of_watched_markets_are_shown_by_kind() -> None:
    bench = Bench(
        korean("KRW-BTC"),
        korean("KRW-XRP", "PRICE_FLUCTUATIONS", "MOON_PHASE", "WASH_TRADING"),
        korean("KRW-ETH", "PRICE_FLUCTUATIONS"),
        watch=("KRW-BTC", "KRW-X*"),
    )
    await bench.run()
    calm = {("KRW-BTC", kind): 0 for kind in CAUTIONS}
    wild = {("KRW-XRP", kind): 0 for kind in CAUTIONS} | {
        ("KRW-XRP", "price_fluctuations"): 1,
        ("KRW-XRP", "other"): 1,
    }
    assert bench.table(CAUTION) == calm | wild
    assert bench.overflows == {CAUTIONED.name: 2, CAUTION.name: 2}


@in_virtual_time
async def test_a_kind_that_is_not_told_is_not_shown_as_inactive() -> None:
    row = {"market": "KRW-BTC", "market_event": {"caution": {"PRICE_FLUCTUATIONS": False}}}
    bench = Bench(row, watch=("KRW-BTC",))
    await bench.run()
    assert bench.table(CAUTION) == {("KRW-BTC", "price_fluctuations"): 0}
    assert bench.shown(CAUTIONED) == {"price_fluctuations": 0}
    assert bench.table(WARNING) == bench.table(WARNED) == {}


@in_virtual_time
async def test_changes_of_warnings_are_told_of_watched_markets_only() -> None:
    def rows(*warned: str) -> list[dict[str, Any]]:
        codes = ("KRW-BTC", "KRW-ETH", "BTC-XRP")
        return [korean(code, warning=code in warned) for code in codes]

    bench = Bench(*rows("KRW-ETH"), watch=("KRW-*",))
    await bench.run()
    assert bench.log.told() == [], "what is so from the start is no change"
    bench.rows = rows("KRW-BTC", "BTC-XRP")
    await bench.run()
    await bench.run()
    assert [(line.event, line.fields["market"]) for line in bench.log.lines] == [
        ("market_warned", "KRW-BTC"),
        ("market_warning_lifted", "KRW-ETH"),
    ]


@pytest.mark.parametrize(
    ("name", "region", "gist", "warned"),
    [
        ("live/kr_market_all_head_2025-07-30.json", "kr", "5 listed", {}),
        (
            "live/kr_market_all_is_details_2026-07-30.json",
            "kr",
            "4 listed, 2 with a warning, 2 with a caution",
            {"KRW-BTC": 0, "KRW-AERGO": 1, "KRW-ZIL": 1, "BTC-SIGN": 0},
        ),
        (
            "docs_kr/market_all_is_details.json",
            "kr",
            "2 listed, 1 with a warning, 0 with a caution",
            {"KRW-BTC": 0, "KRW-ETH": 1},
        ),
        (
            "docs_global/listing_market_list.json",
            "sg",
            "5 listed, 0 with a warning",
            dict.fromkeys(("SGD-ETH", "SGD-XRP", "SGD-BTC", "SGD-USDT", "SGD-SOL"), 0),
        ),
    ],
)
@in_virtual_time
async def test_a_captured_list_is_shown_as_it_was(
    name: str, region: str, gist: str, warned: dict[str, float]
) -> None:
    bench = Bench(*json.loads(captured.body(name)), region=region, watch=("*",))
    await bench.run()
    assert bench.poll.gist == gist
    assert bench.shown(WARNING) == warned
    active = {key: value for key, value in bench.table(CAUTION).items() if value}
    expected = {"KRW-ZIL", "BTC-SIGN"} & warned.keys()
    assert active == {(code, "global_price_differences"): 1 for code in expected}
    assert sum(bench.shown(WARNED).values()) == sum(warned.values())
    assert sum(bench.shown(CAUTIONED).values()) == len(expected)
    assert bench.overflows == {}


@in_virtual_time
async def test_a_market_that_is_listed_twice_is_counted_once() -> None:
    bench = Bench(korean("KRW-BTC", warning=True), korean("KRW-BTC", warning=True))
    await bench.run()
    assert bench.shown(MARKETS) == bench.shown(WARNED) == {"KRW": 1}


@in_virtual_time
async def test_a_pattern_that_matches_nothing_is_a_concern() -> None:
    bench = Bench(korean("KRW-BTC"), watch=("USDT-*",))
    await bench.run()
    (concern,) = bench.poll.concerns
    assert concern.what == "watches USDT-*, which the exchange does not list"
    assert bench.shown(POLL_MISSING_MARKETS) == {"poll": 1}


@in_virtual_time
async def test_the_series_of_a_watched_market_goes_with_the_market() -> None:
    bench = Bench(korean("KRW-BTC"), korean("KRW-ETH"), watch=("KRW-BTC", "KRW-ETH", "KRW-NOT"))
    await bench.run()
    assert bench.shown(WARNING) == {"KRW-BTC": 0, "KRW-ETH": 0}
    bench.rows.pop()
    await bench.run()
    assert bench.shown(WARNING) == {"KRW-BTC": 0}


@in_virtual_time
async def test_marks_that_are_null_are_absent_and_the_others_are_there() -> None:
    bench = Bench(
        {"market": "KRW-A", "market_event": None},
        {"market": "KRW-B", "market_event": {"warning": None, "caution": None}},
        {
            "market": "KRW-C",
            "market_event": {
                "warning": True,
                "caution": {"PRICE_FLUCTUATIONS": None, "TRADING_VOLUME_SOARING": True},
            },
        },
        {"market": "KRW-D", "market_event": {"caution": {"PRICE_FLUCTUATIONS": None}}},
        watch=("KRW-*",),
    )
    await bench.run()
    assert bench.shown(MARKETS) == {"KRW": 4}
    assert bench.shown(WARNED) == {"KRW": 1}
    assert bench.shown(WARNING) == {"KRW-C": 1}
    assert bench.shown(CAUTIONED) == {"trading_volume_soaring": 1}
    assert bench.table(CAUTION) == {("KRW-C", "trading_volume_soaring"): 1}
    assert bench.poll.gist == "4 listed, 1 with a warning, 1 with a caution"
