"""GET /v1/candles/…: the trades of each period, the newest first, and no candle without a trade."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import BAD_UNIT, INVALID_PARAMETER, quotation_refusal
from upbit_monitor.simulator.world.prices import DAY

from .numbers import fixed, shortest

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.simulator.world.markets import Market

    from .asks import Ask

_MOST = 200
_SECONDS_KEPT = 92 * DAY
_OPENED = datetime(2017, 10, 24, tzinfo=UTC).timestamp()
_MINUTE_UNITS = {"1", "3", "5", "10", "15", "30", "60", "240"}
_KST = timedelta(hours=9)


def _even(length: float) -> Callable[[float], float]:
    return lambda time: math.floor(time / length) * length


def _week(time: float) -> float:
    return (math.floor((time / DAY + 3) / 7) * 7 - 3) * DAY  # the epoch began on a Thursday


def _month(time: float) -> float:
    moment = datetime.fromtimestamp(time, UTC)
    return datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()


def _year(time: float) -> float:
    return datetime(datetime.fromtimestamp(time, UTC).year, 1, 1, tzinfo=UTC).timestamp()


# Where the period of a time begins, and a length that leads into the next period but no further.
_PERIODS: dict[str, tuple[Callable[[float], float], float]] = {
    "seconds": (_even(1), 1),
    "days": (_even(DAY), DAY),
    "weeks": (_week, 7 * DAY),
    "months": (_month, 32 * DAY),
    "years": (_year, 367 * DAY),
}


def candles(ask: Ask) -> str:
    """GET /v1/candles/{seconds,days,weeks,months,years}."""
    return _candles(ask, ask.tail, *_PERIODS[ask.tail])


def minute_candles(ask: Ask) -> str:
    """GET /v1/candles/minutes/{unit}."""
    if ask.tail not in _MINUTE_UNITS:
        raise quotation_refusal(BAD_UNIT)
    length = 60.0 * int(ask.tail)
    return _candles(ask, "minutes", _even(length), length)


def _candles(ask: Ask, kind: str, floor: Callable[[float], float], length: float) -> str:
    market = ask.market()
    count = min(ask.integer("count", 1), _MOST)
    oldest = max(_OPENED, ask.now - _SECONDS_KEPT if kind == "seconds" else _OPENED)
    newest = floor(math.nextafter(_until(ask), -math.inf))
    known = ask.now - market.candle_delay
    cursor = math.nextafter(min(known, floor(newest + length)), -math.inf)
    rows: list[str] = []
    while len(rows) < count:
        trade = market.last_trade(cursor)
        if trade is None or market.path.trade_time(trade) < oldest:
            break
        start = floor(market.path.trade_time(trade))
        rows.append(_candle(ask, market, kind, start, trade))
        cursor = math.nextafter(start, -math.inf)
    return "[" + ",".join(rows) + "]"


def _until(ask: Ask) -> float:
    """The instant before which candles begin. A time without an offset is UTC."""
    text = ask.query.get("to")
    if text is None:
        return math.nextafter(ask.now, math.inf)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise quotation_refusal(INVALID_PARAMETER) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(moment.timestamp(), math.nextafter(ask.now, math.inf))


def _candle(ask: Ask, market: Market, kind: str, start: float, last: int) -> str:
    korean = ask.world.region.korean
    n = fixed if korean else shortest
    path = market.path
    before = path.last_trade(math.nextafter(start, -math.inf))
    first = int(max(before + 1, market.first_trade))
    opening, closing = path.trade_price(first), path.trade_price(last)
    low, high = path.extremes(path.trade_time(first), path.trade_time(last))
    if first == last:
        low = high = closing
    moment = datetime.fromtimestamp(start, UTC)
    kst = f'"candle_date_time_kst":"{moment + _KST:%Y-%m-%dT%H:%M:%S}",' if korean else ""
    volume = (last - first + 1) * path.mean_volume
    day = kind == "days"
    tail = _day_fields(ask, market, first, last) if day else _tail(ask, kind, moment)
    return (
        f'{{"market":"{market.code}","candle_date_time_utc":"{moment:%Y-%m-%dT%H:%M:%S}",{kst}'
        f'"opening_price":{n(opening)},"high_price":{n(max(high, opening, closing))},'
        f'"low_price":{n(min(low, opening, closing))},"trade_price":{n(closing)},'
        f'"timestamp":{int(path.trade_time(last) * 1000)},'
        f'"candle_acc_trade_price":{n(volume * (opening + closing) / 2)},'
        f'"candle_acc_trade_volume":{n(volume)}{tail}}}'
    )


def _tail(ask: Ask, kind: str, moment: datetime) -> str:
    if kind == "minutes":
        return f',"unit":{ask.tail}'
    return "" if kind == "seconds" else f',"first_day_of_period":"{moment:%Y-%m-%d}"'


def _day_fields(ask: Ask, market: Market, first: int, last: int) -> str:
    n = fixed if ask.world.region.korean else shortest
    path = market.path
    closing = path.trade_price(last)
    previous = path.trade_price(first - 1 if first > market.first_trade else first)
    change = round(closing - previous, 8)
    text = (
        f',"prev_closing_price":{n(previous)},"change_price":{n(change)},'
        f'"change_rate":{n(change / previous, 10)}'
    )
    if ask.query.get("converting_price_unit"):
        text += f',"converted_trade_price":{n(closing)}'
    return text
