"""What does the exchange show, and can one trade there: markets, books, orders, wallets?"""

from __future__ import annotations

from typing import Final

from mixin.dashboards.account import ORDERS, WALLETS
from mixin.dashboards.colours import BAD, GOOD, GRAVE, NOTICE, OFF, THEIRS, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import age, quantile, total
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Bound, Column, Panel, Query, bargauge, stat, table, timeseries
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
        "Late candles",
        "How many watched markets lack their newest candle?",
        "sum(upbit_candles_late_markets)",
        WARN,
    ),
    _noted(
        "Stuck orders",
        "How many open orders do not move?",
        "sum(upbit_open_orders_stuck)",
        WARN,
    ),
    _noted(
        "Delisted within a day",
        "How many markets went off the list?",
        "sum(increase(upbit_market_delistings_total[1d]))",
        NOTICE,
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
                name="Last trade",
                expr=age("upbit_ticker_last_trade_timestamp_seconds"),
                unit="dtdurations",
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
            "Tickers that want a look",
            "How many markets are stale or impossible? From one on an alert waits.",
            Query("upbit_ticker_stale_markets", "{{target}} stale {{quote}}"),
            Query("upbit_ticker_implausible_markets", "{{target}} {{reason}}"),
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
            "Markets listed, and in the answer",
            "How many markets are there, and are all that are asked for answered?",
            Query("upbit_markets", "{{target}} {{quote}} listed"),
            Query("upbit_ticker_markets", "{{target}} {{quote}} tickers"),
            unit="none",
            decimals=0,
            dashed="/ tickers$/",
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
        timeseries(
            "Markets under warning",
            "How many markets are designated as investment warning?",
            Query("upbit_markets_warned", "{{target}} {{quote}}"),
            unit="none",
            decimals=0,
        ),
        bargauge(
            "Markets under caution",
            "Of which kind are the cautions that are active now?",
            Query("upbit_markets_cautioned", "{{target}} {{caution}}"),
            unit="none",
        ),
    ),
)

_BOOKS: Final = (
    shelf(
        8,
        timeseries(
            "Spread of watched markets",
            "What does it cost to trade at once?",
            Query("upbit_orderbook_spread_ratio", _MARKET),
            unit="percentunit",
            decimals=3,
        ),
        timeseries(
            "Spread of all books",
            "Does liquidity leave the exchange as a whole?",
            Query(
                quantile("0.5", "upbit_orderbook_observed_spread_ratio", "target"),
                "{{target}} p50",
            ),
            Query(
                quantile("0.9", "upbit_orderbook_observed_spread_ratio", "target"),
                "{{target}} p90",
            ),
            unit="percentunit",
            decimals=2,
            dashed="/ p50$/",
        ),
        timeseries(
            "Depth within a band",
            "How large may an order be before it moves the price by more than the band? In quote "
            "currency.",
            Query("upbit_orderbook_depth", f"{_MARKET} {{{{side}}}} {{{{band}}}} %"),
            unit="short",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Reach of the visible book",
            "How far from the middle can the book be seen? Depth beyond it is not known.",
            Query("upbit_orderbook_reach_ratio", f"{_MARKET} {{{{side}}}}"),
            unit="percentunit",
            decimals=2,
        ),
        timeseries(
            "Irregular books",
            "How many books are unusual? crossed and missing ones never are right.",
            Query("upbit_orderbook_irregular_books", "{{target}} {{condition}}"),
            unit="none",
            decimals=0,
            colours={
                "/ crossed$/": BAD,
                "/ missing$/": GRAVE,
                "/ one_sided$/": NOTICE,
                "/ empty$/": OFF,
                "/ stale$/": WARN,
            },
        ),
        timeseries(
            "Books in the answer",
            "Does the exchange leave books out?",
            Query("upbit_orderbook_books", "{{target}}"),
            unit="none",
            decimals=0,
        ),
    ),
)

_TRADES: Final = (
    shelf(
        8,
        timeseries(
            "Trades a second",
            "Does it trade, and who comes to whom? Dashed: as the last answer alone tells.",
            Query("rate(upbit_trades_seen_total[$__rate_interval])", f"{_MARKET} {{{{side}}}}"),
            Query("upbit_trades_per_second", f"{_MARKET} in the answer"),
            unit="cps",
            dashed="/in the answer$/",
        ),
        timeseries(
            "Answers that missed trades",
            "Are trades missed between two answers?",
            Query(total("upbit_trades_gaps_total", "target", "market"), _MARKET),
            unit="cps",
            style="bars",
        ),
        timeseries(
            "Time since the last trade",
            "Which market stands still?",
            Query(age("upbit_trades_last_timestamp_seconds"), _MARKET),
            unit="s",
        ),
        timeseries(
            "Delay of candles",
            "How long after its end is a candle there, as far as the poll's interval lets see?",
            Query(quantile("0.5", "upbit_candles_delay_seconds", "target"), "{{target}} p50"),
            Query(quantile("0.99", "upbit_candles_delay_seconds", "target"), "{{target}} p99"),
            unit="s",
            colours={"/ p50$/": GOOD, "/ p99$/": THEIRS},
            dashed="/ p50$/",
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
        Section("Order books", _BOOKS),
        Section("Trades and candles", _TRADES),
        Section("The account's orders and money", ORDERS),
        Section("Wallets", WALLETS),
    ),
)
