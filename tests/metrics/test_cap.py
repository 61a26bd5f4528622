"""How many series a family may have: what is beyond the cap is cut and counted, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes import NOW, FakeExchange
from tests.polls.context import Place
from tests.tool import PROMTOOL
from tests.virtual import in_virtual_time
from upbit_monitor.exposition.negotiate import Format
from upbit_monitor.exposition.render import slices
from upbit_monitor.metrics.family import SERIES_CAP
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.ticker_row import TICKER
from upbit_monitor.polls.tickers import Tickers, TickersOptions

if TYPE_CHECKING:
    from upbit_monitor.metrics import Family

EVERY_MARKET: Final = tuple(f"KRW-C{number}" for number in range(800))
MORE_MARKETS: Final = tuple(f"KRW-C{number}" for number in range(SERIES_CAP + 200))
BY_MARKET: Final = tuple(
    family for family in Tickers.families if family.kind == "gauge" and "market" in family.labels
)


def answer(codes: tuple[str, ...]) -> FakeExchange:
    """Give an exchange that has these markets, and says of each what the samples say."""
    moment = round(NOW * 1000)

    def rows(path: str, query: dict[str, list[str]]) -> list[Any]:
        endpoint = MARKET_ALL if path == MARKET_ALL.path else TICKER
        row: Any = msgspec.json.decode(endpoint.sample)[0]
        times = {"timestamp": moment, "trade_timestamp": moment} if endpoint is TICKER else {}
        asked = query["markets"][0].split(",") if "markets" in query else codes
        return [row | times | {"market": code} for code in asked]

    return FakeExchange(rows)


@in_virtual_time
async def watched(codes: tuple[str, ...], cap: int | None) -> Place:
    """Give a place where tickers of these markets were shown, twice."""
    place = Place(now=NOW)
    if cap is not None:
        place.board.cap(cap)
    poll = Tickers(place.context, TickersOptions(quotes=("KRW",), watch=codes))
    for _ in range(2):
        await poll.run(answer(codes))
    return place


def sizes(place: Place) -> dict[Family, int]:
    """Give the number of series of each family by market."""
    return {family: len(place.table(family)) for family in BY_MARKET}


def test_by_default_a_family_beyond_the_cap_is_cut_and_counted() -> None:
    whole = sizes(watched(MORE_MARKETS, 100_000))
    place = watched(MORE_MARKETS, None)
    assert min(whole.values()) > SERIES_CAP
    assert sizes(place) == dict.fromkeys(BY_MARKET, SERIES_CAP)
    left_out = {family.name: 2 * (size - SERIES_CAP) for family, size in whole.items()}
    assert {name: place.overflows[name] for name in left_out} == left_out


def test_with_a_raised_cap_every_market_is_shown_and_nothing_counted() -> None:
    place = watched(EVERY_MARKET, 100_000)
    assert min(sizes(place).values()) >= len(EVERY_MARKET)
    assert place.overflows == {}


def test_a_page_of_every_market_can_be_read() -> None:
    place = watched(EVERY_MARKET, 100_000)
    page = b"".join(slices(place.board.registry, Format.TEXT))
    assert page == generate_latest(place.board.registry)
    read = {metric.name: metric for metric in text_string_to_metric_families(page.decode())}
    for family in BY_MARKET:
        samples = read[family.name].samples
        markets = [sample.labels["market"] for sample in samples]
        assert {*markets} == {*EVERY_MARKET}
        assert len({tuple(sample.labels.items()) for sample in samples}) == len(samples)


@PROMTOOL.needed
def test_promtool_has_nothing_to_say_of_a_page_of_every_market() -> None:
    page = generate_latest(watched(EVERY_MARKET, 100_000).board.registry)
    result = PROMTOOL.run("check", "metrics", given=page.decode())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
