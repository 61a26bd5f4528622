"""The Quotation endpoints besides tickers and candles: markets, order books, trades."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import INVALID_PARAMETER, quotation_refusal
from upbit_monitor.simulator.world.markets import CAUTIONS
from upbit_monitor.simulator.world.prices import DAY

from .numbers import fixed, shortest

if TYPE_CHECKING:
    from upbit_monitor.simulator.world.markets import Market

    from .asks import Ask

_MOST_UNITS = 30
_MOST_TRADES = 500
_MOST_DAYS_AGO = 7


def market_all(ask: Ask) -> str:
    """GET /v1/market/all. The old spelling isDetails still works."""
    detailed = ask.truth("is_details") or ask.truth("isDetails")
    rows = [_listed(ask, market, detailed=detailed) for market in ask.world.markets]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _listed(ask: Ask, market: Market, *, detailed: bool) -> dict[str, object]:
    warned, cautions = market.flags(ask.now, len(ask.world))
    row: dict[str, object] = {"market": market.code}
    if not ask.world.region.korean:
        # The documents' example shows the warning without is_details too; their schema does not.
        return row | {
            "english_name": market.coin.english,
            "market_warning": "CAUTION" if warned else "NONE",
        }
    row |= {"korean_name": market.coin.korean, "english_name": market.coin.english}
    if detailed:
        marks = {name: name in cautions for name in CAUTIONS}
        row["market_event"] = {"warning": warned, "caution": marks}
    return row


def orderbook(ask: Ask) -> str:
    """GET /v1/orderbook. A level that a market does not have gives an empty list."""
    count = min(ask.integer("count", _MOST_UNITS), _MOST_UNITS)
    level = ask.query.get("level") or "0"
    books = []
    for market in ask.markets():
        if level not in _levels(ask, market):
            return "[]"
        books.append(_book(ask, market, float(level), count))
    return "[" + ",".join(books) + "]"


def _book(ask: Ask, market: Market, level: float, count: int) -> str:
    path, step = market.path, max(level, market.path.tick)
    moment = min(ask.now, market.stalled_at, market.book_frozen_at)
    shape = market.book
    bid = math.floor(path.mid(moment) / step) * step
    beat = math.floor(moment / 2)  # the book changes every other second
    # A crossed book's best ask stands two steps below its best bid.
    ask_from = bid - 2 * step if shape == "crossed" else bid + step
    units, asks, bids = [], 0.0, 0.0
    for depth in range(0 if shape == "empty" else count):
        ask_size = path.trade_volume(beat + 31 * depth) * (1 + depth / 4)
        bid_size = path.trade_volume(beat + 37 * depth + 11) * (1 + depth / 4)
        bid_price = max(0.0, bid - step * depth)
        if shape == "one_sided":
            bid_price = bid_size = 0.0
        asks, bids = asks + ask_size, bids + bid_size
        units.append(
            f'{{"ask_price":{shortest(ask_from + step * depth)},'
            f'"bid_price":{shortest(bid_price)},'
            f'"ask_size":{shortest(ask_size)},"bid_size":{shortest(bid_size)}}}'
        )
    tail = f',"level":{shortest(level)}' if ask.world.region.korean else ""
    return (
        f'{{"market":"{market.code}","timestamp":{int(moment * 1000)},'
        f'"total_ask_size":{shortest(asks)},"total_bid_size":{shortest(bids)},'
        f'"orderbook_units":[{",".join(units)}]{tail}}}'
    )


def _levels(ask: Ask, market: Market) -> list[str]:
    """The steps by which a book can be grouped: powers of ten above the tick, in KRW only."""
    if not ask.world.region.korean or market.quote != "KRW":
        return ["0"]
    steps = (market.path.tick * 10**power for power in range(1, 12))
    return ["0", *(shortest(step) for step in steps if step <= market.path.base)]


def orderbook_instruments(ask: Ask) -> str:
    """GET /v1/orderbook/instruments."""
    rows = []
    for market in ask.markets():
        row: dict[str, object] = {
            "market": market.code,
            "quote_currency": market.quote,
            "tick_size": shortest(market.path.tick),
        }
        if ask.world.region.korean:
            row["supported_levels"] = _levels(ask, market)
        rows.append(row)
    return json.dumps(rows, separators=(",", ":"))


def trades_ticks(ask: Ask) -> str:
    """GET /v1/trades/ticks, the newest first."""
    market = ask.market()
    count = min(ask.integer("count", 1), _MOST_TRADES)
    newest = market.last_trade(_trades_until(ask))
    if newest is None:
        return "[]"
    oldest = max(newest - count + 1, int(max(market.first_trade, 0)))
    rows = (_trade(ask, market, number) for number in range(newest, oldest - 1, -1))
    return "[" + ",".join(rows) + "]"


def _trades_until(ask: Ask) -> float:
    """The instant that `cursor`, or `days_ago` and `to`, put the newest trade before."""
    cursor = ask.integer("cursor", 0)
    if cursor:
        return math.nextafter(cursor / _sequence(ask) / 1000, -math.inf)
    days_ago = ask.integer("days_ago", 0)
    if days_ago > _MOST_DAYS_AGO:
        raise quotation_refusal(INVALID_PARAMETER)
    today = math.floor(ask.now / DAY) * DAY
    until = ask.query.get("to")
    if until is None:
        return ask.now if not days_ago else today - (days_ago - 1) * DAY
    try:
        clock = time.fromisoformat(until)
    except ValueError:
        raise quotation_refusal(INVALID_PARAMETER) from None
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
    return min(ask.now, today - days_ago * DAY + seconds)


def _sequence(ask: Ask) -> int:
    """How many sequence numbers a millisecond has."""
    return 10_000 if ask.world.region.korean else 1000


def _trade(ask: Ask, market: Market, number: int) -> str:
    n = fixed if ask.world.region.korean else shortest
    path = market.path
    at = path.trade_time(number)
    moment = datetime.fromtimestamp(at, UTC)
    price = path.trade_price(number)
    yesterday = path.last_trade(math.nextafter(math.floor(at / DAY) * DAY, -math.inf))
    close = path.trade_price(yesterday)
    milliseconds = int(at * 1000)
    return (
        f'{{"market":"{market.code}","trade_date_utc":"{moment:%Y-%m-%d}",'
        f'"trade_time_utc":"{moment:%H:%M:%S}","timestamp":{milliseconds},'
        f'"trade_price":{n(price)},"trade_volume":{n(path.trade_volume(number))},'
        f'"prev_closing_price":{n(close)},"change_price":{n(round(price - close, 8))},'
        f'"ask_bid":"{"BID" if path.buys(number) else "ASK"}",'
        f'"sequential_id":{milliseconds * _sequence(ask)}}}'
    )
