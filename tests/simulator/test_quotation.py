"""Quotation answers agree with themselves, with each other, and with the documents."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from tests.simulator.asking import (
    NOW,
    ask,
    body,
    get,
)
from upbit_monitor.simulator import Arrival, Knobs, SimulatedExchange

KR = SimulatedExchange("kr", knobs=Knobs(limits=dict.fromkeys(["ticker", "candles"], 1000)))


def test_a_whole_market_comes_in_one_answer_without_the_others() -> None:
    rows = ask(KR, get("/v1/ticker/all?quote_currencies=KRW"))
    assert len(rows) == 284
    assert {row["market"].partition("-")[0] for row in rows} == {"KRW"}
    assert len(ask(KR, get("/v1/ticker/all?quote_currencies=KRW,BTC,USDT"))) == 800


def test_a_ticker_agrees_with_itself() -> None:
    for row in ask(KR, get("/v1/ticker/all?quote_currencies=KRW,BTC,USDT")):
        assert row["low_price"] <= row["trade_price"] <= row["high_price"]
        assert row["low_price"] <= row["opening_price"] <= row["high_price"]
        assert row["lowest_52_week_price"] <= row["low_price"]
        assert row["high_price"] <= row["highest_52_week_price"]
        assert row["trade_timestamp"] <= row["timestamp"] <= NOW * 1000
        change = row["trade_price"] - row["prev_closing_price"]
        assert row["signed_change_price"] == pytest.approx(change, abs=1e-8)
        sign = (change > 1e-9) - (change < -1e-9)
        assert row["change"] == {1: "RISE", 0: "EVEN", -1: "FALL"}[sign]
        second = row["trade_timestamp"] // 1000
        for suffix, hours in (("", 0), ("_kst", 9)):
            moment = datetime.fromtimestamp(second, timezone(timedelta(hours=hours)))
            assert row[f"trade_date{suffix}"] == f"{moment:%Y%m%d}"
            assert row[f"trade_time{suffix}"] == f"{moment:%H%M%S}"


def test_the_ticker_the_trade_and_the_candle_agree_on_the_price() -> None:
    price = ask(KR, get("/v1/ticker?markets=KRW-XRP"))[0]["trade_price"]
    assert ask(KR, get("/v1/trades/ticks?market=KRW-XRP"))[0]["trade_price"] == price
    assert ask(KR, get("/v1/candles/days?market=KRW-XRP"))[0]["trade_price"] == price


def test_a_tickers_sums_are_of_its_day_and_of_the_last_24_hours() -> None:
    (ticker,) = ask(KR, get("/v1/ticker?markets=KRW-BTC"))
    today, yesterday = ask(KR, get("/v1/candles/days?market=KRW-BTC&count=2"))
    assert ticker["acc_trade_volume"] == today["candle_acc_trade_volume"]
    assert ticker["acc_trade_price"] == pytest.approx(today["candle_acc_trade_price"])
    full_day = pytest.approx(yesterday["candle_acc_trade_volume"], rel=0.01)
    assert ticker["acc_trade_volume_24h"] == full_day
    assert ticker["acc_trade_price_24h"] > 2 * ticker["acc_trade_price"]


def test_trades_come_newest_first_and_a_cursor_goes_on_before_it() -> None:
    first = ask(KR, get("/v1/trades/ticks?market=KRW-BTC&count=500"))
    assert len(first) == 500
    numbers = [row["sequential_id"] for row in first]
    assert numbers == sorted(numbers, reverse=True)
    cursor = first[99]["sequential_id"]
    later = NOW + 1
    rest = ask(KR, get(f"/v1/trades/ticks?market=KRW-BTC&count=400&cursor={cursor}"), later)
    assert rest == first[100:]


def test_trades_of_an_earlier_day_end_at_the_time_asked_for() -> None:
    target = "/v1/trades/ticks?market=KRW-BTC&days_ago=2&to=10%3A00%3A00"
    row = ask(KR, get(target), NOW + 2)[0]
    assert row["trade_date_utc"] == "2026-07-28"
    assert "09:55" <= row["trade_time_utc"] <= "10:00:00"


def test_candles_come_newest_first_end_before_to_and_are_cut_to_two_hundred() -> None:
    target = "/v1/candles/minutes/1?market=KRW-BTC&count=1000&to=2026-07-29T00%3A00%3A00Z"
    rows = ask(KR, get(target))
    assert len(rows) == 200
    assert rows[0]["candle_date_time_utc"] == "2026-07-28T23:59:00"
    starts = [row["candle_date_time_utc"] for row in rows]
    assert all(later > earlier for later, earlier in pairwise(starts))
    for row in rows:
        assert row["low_price"] <= row["opening_price"] <= row["high_price"]
        assert row["low_price"] <= row["trade_price"] <= row["high_price"]


@pytest.mark.parametrize(
    "to",
    ["2026-07-29T00%3A00%3A00Z", "2026-07-29T09%3A00%3A00%2B09%3A00", "2026-07-29%2000%3A00%3A00"],
)
def test_to_is_understood_with_an_offset_and_without(to: str) -> None:
    rows = ask(KR, get(f"/v1/candles/minutes/1?market=KRW-BTC&to={to}"))
    assert rows[0]["candle_date_time_utc"] == "2026-07-28T23:59:00"


def test_there_is_no_candle_where_there_was_no_trade() -> None:
    quiet = max(KR.world.markets, key=lambda market: market.path.interval)
    rows = ask(KR, get(f"/v1/candles/minutes/1?market={quiet.code}&count=3"))
    starts = [datetime.fromisoformat(row["candle_date_time_utc"]) for row in rows]
    assert starts[0] - starts[1] > datetime.resolution * 60_000_000


@pytest.mark.parametrize(
    ("kind", "start"),
    [("weeks", "2026-07-27"), ("months", "2026-07-01"), ("years", "2026-01-01")],
)
def test_long_candles_begin_with_their_period(kind: str, start: str) -> None:
    row = ask(KR, get(f"/v1/candles/{kind}?market=KRW-BTC"))[0]
    assert row["first_day_of_period"] == start
    assert row["candle_date_time_utc"] == f"{start}T00:00:00"


def test_years_end_where_the_exchange_began() -> None:
    rows = ask(KR, get("/v1/candles/years?market=KRW-BTC&count=200"))
    assert rows[-1]["first_day_of_period"] == "2017-01-01"


def test_an_order_book_is_ordered_and_its_totals_are_sums() -> None:
    (book,) = ask(KR, get("/v1/orderbook?markets=KRW-ETH&count=99"))
    units = book["orderbook_units"]
    assert len(units) == 30
    assert units[0]["bid_price"] < units[0]["ask_price"]
    assert all(a["ask_price"] < b["ask_price"] for a, b in pairwise(units))
    assert all(a["bid_price"] > b["bid_price"] for a, b in pairwise(units))
    assert book["total_ask_size"] == pytest.approx(sum(unit["ask_size"] for unit in units))


def test_a_level_that_a_market_lacks_gives_an_empty_list() -> None:
    assert ask(KR, get("/v1/orderbook?markets=KRW-BTC&level=5"), NOW + 3) == []


@pytest.mark.parametrize(
    "target",
    [
        "/v1/ticker?markets=KRW-GONE",
        "/v1/ticker?markets=KRW-BTC,KRW-GONE",
        "/v1/candles/days?market=KRW-GONE",
    ],
)
def test_an_unknown_code_fails_the_whole_question(target: str) -> None:
    reply = SimulatedExchange("kr").answer(get(target), NOW)
    assert reply.status == 404
    assert body(reply) == {"error": {"name": 404, "message": "Code not found"}}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/v1/ticker", "Missing request parameter error. Check the required parameters!"),
        ("/v1/ticker/all", "Missing request parameter error. Check the required parameters!"),
        ("/v1/candles/days", "Missing request parameter error. Check the required parameters!"),
        ("/v1/market/all?is_details=1", "Type mismatch error. Check the parameters type!"),
        (
            "/v1/orderbook?markets=KRW-BTC&count=x",
            "Type mismatch error. Check the parameters type!",
        ),
        ("/v1/trades/ticks?market=KRW-BTC&count=0", "Invalid parameter. Check the given value!"),
        ("/v1/trades/ticks?market=KRW-BTC&days_ago=8", "Invalid parameter. Check the given value!"),
        ("/v1/trades/ticks?market=KRW-BTC&to=noon", "Invalid parameter. Check the given value!"),
        ("/v1/candles/days?market=KRW-BTC&to=noon", "Invalid parameter. Check the given value!"),
        ("/v1/candles/minutes/2?market=KRW-BTC", "specified unit is not valid."),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(target: str, message: str) -> None:
    reply = SimulatedExchange("kr").answer(get(target), NOW)
    assert reply.status == 400
    assert body(reply) == {"error": {"name": 400, "message": message}}


def test_a_day_candle_can_be_converted() -> None:
    row = ask(KR, get("/v1/candles/days?market=KRW-BTC&converting_price_unit=KRW"))[0]
    assert row["converted_trade_price"] == row["trade_price"]


def test_an_unknown_code_is_skipped_when_the_knob_says_so() -> None:
    exchange = SimulatedExchange("kr", knobs=Knobs(unknown_code="skip"))
    rows = ask(exchange, get("/v1/ticker?markets=KRW-GONE,KRW-BTC"))
    assert [row["market"] for row in rows] == ["KRW-BTC"]


def fresh_listing(knobs: Knobs) -> SimulatedExchange:
    exchange = SimulatedExchange("kr", knobs=knobs)
    exchange.advance(NOW - 1)
    exchange.world.list_market("KRW-FRESH", after=1e6)
    return exchange


def test_a_new_listing_has_a_ticker_of_nulls_and_no_candles() -> None:
    exchange = fresh_listing(Knobs())
    fresh, old = ask(exchange, get("/v1/ticker?markets=KRW-FRESH,KRW-BTC"))
    assert list(fresh) == list(old)
    assert {name for name, value in fresh.items() if value is not None} == {"market", "timestamp"}
    assert ask(exchange, get("/v1/candles/days?market=KRW-FRESH")) == []
    assert ask(exchange, get("/v1/trades/ticks?market=KRW-FRESH")) == []


def test_a_new_listing_has_no_ticker_when_the_knob_says_so() -> None:
    assert ask(fresh_listing(Knobs(new_listing="empty")), get("/v1/ticker?markets=KRW-FRESH")) == []


def test_the_yearly_extremes_of_some_markets_are_null_when_the_knob_says_so() -> None:
    exchange = SimulatedExchange("kr", knobs=Knobs(null_fields=True))
    rows = ask(exchange, get("/v1/ticker/all?quote_currencies=KRW,BTC,USDT"))
    assert sum(row["highest_52_week_price"] is None for row in rows) == 80


def test_a_delisted_market_is_off_the_list_and_then_unknown() -> None:
    exchange = SimulatedExchange("kr")
    exchange.world.delist("KRW-XRP")
    listed = {row["market"] for row in ask(exchange, get("/v1/market/all"))}
    assert "KRW-XRP" not in listed
    assert len(listed) == 799
    assert exchange.answer(get("/v1/ticker?markets=KRW-XRP"), NOW).status == 404


def test_a_clock_that_starts_at_nought_is_no_trouble() -> None:
    exchange = SimulatedExchange("kr")
    assert len(ask(exchange, get("/v1/ticker/all?quote_currencies=KRW"), 0.0)) == 284
    assert ask(exchange, get("/v1/candles/days?market=KRW-BTC"), 0.0) == []
    assert ask(exchange, get("/v1/trades/ticks?market=KRW-BTC&count=5"), 0.0) == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_an_unknown_path_is_not_found(method: str) -> None:
    reply = SimulatedExchange("kr").answer(Arrival(method, "/v1/trading-pairs"), NOW)
    assert reply.status == 404


def test_a_book_can_be_crossed_one_sided_empty_and_frozen_by_command() -> None:
    exchange, target = SimulatedExchange("sg"), get("/v1/orderbook?markets=SGD-BTC")
    exchange.advance(NOW)
    (normal,) = ask(exchange, target)
    exchange.world.shape_book("SGD-BTC", "crossed")
    (crossed,) = ask(exchange, target)
    best = crossed["orderbook_units"][0]
    assert best["bid_price"] == normal["orderbook_units"][0]["bid_price"] > best["ask_price"]
    exchange.world.shape_book("SGD-BTC", "one_sided")
    (one_sided,) = ask(exchange, target)
    assert one_sided["total_bid_size"] == 0 < one_sided["total_ask_size"]
    assert {unit["bid_price"] for unit in one_sided["orderbook_units"]} == {0}
    exchange.world.shape_book("SGD-BTC", "empty")
    (empty,) = ask(exchange, target)
    assert (empty["orderbook_units"], empty["total_ask_size"]) == ([], 0)
    exchange.world.shape_book("SGD-BTC", "normal")
    exchange.world.freeze_book("SGD-BTC", frozen=True)
    assert ask(exchange, target, NOW + 60) == [normal]
    exchange.world.freeze_book("SGD-BTC", frozen=False)
    (fresh,) = ask(exchange, target, NOW + 60)
    assert fresh["timestamp"] == normal["timestamp"] + 60_000


def test_candles_can_lag_behind_the_trades_by_command() -> None:
    exchange, target = SimulatedExchange("kr"), get("/v1/candles/minutes/1?market=KRW-BTC")
    exchange.advance(NOW)
    exchange.world.delay_candles("KRW-BTC", 121)
    (late,) = ask(exchange, target)
    assert late["candle_date_time_utc"] == "2026-07-30T07:38:00"
