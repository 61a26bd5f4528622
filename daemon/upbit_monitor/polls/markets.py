"""The market list: how many are listed, what came and went, which carry a warning or a caution."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from upbit_monitor.logs import Event
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import Context, Exchange, Poll, Seconds, interval, option, quote_of
from upbit_monitor.polls.listing import Watchlist
from upbit_monitor.polls.market_row import MARKET_ALL, Market
from upbit_monitor.polls.tally import tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_monitor.exchange import Endpoint


CAUTIONS: Final = (
    "price_fluctuations",
    "trading_volume_soaring",
    "deposit_amount_soaring",
    "global_price_differences",
    "concentration_of_small_accounts",
)

MARKETS: Final = Family(
    "upbit_markets",
    "gauge",
    "Listed markets, by quote currency.",
    ("target", "quote"),
    advice="It moves by a few at a time; a fall by many at once is more likely a broken answer or "
    "a maintenance than delistings.",
)
LISTINGS: Final = Family(
    "upbit_market_listings_total",
    "counter",
    "Markets that appeared since the previous poll.",
    ("target", "quote"),
    advice="The log names each (market_listed). The first minutes of a market are wild, and it "
    "may have no price yet.",
)
DELISTINGS: Final = Family(
    "upbit_market_delistings_total",
    "counter",
    "Markets that disappeared since the previous poll.",
    ("target", "quote"),
    advice="The log names each (market_delisted). See whether you hold its coin or have orders on "
    "it, and take it out of every watch list.",
)
WARNED: Final = Family(
    "upbit_markets_warned",
    "gauge",
    "Markets designated as investment warning, by quote currency; absent where the exchange does "
    "not tell.",
    ("target", "quote"),
    advice="A designation often comes before a delisting: read the exchange's notice.",
)
CAUTIONED: Final = Family(
    "upbit_markets_cautioned",
    "gauge",
    "Markets with an active caution, by kind; only Korea tells kinds.",
    ("target", "caution"),
    advice="Cautions come and go by themselves within hours. Many of one kind at once speak of the "
    "whole market, such as a price that is far from that abroad.",
)
WARNING: Final = Family(
    "upbit_market_warning",
    "gauge",
    "Whether a watched market is designated as investment warning; absent if it is not listed, "
    "or the exchange does not tell.",
    ("target", "market"),
    advice="Read the exchange's notice of this market: trading or deposits may end on a date "
    "given there.",
)
CAUTION: Final = Family(
    "upbit_market_caution",
    "gauge",
    "Whether a caution is active on a watched market, by kind; absent if it is not listed, or the "
    "exchange does not tell: only Korea tells kinds.",
    ("target", "market", "caution"),
    advice="Expect wider spreads and jumps while one is active; it mostly goes by itself.",
)


@dataclass(frozen=True, slots=True)
class MarketsOptions:
    """How the market list is polled."""

    every: Seconds = interval(60)
    watch: tuple[str, ...] = option(
        "Markets to show one by one: codes such as KRW-BTC, or patterns such as KRW-*.", ()
    )


class Markets(Poll[MarketsOptions]):
    """Polls the market list.

    Its state: the codes that were listed at the last answer, the quote currencies ever seen, and
    which watched markets were warned of.
    """

    name: ClassVar[str] = "markets"
    summary: ClassVar[str] = "The market list: listings, delistings, warnings and cautions."
    private: ClassVar[bool] = False
    options: ClassVar[type[MarketsOptions]] = MarketsOptions
    endpoints: ClassVar[tuple[Endpoint[list[Market]], ...]] = (MARKET_ALL,)
    families: ClassVar[tuple[Family, ...]] = (
        MARKETS, LISTINGS, DELISTINGS, WARNED, CAUTIONED, WARNING, CAUTION,
    )  # fmt: skip

    def __init__(self, context: Context, options: MarketsOptions) -> None:
        super().__init__(context, options)
        self._watch = Watchlist(context, options.watch)
        self._quotes: tuple[str, ...] = ()
        self._listed: frozenset[str] | None = None
        self._warned: Mapping[str, bool] = {}
        for quote in (*context.region.quotes, "other"):
            for family in (LISTINGS, DELISTINGS):
                context.board.count(family, context.target, quote, by=0)

    async def run(self, exchange: Exchange) -> None:
        """Ask for the list with details, and show it."""
        markets = {one.market: one for one in await self._context.listing.read(exchange)}
        watched = [markets[code] for code in self._watch.of(tuple(markets))]
        warned = {code: told for code, one in markets.items() if (told := one.warned) is not None}
        self._show(markets, warned)
        self._show_watched(watched, warned)
        self._tell_warnings({m.market: warned[m.market] for m in watched if m.market in warned})
        self._compare(frozenset(markets))
        self.gist = _said(markets.values(), warned)
        self.concerns = self._watch.concerns

    def _show(self, markets: Mapping[str, Market], warned: Mapping[str, bool]) -> None:
        listed = Counter(dict.fromkeys(self._quotes, 0))
        listed.update(map(quote_of, markets))
        self._quotes = tuple(listed)
        self._put(MARKETS, listed, self._context.region.quotes)
        by_quote: Counter[str] = Counter()
        for code, is_warned in warned.items():
            by_quote[quote_of(code)] += is_warned
        self._put(WARNED, by_quote, self._context.region.quotes)
        by_kind: Counter[str] = Counter()
        for market in markets.values():
            by_kind.update(market.cautions or {})
        self._put(CAUTIONED, by_kind, CAUTIONS)

    def _put(self, family: Family, counts: Mapping[str, int], known: Sequence[str]) -> None:
        board = self._context.board
        board.show(family, self._context.target, tally(board, family, counts, known))

    def _show_watched(self, watched: Sequence[Market], warned: Mapping[str, bool]) -> None:
        board, target = self._context.board, self._context.target
        codes = [market.market for market in watched if market.market in warned]
        board.show(WARNING, target, {(code,): float(warned[code]) for code in codes})
        rows: dict[tuple[str, ...], float] = {}
        for market in watched:
            active = tally(board, CAUTION, market.cautions or {}, CAUTIONS)
            # Several kinds that nobody knows are one series: 1 if any of them is active.
            rows |= {(market.market, *kind): min(number, 1) for kind, number in active.items()}
        board.show(CAUTION, target, rows)

    def _tell_warnings(self, warned: Mapping[str, bool]) -> None:
        before, self._warned = self._warned, warned
        for market, is_warned in warned.items():
            if before.get(market, is_warned) != is_warned:
                event = Event.MARKET_WARNED if is_warned else Event.MARKET_WARNING_LIFTED
                self._context.log.info(event, market=market)

    def _compare(self, listed: frozenset[str]) -> None:
        before, self._listed = self._listed, listed
        if before is None:
            return
        context = self._context
        for family, event, changed in (
            (LISTINGS, Event.MARKET_LISTED, listed - before),
            (DELISTINGS, Event.MARKET_DELISTED, before - listed),
        ):
            for market in sorted(changed):
                quote = context.board.fold(family, quote_of(market), context.region.quotes)
                context.board.count(family, context.target, quote)
                context.log.info(event, market=market)


def _said(markets: Iterable[Market], warned: Mapping[str, bool]) -> str:
    """Say how many there are, and of what is told, how many it is told of."""
    markets = list(markets)
    cautions = [told for market in markets if (told := market.cautions) is not None]
    parts = [f"{len(markets)} listed"]
    if warned:
        parts.append(f"{sum(warned.values())} with a warning")
    if cautions:
        parts.append(f"{sum(any(told.values()) for told in cautions)} with a caution")
    return ", ".join(parts)
