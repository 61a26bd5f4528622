"""Order books: the best prices, how wide and how deep they are, and which are out of order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import (
    Context,
    Exchange,
    Poll,
    Seconds,
    interval,
    option,
    quote_of,
    spread,
)
from upbit_monitor.polls.book import ORDERBOOK, Book, Sides, band, is_band
from upbit_monitor.polls.irregular import CONDITIONS, Seen, concerns, irregular
from upbit_monitor.polls.listing import (
    Watchlist,
    at_most,
    chunks,
    list_reads,
    or_bitcoin,
    questions,
    unlisted,
)
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.words import about

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from upbit_monitor.exchange import Endpoint, Region

    Rows = dict[tuple[str, ...], float]

_MOST_UNITS: Final = 30
"""Steps of a book that the exchange shows at most."""
_BEST_UNIT: Final = 1

BEST: Final = Family(
    "upbit_orderbook_best_price", "gauge",
    "Best price on a side of a watched market's order book, in its quote currency; absent if the "
    "side has no order.",
    ("target", "market", "side"),
    advice="A side without a price has nobody who buys, or nobody who sells: look at the market "
    "on the exchange before you trade there.",
)  # fmt: skip
SPREAD: Final = Family(
    "upbit_orderbook_spread_ratio", "gauge",
    "Best ask less best bid of a watched market, as a ratio of the middle between them; negative "
    "if they crossed, absent unless both sides have an order.",
    ("target", "market"),
    advice="A spread that widens means that market makers have left: expect to pay more for a "
    "market order, and look for news of the coin.",
)  # fmt: skip
DEPTH: Final = Family(
    "upbit_orderbook_depth", "gauge",
    "Value of the orders on a side of a watched market's book whose price is within a band of the "
    "middle, in quote currency; the band is a percentage of the middle, as configured. At most 30 "
    "steps of a book can be seen: absent where the band is wider than upbit_orderbook_reach_ratio, "
    "unless the side has so few steps that it must be whole.",
    ("target", "market", "side", "band"),
    advice="An order larger than this moves the price by more than the band: trade in parts, or "
    "wait. If it is absent, see how far the book reaches, and configure a narrower band.",
)  # fmt: skip
REACH: Final = Family(
    "upbit_orderbook_reach_ratio", "gauge",
    "How far the visible part of a watched market's book reaches from the middle, by side, as a "
    "ratio of the middle; at most 30 steps are visible. Absent without bands.",
    ("target", "market", "side"),
    advice="Where it is smaller than a band, the depth within that band is not known; choose "
    "narrower bands for this market.",
)  # fmt: skip
AGE: Final = Family(
    "upbit_orderbook_age_seconds", "histogram",
    "The exchange's time, as far as it is known, less the timestamp of each book, observed when "
    "the book came.",
    ("target",), (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
    advice="Old books of busy markets mean that the exchange serves them late: do not trade on "
    "them. A book in which nobody moves may be old and right.",
)  # fmt: skip
SPREADS: Final = Family(
    "upbit_orderbook_observed_spread_ratio", "histogram",
    "Best ask less best bid, as a ratio of the middle, of each book that has both and is not "
    "crossed, observed at every poll over all that was asked for.",
    ("target",), (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
    advice="When the whole distribution moves to the right, liquidity leaves the exchange, not "
    "one market: look for its notices and for news.",
)  # fmt: skip
BOOKS: Final = Family(
    "upbit_orderbook_books", "gauge", "Order books seen in the last poll.", ("target",),
    advice="If it falls, compare it with upbit_markets: either markets were delisted, or the "
    "exchange leaves them out of its answers.",
)  # fmt: skip
IRREGULAR: Final = Family(
    "upbit_orderbook_irregular_books", "gauge",
    "Order books of the last poll by what is unusual: crossed (the best bid is not below the best "
    "ask), one_sided, empty, missing (asked for, and not in the answer), stale (the timestamp is "
    "older than the threshold; a book in which nobody moves may be that). A stale one may be "
    "crossed, one_sided or empty too.",
    ("target", "condition"),
    advice="Do not trust prices of crossed or stale books; one that stays crossed is halted or "
    "broken, so ask the exchange. Quiet markets are one_sided, empty or stale without any fault.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderbookOptions:
    """How order books are polled."""

    every: Seconds = interval(10)
    watch: tuple[str, ...] = option(
        "Markets to show one by one, such as KRW-BTC or KRW-*. Without watch and quotes: bitcoin "
        "in the region's own currency.",
        (),
    )
    quotes: tuple[str, ...] = option(
        "Quote currencies of which every book is looked at too, such as KRW; a hundred books a "
        "question, spread over the interval.",
        (),
    )
    bands: tuple[str, ...] = option(
        "Distances from the middle within which depth is summed, in percent of it. Only 30 steps "
        "of a book can be seen: of a market with small steps, nothing is known of wide bands.",
        ("0.01%", "0.1%", "1%"),
    )
    stale_after: Seconds = option(
        "A book whose timestamp is older than this is stale.", Seconds(600), minimum=1
    )

    def __post_init__(self) -> None:
        wrong = [text for text in self.bands if not is_band(text)]
        if wrong:
            raise ValueError(
                f"bands has {', '.join(map(repr, wrong))}; write percentages above 0% and up to "
                "100%, such as 0.5%"
            )
        if len({*map(band, self.bands)}) < len(self.bands):
            raise ValueError("bands has one twice; write each once")

    def watched(self, region: Region) -> Sequence[str]:
        """Give what is to be shown one by one."""
        return self.watch if self.quotes else or_bitcoin(self.watch, region)


class Orderbook(Poll[OrderbookOptions]):
    """Polls order books. It has no state of its own beside the watch list's.

    Its priority is the last: what asks for a few books, or for what orders need, goes before a
    sweep of them all, which has most of its interval to wait in.
    """

    name: ClassVar[str] = "orderbook"
    summary: ClassVar[str] = "Order books: best prices, spread, depth, and books out of order."
    private: ClassVar[bool] = False
    priority: ClassVar[int] = 2
    cost: ClassVar[str] = (
        "One request for each hundred markets, of `watch` and of `quotes` apart, and the market "
        "list once in ten minutes, unless `markets` reads it anyway."
    )
    options: ClassVar[type[OrderbookOptions]] = OrderbookOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (ORDERBOOK, MARKET_ALL)
    families: ClassVar[tuple[Family, ...]] = (
        BEST, SPREAD, DEPTH, REACH, AGE, SPREADS, BOOKS, IRREGULAR,
    )  # fmt: skip

    def __init__(self, context: Context, options: OrderbookOptions) -> None:
        super().__init__(context, options)
        self._watch = Watchlist(context, options.watched(context.region))
        self._bands = {f"{float(text[:-1]):g}%": band(text) for text in options.bands}
        for family in (AGE, SPREADS):
            context.board.observe(family, context.target, values=())

    @classmethod
    def requests(cls, options: OrderbookOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        """Give the questions for the watched books and, with fewer steps, for the others."""
        watched = at_most(options.watched(region), region)
        others = region.size(options.quotes) if options.quotes else 0
        asked = questions(watched) + questions(others)
        return {ORDERBOOK: float(asked), MARKET_ALL: list_reads(options.every)}

    async def run(self, exchange: Exchange) -> None:
        """Ask for all books, spread over most of the interval, and show them in one step."""
        listed = await self._context.listing.codes(exchange)
        watched = self._watch.of(listed)
        seen: list[Seen] = []
        missing: list[str] = []
        rows = _Rows(self._bands, frozenset(watched))
        async for codes, units in spread(self._questions(listed, watched), self._options.every):
            asked, books = await self._ask(exchange, codes, units)
            now = self._context.exchange_time()
            came = {book.market: book for book in books}
            missing += [code for code in asked if code not in came]
            some = [
                Seen(code, Sides.of(came[code]), _age(came[code].timestamp, now))
                for code in asked
                if code in came
            ]
            # Now, and not all at the end: eight hundred books would hold the loop for too long.
            rows.add(some)
            seen += some
        found = irregular(seen, missing, self._options.stale_after)
        self._show(seen, rows, Counter(condition for condition, _ in found))
        self.gist = _gist(seen)
        self.concerns = (
            *self._watch.concerns,
            *unlisted(self._options.quotes, listed),
            *concerns(found, watched),
        )

    def _questions(
        self, listed: Sequence[str], watched: Collection[str]
    ) -> Sequence[tuple[Sequence[str], int]]:
        """Give what to ask for, and how many steps of each book.

        All steps only of what is shown one by one; of the others, no more than the best prices.
        """
        steps = _MOST_UNITS if self._bands else _BEST_UNIT
        shown = {*watched}
        others = [
            code for code in listed if quote_of(code) in self._options.quotes and code not in shown
        ]
        return [
            *((codes, steps) for codes in chunks(tuple(watched))),
            *((codes, _BEST_UNIT) for codes in chunks(others)),
        ]

    async def _ask(
        self, exchange: Exchange, codes: Sequence[str], units: int
    ) -> tuple[Sequence[str], Sequence[Book]]:
        """Give the codes that were asked for at last, and the books that came."""

        async def question(codes: Sequence[str]) -> tuple[Sequence[str], Sequence[Book]]:
            names = ("markets", ",".join(codes))
            return codes, await exchange.get(ORDERBOOK, names, ("count", str(units)))

        return await self._context.listing.ask(exchange, codes, question) or ((), ())

    def _show(self, seen: Sequence[Seen], shown: _Rows, count: Mapping[str, int]) -> None:
        board, target = self._context.board, self._context.target
        for family, values in shown.by_family.items():
            board.show(family, target, values)
        spreads = [one.sides.spread for one in seen if one.sides.flaw is None]
        board.observe(AGE, target, values=[one.age for one in seen if one.age is not None])
        board.observe(SPREADS, target, values=[ratio for ratio in spreads if ratio is not None])
        board.put(BOOKS, target, value=len(seen))
        rows: Rows = {(name,): count.get(name, 0) for name in CONDITIONS}
        board.show(IRREGULAR, target, rows)


class _Rows:
    """The series of the watched books. Its state: those of the books that came so far."""

    def __init__(self, bands: Mapping[str, float], watched: Collection[str]) -> None:
        self._bands = bands
        self._watched = watched
        self.by_family: dict[Family, Rows] = {BEST: {}, SPREAD: {}, DEPTH: {}, REACH: {}}

    def add(self, seen: Sequence[Seen]) -> None:
        """Take in some books; those that are not watched have no series."""
        best, spreads, depth, reach = self.by_family.values()
        for market, sides, _ in seen:
            if market not in self._watched:
                continue
            best |= {(market, side): price for side, price in sides.best.items()}
            if sides.spread is not None:
                spreads[market,] = sides.spread
            for name, ratio in self._bands.items():
                values = sides.depth(ratio).items()
                depth |= {(market, side, name): value for side, value in values}
            if self._bands:
                reach |= {(market, side): ratio for side, ratio in sides.reach.items()}


def _gist(seen: Sequence[Seen]) -> str:
    if not seen:
        return "no book"
    books = f"{len(seen)} books" if len(seen) > 1 else "1 book"
    ages = [one.age for one in seen if one.age is not None]
    return f"{books}, newest {about(min(ages))} old" if ages else books


def _age(moment: float | None, now: float) -> float | None:
    """Give the seconds since a moment in milliseconds; one in the future is now."""
    return None if moment is None else max(now - moment / 1000, 0.0)
