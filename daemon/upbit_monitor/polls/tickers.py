"""Prices: what the watched markets trade at, how old that is, and which stand still."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import msgspec

from upbit_monitor.errors import Mistaken
from upbit_monitor.exchange import Endpoint
from upbit_monitor.logs import Event
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import Context, Exchange, Poll, Seconds, interval, option, quote_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Unix time, up to the end of the year 9999."""


class Ticker(msgspec.Struct):
    """One row, as far as it is shown. Numbers are nullable: a new market has not traded yet."""

    market: str
    timestamp: Milliseconds
    """When the snapshot was made."""
    trade_price: Decimal | None = None
    trade_timestamp: Milliseconds | None = None
    """When the last trade was; on a quiet market hours before ``timestamp``."""

    def __post_init__(self) -> None:
        if self.trade_price is not None and not isfinite(float(self.trade_price)):
            raise ValueError("a price that is no number")


_SAMPLE: Final = (
    b'[{"market":"KRW-BTC","trade_date":"20250730","trade_time":"170315",'
    b'"trade_timestamp":1753894995076,"opening_price":163248000.00000000,'
    b'"trade_price":162876000.00000000,"change":"FALL","acc_trade_price":'
    b'137728155832.9616000000000000,"timestamp":1753894995113}]'
)
TICKER_ALL: Final = Endpoint(
    name="ticker_all",
    path="/v1/ticker/all",
    group="ticker",
    shape=list[Ticker],
    sample=_SAMPLE,
)
TICKER: Final = Endpoint(
    name="ticker", path="/v1/ticker", group="ticker", shape=list[Ticker], sample=_SAMPLE
)

_CHUNK: Final = 100
"""Codes in one question: no limit is documented, and longer URLs have been cut or refused."""

PRICE: Final = Family(
    "upbit_ticker_trade_price",
    "gauge",
    "Last trade price of a watched market, in its quote currency; absent before its first trade.",
    ("target", "market"),
)
LAST_TRADE: Final = Family(
    "upbit_ticker_last_trade_timestamp_seconds",
    "gauge",
    "Exchange time of the last trade of a watched market, in Unix seconds.",
    ("target", "market"),
)
AGE: Final = Family(
    "upbit_ticker_age_seconds",
    "histogram",
    "Local time minus the exchange timestamp of each ticker, observed at every poll over the "
    "watched markets, or over all that were asked for if none is watched.",
    ("target",),
    (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
STALE: Final = Family(
    "upbit_ticker_stale_markets",
    "gauge",
    "Watched markets without a trade for longer than the configured threshold, or not listed.",
    ("target", "quote"),
)


@dataclass(frozen=True, slots=True)
class TickersOptions:
    """How prices are polled."""

    every: Seconds = interval(5)
    quotes: tuple[str, ...] = option(
        "Quote currencies of which all markets are asked for in one question, such as KRW. "
        "Without quotes and watch: the region's own currency.",
        (),
    )
    watch: tuple[str, ...] = option("Markets to show one by one, such as KRW-BTC.", ())
    stale_after: Seconds = option(
        "A watched market without a trade for longer than this is stale.", Seconds(600), minimum=1
    )


class Tickers(Poll[TickersOptions]):
    """Polls prices. Its state: which watched markets are missing, and how it asks."""

    name: ClassVar[str] = "tickers"
    summary: ClassVar[str] = "Prices of the watched markets, and their age."
    private: ClassVar[bool] = False
    priority: ClassVar[int] = 0
    options: ClassVar[type[TickersOptions]] = TickersOptions
    endpoints: ClassVar[tuple[Endpoint[list[Ticker]], ...]] = (TICKER_ALL, TICKER)
    families: ClassVar[tuple[Family, ...]] = (PRICE, LAST_TRADE, AGE, STALE)

    def __init__(self, context: Context, options: TickersOptions) -> None:
        super().__init__(context, options)
        self._missing: frozenset[str] = frozenset()
        self._by_code = bool(options.watch) and not options.quotes
        context.board.observe(AGE, context.target, values=())

    async def run(self, exchange: Exchange) -> None:
        """Ask for the prices, and show them."""
        self._show(await self._ask(exchange))

    async def _ask(self, exchange: Exchange) -> Sequence[Ticker]:
        if self._by_code:
            try:
                return [
                    ticker
                    for codes in _chunks(self._options.watch)
                    for ticker in await self._some(exchange, codes)
                ]
            except Mistaken as error:
                if error.status != 404:  # noqa: PLR2004 -- the number is the name
                    raise
                # One code that is not listed spoils the question, and the answer does not say
                # which. By quote currency nobody is asked for by name.
                self._by_code = False
        return await exchange.get(TICKER_ALL, ("quote_currencies", ",".join(self._quotes())))

    def _quotes(self) -> Iterable[str]:
        """Give each quote currency to ask for once.

        Of the watched markets only a currency that the region has: a code with a slip of the pen
        must not spoil the question for all others.
        """
        known = self._context.region.quotes
        watched = (quote for quote in map(quote_of, self._options.watch) if quote in known)
        return dict.fromkeys((*self._options.quotes, *watched)) or known[:1]

    @staticmethod
    async def _some(exchange: Exchange, codes: Sequence[str]) -> Sequence[Ticker]:
        return await exchange.get(TICKER, ("markets", ",".join(codes)))

    def _show(self, tickers: Sequence[Ticker]) -> None:
        board, target, now = self._context.board, self._context.target, self._context.wall()
        watch = self._options.watch
        by_code = {ticker.market: ticker for ticker in tickers}
        watched = [by_code[market] for market in watch if market in by_code]
        ages = [max(now - t.timestamp / 1000, 0.0) for t in (watched if watch else tickers)]
        board.observe(AGE, target, values=ages)
        board.show(
            PRICE,
            target,
            {(t.market,): float(t.trade_price) for t in watched if t.trade_price is not None},
        )
        board.show(
            LAST_TRADE,
            target,
            {
                (t.market,): t.trade_timestamp / 1000
                for t in watched
                if t.trade_timestamp is not None
            },
        )
        self._tell_missing(frozenset(watch) - by_code.keys())
        fresh = {t.market for t in watched if self._is_fresh(t, now)}
        stale = Counter(quote_of(market) for market in watch if market not in fresh)
        board.show(
            STALE, target, {(quote_of(market),): stale[quote_of(market)] for market in watch}
        )

    def _is_fresh(self, ticker: Ticker, now: float) -> bool:
        traded = ticker.trade_timestamp
        return traded is not None and now - traded / 1000 <= self._options.stale_after

    def _tell_missing(self, missing: frozenset[str]) -> None:
        for market in sorted(missing - self._missing):
            self._context.log.warning(Event.MARKET_MISSING, market=market)
        self._missing = missing


def _chunks(codes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (codes[start : start + _CHUNK] for start in range(0, len(codes), _CHUNK))
