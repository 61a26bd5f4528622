"""Tells what the exchange shows, and whether one can trade there."""

from __future__ import annotations

from typing import Final

from mixin.dashboards.account import ORDERS, WALLETS
from mixin.dashboards.books import BOOKS, TRADES
from mixin.dashboards.colours import BAD, GOOD, NOTICE, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import age, quantile
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Panel, Query, bargauge, stat, timeseries
from mixin.dashboards.tables import Column, table
from mixin.dashboards.variables import COMMON
from mixin.thresholds import KEY_DAYS

_MARKET: Final = "{{target}} {{market}}"
_BROKEN: Final = 'upbit_orderbook_irregular_books{condition=~"crossed|missing"}'
_ONE: Final = (Bound(1),)


def _noted(title: str, question: str, expr: str, colour: str = BAD) -> Panel:
    return stat(
        title,
        question,
        Query(expr),
        unit="none",
        decimals=0,
        bounds=(Bound(1, colour),),
        nothing="not watched",
    )


_NOW: Final = shelf(
    4,
    _noted(
        "Stale tickers",
        "How many watched markets had no trade for too long?",
        "sum(upbit_ticker_stale_markets)",
        WARN,
    ),
    _noted(
        "Impossible prices",
        "How many tickers contradict themselves?",
        "sum(upbit_ticker_implausible_markets)",
    ),
    _noted("Broken books", "How many order books are crossed or missing?", f"sum({_BROKEN})"),
    _noted(
        "Stuck orders",
        "How many open orders do not move?",
        "sum(upbit_open_orders_stuck)",
        WARN,
    ),
    _noted(
        "Wallets without withdrawal",
        "How many wallets of watched currencies do not pay out?",
        "sum(1 - upbit_wallet_withdrawal_possible)",
        WARN,
    ),
    stat(
        "First key ends in",
        "How many days does the key live that ends first?",
        Query("min((upbit_api_key_expiry_timestamp_seconds - time()) / 86400)"),
        unit="d",
        decimals=0,
        bounds=(Bound(KEY_DAYS, BAD, below=True),),
        nothing="no key with an end",
    ),
)

_BEST: Final = 'upbit_orderbook_best_price{{side="{}"}}'

_WATCHED: Final = (
    shelf(
        9,
        table(
            "Watched markets",
            "How is each watched market? Prices and values are in its quote currency.",
            Column(name="Price", expr="upbit_ticker_trade_price", unit="locale"),
            Column(
                name="Change today",
                expr="upbit_ticker_change_ratio",
                unit="percentunit",
                decimals=2,
            ),
            Column(name="Best bid", expr=_BEST.format("bid"), unit="locale"),
            Column(name="Best ask", expr=_BEST.format("ask"), unit="locale"),
            Column(
                name="Spread", expr="upbit_orderbook_spread_ratio", unit="percentunit", decimals=3
            ),
            Column(name="Value, 24 h", expr="upbit_ticker_traded_value", unit="short", decimals=1),
            Column(
                name="Volume, 24 h", expr="upbit_ticker_traded_volume", unit="short", decimals=1
            ),
            Column(
                name="Seen to",
                expr="min by (job, instance, target, market) (upbit_orderbook_reach_ratio)",
                unit="percentunit",
                decimals=2,
            ),
            Column(
                name="Last trade",
                expr=age("upbit_ticker_last_trade_timestamp_seconds"),
                unit="s",
                decimals=0,
            ),
            Column(
                name="Candles behind",
                expr=f"({age('upbit_candles_newest_end_timestamp_seconds')})\n"
                "/ on (job, instance, target) group_left () upbit_candles_period_seconds",
                unit="none",
                decimals=1,
            ),
            Column(
                name="Warning",
                expr="upbit_market_warning",
                unit="bool_yes_no",
                bounds=(Bound(1, WARN),),
            ),
            Column(
                name="Cautions",
                expr="sum by (job, instance, target, market) (upbit_market_caution)",
                unit="none",
                bounds=(Bound(1, NOTICE),),
            ),
            keys={"target": "Target", "market": "Market"},
            sort="Value, 24 h",
        ),
    ),
    shelf(
        9,
        timeseries(
            "Change since yesterday's close",
            "Where do prices go? The day begins at 00:00 UTC.",
            Query("upbit_ticker_change_ratio", _MARKET),
            unit="percentunit",
            decimals=2,
            low=None,
        ),
        timeseries(
            "Age of what the exchange serves, p99",
            "Does the exchange serve old prices, books or trades?",
            Query(quantile("0.99", "upbit_ticker_age_seconds", "target"), "{{target}} tickers"),
            Query(quantile("0.99", "upbit_orderbook_age_seconds", "target"), "{{target}} books"),
            Query(quantile("0.99", "upbit_trades_last_age_seconds", "target"), "{{target}} trades"),
            unit="s",
        ),
        timeseries(
            "Markets that want a look",
            "How many watched markets are stale, impossible, or lack their newest candle?",
            Query("upbit_ticker_stale_markets", "{{target}} stale {{quote}}"),
            Query("upbit_ticker_implausible_markets", "{{target}} {{reason}}"),
            Query("upbit_candles_late_markets", "{{target}} late candles"),
            unit="none",
            decimals=0,
            bounds=_ONE,
        ),
    ),
)

_LIST: Final = (
    shelf(
        8,
        timeseries(
            "Markets listed, and in the answers",
            "How many markets are there, and does the exchange leave any out of its answers?",
            Query("upbit_markets", "{{target}} {{quote}} listed"),
            Query("upbit_ticker_markets", "{{target}} {{quote}} tickers"),
            Query("upbit_orderbook_books", "{{target}} books"),
            unit="none",
            decimals=0,
            dashed="/ (tickers|books)$/",
        ),
        timeseries(
            "Listings and delistings",
            "When did markets come and go?",
            Query(
                "increase(upbit_market_listings_total[$__rate_interval])",
                "{{target}} {{quote}} listed",
            ),
            Query(
                "increase(upbit_market_delistings_total[$__rate_interval])",
                "{{target}} {{quote}} delisted",
            ),
            unit="none",
            decimals=0,
            colours={"/ listed$/": GOOD, "/ delisted$/": BAD},
            style="bars",
        ),
        bargauge(
            "Markets under warning or caution",
            "How many markets does the exchange warn of, and why?",
            Query("upbit_markets_warned", "{{target}} {{quote}} warning"),
            Query("upbit_markets_cautioned", "{{target}} {{caution}}"),
            unit="none",
        ),
    ),
)

EXCHANGE: Final = Dashboard(
    file="exchange",
    title="Exchange",
    description="What does the exchange show, and can one trade there?",
    variables=(*COMMON, "market"),
    sections=(
        Section("", (_NOW, *_WATCHED)),
        Section("The list of markets", _LIST),
        Section("Order books", BOOKS),
        Section("Trades and candles", TRADES),
        Section("The account's orders and money", ORDERS),
        Section("Wallets", WALLETS),
    ),
)
