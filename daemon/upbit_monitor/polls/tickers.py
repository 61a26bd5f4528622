"""Prices: what the watched markets trade at, how old that is, and what in it cannot be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import (
    Concern,
    Context,
    Exchange,
    Poll,
    Seconds,
    interval,
    option,
    quote_of,
)
from upbit_monitor.polls.doubt import IMPLAUSIBLE, Doubts
from upbit_monitor.polls.listing import Watchlist, chunks, list_reads, unlisted
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.tally import tally
from upbit_monitor.polls.ticker_row import TICKER, TICKER_ALL, Ticker
from upbit_monitor.polls.words import few

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from upbit_monitor.exchange import Endpoint, Region

_MARKET: Final = ("target", "market")

PRICE: Final = Family(
    "upbit_ticker_trade_price",
    "gauge",
    "Last trade price of a watched market, in its quote currency; absent before its first trade.",
    _MARKET,
    advice="A sudden jump beside a steady volume is more likely a bad print than a market: compare "
    "upbit_ticker_implausible_markets and the exchange's own page.",
)
VOLUME: Final = Family(
    "upbit_ticker_traded_volume",
    "gauge",
    "Volume traded within the last 24 hours on a watched market, in its base currency; absent if "
    "the exchange tells none.",
    _MARKET,
    advice="It slides with the last 24 hours, so it falls as well as rises; take deriv(), not "
    "rate(), of it.",
)
VALUE: Final = Family(
    "upbit_ticker_traded_value",
    "gauge",
    "Value traded within the last 24 hours on a watched market, in its quote currency; absent if "
    "the exchange tells none.",
    _MARKET,
    advice="A market whose value dries up is hard to trade on, and may be about to lose its "
    "listing. Compare within one quote currency only.",
)
CHANGE: Final = Family(
    "upbit_ticker_change_ratio",
    "gauge",
    "Change of a watched market's price since the previous day's close (00:00 UTC); 0.01 is one "
    "per cent up.",
    _MARKET,
    advice="It begins anew each day at 00:00 UTC, which is 09:00 in Korea: a step to 0 then is no "
    "event.",
)
LAST_TRADE: Final = Family(
    "upbit_ticker_last_trade_timestamp_seconds",
    "gauge",
    "Exchange time of the last trade of a watched market, in Unix seconds; absent before its "
    "first trade.",
    _MARKET,
    advice="If it stands still on every market at once, trading is halted or the feed is; on one "
    "market, it is quiet or halted. Look at the exchange's notices.",
)
AGE: Final = Family(
    "upbit_ticker_age_seconds",
    "histogram",
    "The exchange's time minus the exchange timestamp of each ticker, observed at every poll over "
    "the watched markets, or over all that were asked for if none is watched.",
    ("target",),
    (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
    advice="It is high on quiet markets, whose ticker is made at a trade. If it grows on busy "
    "ones, the exchange serves old prices: trade on none of them until it falls.",
)
STALE: Final = Family(
    "upbit_ticker_stale_markets",
    "gauge",
    "Watched markets that are listed and had no trade for longer than the configured threshold, "
    "or of which the exchange gave no ticker.",
    ("target", "quote"),
    advice="The landing page names them. Many at once: look for a halt or maintenance. Always the "
    "same few: they are quiet, and stale_after is too short for them.",
)
ANSWERED: Final = Family(
    "upbit_ticker_markets",
    "gauge",
    "Markets in the last answer, by quote currency.",
    ("target", "quote"),
    advice="Compare it with upbit_markets if all of a quote currency are asked for: an answer that "
    "is much shorter than the list was cut.",
)
_SHOWN: Final[tuple[tuple[Family, Callable[[Ticker], Any]], ...]] = (
    (PRICE, attrgetter("trade_price")),
    (VOLUME, attrgetter("acc_trade_volume_24h")),
    (VALUE, attrgetter("acc_trade_price_24h")),
    (CHANGE, attrgetter("signed_change_rate")),
)
"""What is shown of a watched market as it stands in its row."""


@dataclass(frozen=True, slots=True)
class TickersOptions:
    """How prices are polled."""

    every: Seconds = interval(5)
    quotes: tuple[str, ...] = option(
        "Quote currencies of which all markets are asked for in one question, such as KRW. "
        "Without quotes and watch: the region's own currency.",
        (),
    )
    watch: tuple[str, ...] = option(
        "Markets to show one by one: codes such as KRW-BTC, or patterns such as KRW-*.", ()
    )
    stale_after: Seconds = option(
        "A watched market without a trade for longer than this is stale.", Seconds(600), minimum=1
    )


class Tickers(Poll[TickersOptions]):
    """Polls prices. Its state: what is watched of the list, and what was untrue."""

    name: ClassVar[str] = "tickers"
    summary: ClassVar[str] = "Prices of the watched markets, and their age."
    private: ClassVar[bool] = False
    priority: ClassVar[int] = 0
    cost: ClassVar[str] = (
        "One question a run, however many markets are watched; with `watch`, "
        "the market list once in ten minutes beside it, unless `markets` reads it anyway."
    )
    options: ClassVar[type[TickersOptions]] = TickersOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (TICKER_ALL, TICKER, MARKET_ALL)
    families: ClassVar[tuple[Family, ...]] = (
        PRICE, VOLUME, VALUE, CHANGE, LAST_TRADE, AGE, STALE, ANSWERED, IMPLAUSIBLE,
    )  # fmt: skip

    def __init__(self, context: Context, options: TickersOptions) -> None:
        super().__init__(context, options)
        self._watch = Watchlist(context, options.watch)
        self._doubts = Doubts(context)
        context.board.observe(AGE, context.target, values=())

    @classmethod
    def requests(cls, options: TickersOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        """Give the one question for tickers of a run, and its part in the market list's.

        A pattern is taken for one code: if it matches too many, ``TICKER_ALL`` is asked in place
        of ``TICKER``, and the same quota pays. Not foreseen is the delisting of a watched market,
        which costs one question more of each, once.
        """
        del region
        if not options.watch:
            return {TICKER_ALL: 1.0}
        tickers = TICKER_ALL if options.quotes or len(chunks(options.watch)) > 1 else TICKER
        return {tickers: 1.0, MARKET_ALL: list_reads(options.every)}

    async def run(self, exchange: Exchange) -> None:
        """Ask for the prices, and show them."""
        codes: Sequence[str] = ()
        if self._watch:
            codes = self._watch.of(await self._context.listing.codes(exchange))
        quotes = self._quotes(codes)
        tickers = await self._ask(exchange, codes, quotes)
        self._show(tickers, codes, quotes)

    def _quotes(self, codes: Sequence[str]) -> Sequence[str]:
        """Give each quote currency to ask for once."""
        watched = (quote for quote in map(quote_of, codes) if quote != "other")
        wanted = dict.fromkeys((*self._options.quotes, *watched))
        return tuple(wanted) or self._context.region.quotes[:1]

    async def _ask(
        self, exchange: Exchange, codes: Sequence[str], quotes: Sequence[str]
    ) -> Sequence[Ticker]:
        """Ask one question: by code if that is enough, else for all of some quote currencies."""

        async def by_code(some: Sequence[str]) -> Sequence[Ticker]:
            return await exchange.get(TICKER, ("markets", ",".join(some)))

        if not self._options.quotes and len(chunks(codes)) == 1:
            return await self._context.listing.ask(exchange, codes, by_code) or ()
        return await exchange.get(TICKER_ALL, ("quote_currencies", ",".join(quotes)))

    def _show(self, tickers: Sequence[Ticker], codes: Sequence[str], quotes: Sequence[str]) -> None:
        now = self._context.exchange_time()
        rows = {ticker.market: ticker for ticker in tickers}
        tickers = list(rows.values())  # one that comes twice is one
        watched = [rows[code] for code in codes if code in rows]
        self._show_watched(watched)
        stale = self._show_stale(watched, codes, now)
        ages = _ages(watched if self._watch else tickers, now)
        self._context.board.observe(AGE, self._context.target, values=ages)
        self._show_quotes(ANSWERED, quotes, rows)
        self._doubts.show(tickers, now)
        self.gist = self._said(tickers, stale, now)
        self.concerns = (*self._worries(stale), *unlisted(self._options.quotes, rows))

    def _show_watched(self, watched: Sequence[Ticker]) -> None:
        board, target = self._context.board, self._context.target
        labels = [(ticker.market,) for ticker in watched]
        for family, value_of in _SHOWN:
            values = zip(labels, map(value_of, watched), strict=True)
            board.show(family, target, {key: value for key, value in values if value is not None})
        traded = ((ticker.market, ticker.trade_timestamp) for ticker in watched)
        board.show(
            LAST_TRADE,
            target,
            {(market,): moment / 1000 for market, moment in traded if moment is not None},
        )

    def _show_stale(
        self, watched: Sequence[Ticker], codes: Sequence[str], now: float
    ) -> Sequence[str]:
        oldest = (now - self._options.stale_after) * 1000
        fresh = {one.market for one in watched if (one.trade_timestamp or -1) >= oldest}
        stale = [code for code in codes if code not in fresh]
        self._show_quotes(STALE, map(quote_of, codes), stale)
        return stale

    def _show_quotes(self, family: Family, quotes: Iterable[str], markets: Iterable[str]) -> None:
        """Show how many markets there are of each quote currency, of these at least 0."""
        context = self._context
        counts = Counter(dict.fromkeys(quotes, 0))
        counts.update(map(quote_of, markets))
        rows = tally(context.board, family, counts, context.region.quotes)
        context.board.show(family, context.target, rows)

    def _said(self, tickers: Sequence[Ticker], stale: Sequence[str], now: float) -> str:
        prices = sum(ticker.trade_price is not None for ticker in tickers)
        parts = [f"{prices} price{'' if prices == 1 else 's'}"]
        ages = _ages(tickers, now)
        if ages:
            parts.append(f"newest {min(ages):.1f} s old")
        if self._watch:
            parts.append(f"{len(stale)} stale")
        return ", ".join(parts)

    def _worries(self, stale: Sequence[str]) -> Sequence[Concern]:
        found = [*self._watch.concerns]
        if stale:
            found.append(
                Concern(
                    f"sees no trade within `stale_after` on {few(stale)}",
                    "Look for a halt in the exchange's notices; if these markets are only quiet, "
                    "raise `stale_after`.",
                )
            )
        return (*found, *self._doubts.concerns)


def _ages(tickers: Sequence[Ticker], now: float) -> Sequence[float]:
    """Give how old each is that tells it, in seconds; one from the future is new."""
    moments = (ticker.timestamp for ticker in tickers)
    return [max(now - moment / 1000, 0.0) for moment in moments if moment is not None]
