"""The exchange's dashboard in the middle: order books, trades, candles."""

from __future__ import annotations

from typing import Final

from mixin.dashboards.colours import BAD, GOOD, GRAVE, NOTICE, OFF, THEIRS, WARN
from mixin.dashboards.expressions import age, quantile, total
from mixin.dashboards.layout import shelf
from mixin.dashboards.panels import Query, timeseries

_MARKET: Final = "{{target}} {{market}}"

BOOKS: Final = (
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
    ),
)

TRADES: Final = (
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
            least=0.1,
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
