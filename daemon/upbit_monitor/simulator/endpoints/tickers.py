"""GET /v1/ticker and /v1/ticker/all: the day of each market in one row.

The text of a row is written by hand: a row has 26 fields in a style that no JSON writer has, and
a whole market of 284 rows must be cheap.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from upbit_monitor.simulator.world.prices import DAY

if TYPE_CHECKING:
    from upbit_monitor.simulator.world.markets import Day, Market

    from .asks import Ask

_YEAR_OF_WEEKS = 364
_KST_HOURS = 9

# One template: a tenth of the time that 20 calls of a formatter take.
_ROW = (
    '{"market":"%s",%s"trade_timestamp":%d,"opening_price":%.8f,"high_price":%.8f,'
    '"low_price":%.8f,"trade_price":%.8f,"prev_closing_price":%.8f,"change":%s,'
    '"trade_volume":%.8f,"acc_trade_price":%.4f000000000000,"acc_trade_price_24h":%.8f,'
    '"acc_trade_volume":%.8f,"acc_trade_volume_24h":%.8f,%s"timestamp":%d}'
)
_YEAR = (
    '"highest_52_week_price":%s,"highest_52_week_date":%s,'
    '"lowest_52_week_price":%s,"lowest_52_week_date":%s,'
)
_HOUR_MS = 3_600_000
_TRAILING_NOUGHTS = re.compile(r"(\.\d*?[1-9])0+(?=[,}])|\.0+(?=[,}])")


def ticker(ask: Ask) -> str:
    """GET /v1/ticker."""
    return _rows(ask, ask.markets())


def ticker_all(ask: Ask) -> str:
    """GET /v1/ticker/all."""
    quotes = set(ask.required("quote_currencies").split(","))
    return _rows(ask, [market for market in ask.world.markets if market.quote in quotes])


def _rows(ask: Ask, markets: list[Market]) -> str:
    rows = (_row(ask, market) for market in markets)
    return "[" + ",".join(row for row in rows if row) + "]"


def _row(ask: Ask, market: Market) -> str:
    number = market.last_trade(ask.now)
    if number is not None:
        return _traded(ask, market, number)
    return _never_traded(ask, market) if ask.knobs.new_listing == "nulls" else ""


def _traded(ask: Ask, market: Market, number: int) -> str:
    korean = ask.world.region.korean
    path = market.path
    time = path.trade_time(number)
    mid = path.mid(time)
    day = ask.world.day(market, time)
    low, high = day.extremes(mid)
    price, close = path.crossed(mid, number), day.previous_close
    change = round(price - close, 8)
    today = number - day.first_trade + 1
    lately = number - max(path.last_trade(ask.now - DAY), market.first_trade - 1)
    volume, value = path.mean_volume, path.mean_volume * (day.opening + price) / 2
    traded_ms = int(time * 1000)
    match market.ticker:
        case "outside_range":
            high = price / 2
            low = high / 2
        case "range_inverted":
            low = high * 2
        case "negative":
            volume = -volume
        case "from_future":
            traded_ms += _HOUR_MS
    row = _ROW % (
        market.code,
        _when(time, korean=korean),
        traded_ms,
        day.opening,
        high,
        low,
        price,
        close,
        _change(change, change / close),
        path.trade_volume(number),
        today * value,
        lately * value,
        today * volume,
        lately * volume,
        _year(ask, market, day),
        max(traded_ms, int(ask.now * 1000) - 40),
    )
    return row if korean else _TRAILING_NOUGHTS.sub(r"\1", row)


def _change(change: float, rate: float) -> str:
    if not change:
        return (
            '"EVEN","change_price":0,"change_rate":0,"signed_change_price":0,"signed_change_rate":0'
        )
    return (
        f'"{"RISE" if change > 0 else "FALL"}","change_price":{abs(change):.8f},'
        f'"change_rate":{abs(rate):.10f},"signed_change_price":{change:.8f},'
        f'"signed_change_rate":{rate:.10f}'
    )


def _never_traded(ask: Ask, market: Market) -> str:
    korean = ask.world.region.korean
    kst = '"trade_date_kst":null,"trade_time_kst":null,' if korean else ""
    numbers = "".join(
        f'"{name}":null,'
        for name in (
            "trade_timestamp",
            "opening_price",
            "high_price",
            "low_price",
            "trade_price",
            "prev_closing_price",
            "change",
            "change_price",
            "change_rate",
            "signed_change_price",
            "signed_change_rate",
            "trade_volume",
            "acc_trade_price",
            "acc_trade_price_24h",
            "acc_trade_volume",
            "acc_trade_volume_24h",
            "highest_52_week_price",
            "highest_52_week_date",
            "lowest_52_week_price",
            "lowest_52_week_date",
        )
    )
    moment = "null" if ask.knobs.null_fields else int(ask.now * 1000)
    return (
        f'{{"market":"{market.code}","trade_date":null,"trade_time":null,{kst}{numbers}'
        f'"timestamp":{moment}}}'
    )


def _year(ask: Ask, market: Market, day: Day) -> str:
    """The extremes of 52 weeks: what the path can reach, on days that come round once a year."""
    if ask.knobs.null_fields and market.rank is not None and market.rank % 10 == 0:
        return _YEAR % ("null", "null", "null", "null")
    low, high = day.bounds
    today, turn = math.floor(ask.now / DAY), market.path.offset
    since_high, since_low = (today - turn) % _YEAR_OF_WEEKS, (today + turn) % _YEAR_OF_WEEKS
    return _YEAR % (
        f"{high:.8f}",
        f'"{_date(today - since_high)}"',
        f"{low:.8f}",
        f'"{_date(today - since_low)}"',
    )


def _when(time: float, *, korean: bool) -> str:
    day, second = divmod(math.floor(time), int(DAY))
    hour, minute, second = second // 3600, second // 60 % 60, second % 60
    clock = f"{minute:02}{second:02}"
    text = f'"trade_date":"{_compact(day)}","trade_time":"{hour:02}{clock}",'
    if korean:
        tomorrow, hour = divmod(hour + _KST_HOURS, 24)
        text += f'"trade_date_kst":"{_compact(day + tomorrow)}",'
        text += f'"trade_time_kst":"{hour:02}{clock}",'
    return text


@lru_cache(maxsize=1024)
def _compact(day: int) -> str:
    return _date(day).replace("-", "")


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}"
