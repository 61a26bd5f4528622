"""One row of a ticker: its shape, and where it is asked for.

Prices and volumes are decoded to doubles, not to decimals: they are shown as doubles and as
nothing else, 800 rows a second are many, and the decoder rounds each text correctly, so that
numbers keep their order. It refuses what a double cannot hold.
"""

from __future__ import annotations

from typing import Final

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.polls.moments import Milliseconds


class Ticker(msgspec.Struct, gc=False):
    """One row, as far as it is shown. Numbers are nullable: a new market has not traded yet.

    Prices and values are in the quote currency, volumes in the base currency.
    """

    market: str
    timestamp: Milliseconds | None = None
    """When the snapshot was made."""
    trade_timestamp: Milliseconds | None = None
    """When the last trade was; on a quiet market hours before ``timestamp``."""
    trade_price: float | None = None
    low_price: float | None = None
    """The lowest of the trading day in which the last trade was; so is ``high_price``."""
    high_price: float | None = None
    acc_trade_volume_24h: float | None = None
    acc_trade_price_24h: float | None = None
    """What changed hands within 24 hours: a value, though it is called a price."""
    signed_change_rate: float | None = None
    """Change since the previous day's close, as a ratio: 0.01 is one per cent up."""


_SAMPLE: Final = (
    b'[{"market":"KRW-BTC","trade_date":"20250730","trade_time":"170315",'
    b'"trade_timestamp":1753894995076,"opening_price":163248000.00000000,'
    b'"high_price":163708000.00000000,"low_price":162248000.00000000,'
    b'"trade_price":162876000.00000000,"change":"FALL","signed_change_rate":-0.0017283860,'
    b'"acc_trade_price":137728155832.9616000000000000,'
    b'"acc_trade_price_24h":167740032580.71786000,"acc_trade_volume_24h":1029.27369910,'
    b'"timestamp":1753894995113}]'
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
