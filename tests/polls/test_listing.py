"""What is listed, asked for no more often than needed, and what is watched of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Mistaken, Unreadable
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.listing import Watchlist, at_most, chunks, list_reads, questions

if TYPE_CHECKING:
    from collections.abc import Sequence


class Bench(Place):
    """An exchange whose list can be changed. Its state: the list, and what of it is not found."""

    def __init__(self, *codes: str) -> None:
        super().__init__()
        self.listed = list(codes)
        self.limbo: set[str] = set()
        self.exchange = FakeExchange(lambda *_: [{"market": code} for code in self.listed])

    async def codes(self) -> tuple[str, ...]:
        return await self.listing.codes(self.exchange)

    async def about(self, codes: Sequence[str]) -> list[str]:
        """Answer as the exchange does: one code that is not listed spoils the question."""
        if set(codes) - set(self.listed) or self.limbo.intersection(codes):
            raise Mistaken(404, "404", "Code not found")
        return [*codes]


@in_virtual_time
async def test_polls_that_want_the_list_at_once_ask_once() -> None:
    bench = Bench("KRW-BTC", "KRW-ETH", "KRW-BTC")
    answers = await asyncio.gather(*(bench.codes() for _ in range(5)))
    assert answers == [("KRW-BTC", "KRW-ETH")] * 5
    assert len(bench.exchange.asked) == 1


@pytest.mark.parametrize(("later", "asked"), [(599, 1), (600, 2), (-1, 2)])
@in_virtual_time
async def test_the_list_is_read_anew_when_it_is_old_or_from_the_future(
    later: float, asked: int
) -> None:
    bench = Bench("KRW-BTC")
    await bench.codes()
    bench.now += later
    await bench.codes()
    assert len(bench.exchange.asked) == asked


@in_virtual_time
async def test_an_old_list_is_used_while_no_new_one_is_to_be_had() -> None:
    bench = Bench("KRW-BTC")
    await bench.codes()
    bench.listed.clear()
    for later, asked in ((600, 2), (59, 2), (1, 3)):
        bench.now += later
        assert await bench.codes() == ("KRW-BTC",)
        assert len(bench.exchange.asked) == asked
    bench.listed = ["KRW-ETH"]
    bench.now += 60
    assert await bench.codes() == ("KRW-ETH",)


@in_virtual_time
async def test_an_empty_list_is_no_list() -> None:
    bench = Bench()
    with pytest.raises(Unreadable):
        await bench.codes()


@in_virtual_time
async def test_a_market_that_went_since_is_left_out_of_the_question() -> None:
    bench = Bench("KRW-BTC", "KRW-ETH")
    codes = await bench.codes()
    bench.listed.remove("KRW-BTC")
    assert await bench.listing.ask(bench.exchange, codes, bench.about) == ["KRW-ETH"]
    assert await bench.listing.ask(bench.exchange, ["KRW-BTC"], bench.about) is None


@in_virtual_time
async def test_what_is_listed_and_not_found_is_asked_for_again_and_waits_for_nobody() -> None:
    bench = Bench("KRW-BTC")

    async def unknown(_: object) -> None:
        raise Mistaken(404, "404", "Code not found")

    with pytest.raises(Unreadable, match="does not find what it lists"):
        await bench.listing.ask(bench.exchange, ["KRW-BTC"], unknown)


@in_virtual_time
async def test_another_refusal_is_passed_on_without_a_look_at_the_list() -> None:
    bench = Bench("KRW-BTC")

    async def refused(_: object) -> None:
        raise Mistaken(400, "400", "no")

    with pytest.raises(Mistaken):
        await bench.listing.ask(bench.exchange, ["KRW-BTC"], refused)
    assert bench.exchange.asked == []


LISTED = ("KRW-BTC", "KRW-ETH", "BTC-ETH", "USDT-BTC")


@pytest.mark.parametrize(
    ("wanted", "chosen", "missing"),
    [
        ((), (), 0),
        (("KRW-ETH", "KRW-BTC"), ("KRW-BTC", "KRW-ETH"), 0),
        (("KRW-*",), ("KRW-BTC", "KRW-ETH"), 0),
        (("*-BTC", "KRW-BTC"), ("KRW-BTC", "USDT-BTC"), 0),
        (("*",), LISTED, 0),
        (("KRW-XRP", "SGD-*", "krw-btc"), (), 3),
        (("KRW-XRP", "KRW-ETH"), ("KRW-ETH",), 1),
    ],
)
def test_a_watch_list_names_codes_or_patterns(
    wanted: tuple[str, ...], chosen: tuple[str, ...], missing: int
) -> None:
    place = Place()
    watch = Watchlist(place.context, wanted)
    assert watch.of(LISTED) == chosen
    assert bool(watch) == bool(wanted)
    assert place.shown(c.POLL_MISSING_MARKETS) == {"poll": missing}
    assert len(watch.concerns) == bool(missing)


def test_a_missing_market_is_told_once_and_again_when_it_goes_again() -> None:
    place = Place()
    watch = Watchlist(place.context, ("KRW-BTC",))
    for listed in ((), ("KRW-ETH",), ("KRW-BTC",), ("KRW-ETH",)):
        watch.of(listed)
    assert place.log.told() == [("warning", "market_missing")] * 2
    assert "KRW-BTC" in watch.concerns[0].what


def test_a_list_is_cut_so_that_no_question_is_too_long() -> None:
    codes = [f"KRW-COIN{number}" for number in range(250)]
    assert [len(part) for part in chunks(codes)] == [100, 100, 50]
    assert [code for part in chunks(codes) for code in part] == codes


@pytest.mark.parametrize(
    ("wanted", "region", "markets"),
    [
        ((), "kr", 0),
        (("KRW-BTC", "KRW-ETH", "KRW-BTC"), "kr", 2),
        (("KRW-*",), "kr", 284),
        (("KRW-B*", "KRW-?TC", "KRW-BTC"), "kr", 284),
        (("KRW-*", "BTC-ETH"), "kr", 285),
        (("BTC-*",), "kr", 516),
        (("BTC-*", "KRW-*", "USDT-BTC"), "kr", 800),
        (("*-BTC",), "kr", 800),
        (("[KU]*",), "kr", 800),
        (("*",), "kr", 800),
        (("SGD-*",), "sg", 450),
    ],
)
def test_it_is_known_how_many_markets_a_watch_list_matches_at_most(
    wanted: tuple[str, ...], region: str, markets: int
) -> None:
    assert at_most(wanted, REGIONS[region]) == markets


@pytest.mark.parametrize("markets", [0, 1, 99, 100, 101, 800])
def test_it_is_known_how_many_questions_a_list_is_cut_into(markets: int) -> None:
    assert questions(markets) == len(chunks([f"KRW-C{number}" for number in range(markets)]))


@pytest.mark.parametrize(("every", "reads"), [(10, 1 / 60), (600, 1), (3600, 1)])
def test_a_run_reads_the_list_now_and_then(every: float, reads: float) -> None:
    assert list_reads(every) == pytest.approx(reads)


@in_virtual_time
async def test_if_one_is_gone_and_another_in_limbo_it_is_weather_and_names_it() -> None:
    bench = Bench("KRW-BTC", "KRW-ETH", "KRW-XRP")
    codes = await bench.codes()
    bench.listed.remove("KRW-BTC")
    bench.limbo.add("KRW-ETH")
    for reads in (2, 2):
        with pytest.raises(Unreadable, match="lists, of KRW-ETH, KRW-XRP: 404"):
            await bench.listing.ask(bench.exchange, codes, bench.about)
        assert len(bench.exchange.asked) == reads, "once a minute at most"
    bench.now += 60
    bench.limbo.clear()
    assert await bench.listing.ask(bench.exchange, codes, bench.about) == ["KRW-ETH", "KRW-XRP"]


@in_virtual_time
async def test_a_list_that_is_not_found_itself_is_weather_too() -> None:
    bench = Bench("KRW-BTC")
    bench.exchange.answer = lambda *_: _not_found()
    with pytest.raises(Unreadable):
        await bench.listing.ask(bench.exchange, ["KRW-BTC"], lambda _: bench.about(["KRW-GONE"]))


@in_virtual_time
async def test_the_list_is_read_once_a_minute_for_a_single_market_that_is_not_found() -> None:
    bench = Bench("KRW-BTC")
    for later, reads in ((0, 1), (1, 2), (58, 2), (1, 2), (1, 3)):
        bench.now += later
        await bench.codes()
        assert len(bench.exchange.asked) == reads
        assert await bench.listing.about(bench.about(["KRW-GONE"])) is None
    assert await bench.listing.about(bench.about(["KRW-BTC"])) == ["KRW-BTC"]


def _not_found() -> list[str]:
    raise Mistaken(404, "404", "Not Found")
