"""The market list: how many are listed, what came and went, which carry a warning."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from upbit_monitor.logs import Event
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import Context, Exchange, Poll, Seconds, interval, option, quote_of
from upbit_monitor.polls.listing import MARKET_ALL, Market, Watchlist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_monitor.exchange import Endpoint


CAUTIONS: Final = (
    "price_fluctuations",
    "trading_volume_soaring",
    "deposit_amount_soaring",
    "global_price_differences",
    "concentration_of_small_accounts",
)

MARKETS: Final = Family(
    "upbit_markets", "gauge", "Listed markets, by quote currency.", ("target", "quote")
)
LISTINGS: Final = Family(
    "upbit_market_listings_total",
    "counter",
    "Markets that appeared since the previous poll.",
    ("target", "quote"),
)
DELISTINGS: Final = Family(
    "upbit_market_delistings_total",
    "counter",
    "Markets that disappeared since the previous poll.",
    ("target", "quote"),
)
WARNED: Final = Family(
    "upbit_markets_warned",
    "gauge",
    "Markets designated as investment warning, by quote currency.",
    ("target", "quote"),
)
CAUTIONED: Final = Family(
    "upbit_markets_cautioned",
    "gauge",
    "Markets with an active caution, by kind; only Korea tells kinds.",
    ("target", "caution"),
)
WARNING: Final = Family(
    "upbit_market_warning",
    "gauge",
    "Whether a watched market is designated as investment warning; absent if it is not listed.",
    ("target", "market"),
)


@dataclass(frozen=True, slots=True)
class MarketsOptions:
    """How the market list is polled."""

    every: Seconds = interval(60)
    watch: tuple[str, ...] = option("Markets to show one by one, such as KRW-BTC.", ())


class Markets(Poll[MarketsOptions]):
    """Polls the market list. Its state: the codes that were listed at the last answer."""

    name: ClassVar[str] = "markets"
    summary: ClassVar[str] = "The market list: listings, delistings, warnings and cautions."
    private: ClassVar[bool] = False
    options: ClassVar[type[MarketsOptions]] = MarketsOptions
    endpoints: ClassVar[tuple[Endpoint[list[Market]], ...]] = (MARKET_ALL,)
    families: ClassVar[tuple[Family, ...]] = (
        MARKETS, LISTINGS, DELISTINGS, WARNED, CAUTIONED, WARNING,
    )  # fmt: skip

    def __init__(self, context: Context, options: MarketsOptions) -> None:
        super().__init__(context, options)
        self._watch = Watchlist(context, options.watch)
        self._listed: frozenset[str] | None = None
        for quote in (*context.region.quotes, "other"):
            for family in (LISTINGS, DELISTINGS):
                context.board.count(family, context.target, quote, by=0)

    async def run(self, exchange: Exchange) -> None:
        """Ask for the list with details, and show it."""
        markets = await self._context.listing.read(exchange)
        self._show(markets)
        self._compare(frozenset(market.market for market in markets))

    def _show(self, markets: Sequence[Market]) -> None:
        board, target = self._context.board, self._context.target
        listed = Counter(self._quote(MARKETS, market.market) for market in markets)
        warned = Counter(self._quote(WARNED, market.market) for market in markets if market.warned)
        board.show(MARKETS, target, {(quote,): number for quote, number in listed.items()})
        board.show(WARNED, target, {(quote,): warned[quote] for quote in listed})
        board.show(CAUTIONED, target, self._cautions(markets))
        watch = frozenset(self._watch.of(tuple(market.market for market in markets)))
        rows: dict[tuple[str, ...], float] = {
            (m.market,): float(m.warned) for m in markets if m.market in watch
        }
        board.show(WARNING, target, rows)

    def _cautions(self, markets: Sequence[Market]) -> Mapping[tuple[str, ...], float]:
        events = [market.market_event for market in markets if market.market_event is not None]
        if not events:
            return {}
        active = Counter(
            self._context.board.fold(CAUTIONED, kind.lower(), CAUTIONS)
            for event in events
            for kind, is_active in event.caution.items()
            if is_active
        )
        return {(kind,): active[kind] for kind in dict.fromkeys((*CAUTIONS, *active))}

    def _compare(self, listed: frozenset[str]) -> None:
        before, self._listed = self._listed, listed
        if before is None:
            return
        for family, event, changed in (
            (LISTINGS, Event.MARKET_LISTED, listed - before),
            (DELISTINGS, Event.MARKET_DELISTED, before - listed),
        ):
            for market in sorted(changed):
                quote = self._quote(family, market)
                self._context.board.count(family, self._context.target, quote)
                self._context.log.info(event, market=market)

    def _quote(self, family: Family, market: str) -> str:
        context = self._context
        return context.board.fold(family, quote_of(market), context.region.quotes)
