"""Quotation answers against what was recorded: the same names, heads and styles of numbers."""

from __future__ import annotations

import json

import pytest

from tests.simulator.asking import (
    FIXTURES,
    NOW,
    ask,
    get,
    recorded,
    shape,
)
from upbit_monitor.simulator import Knobs, SimulatedExchange
from upbit_monitor.simulator.answers import api_reply

KR = SimulatedExchange("kr", knobs=Knobs(limits=dict.fromkeys(["ticker", "candles"], 1000)))
SG = SimulatedExchange("sg", knobs=Knobs(limits=dict.fromkeys(["ticker", "candles"], 1000)))


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()

    @property
    def decimals(self) -> int:
        return len(self.partition(".")[2])


@pytest.mark.parametrize(
    ("exchange", "target", "fixture"),
    [
        (KR, "/v1/market/all", "live/kr_market_all_head_2025-07-30.json"),
        (KR, "/v1/market/all?is_details=true", "live/kr_market_all_is_details_2026-07-30.json"),
        (KR, "/v1/market/all?isDetails=true", "docs_kr/market_all_is_details.json"),
        (KR, "/v1/ticker?markets=KRW-BTC,KRW-ETH", "live/kr_ticker_2025-07-30.json"),
        (KR, "/v1/ticker/all?quote_currencies=KRW", "live/kr_ticker_2025-07-30.json"),
        (
            KR,
            "/v1/orderbook?markets=KRW-BTC&level=10000",
            "docs_kr/orderbook_KRW-BTC_level10000_2025-07-04.json",
        ),
        (
            KR,
            "/v1/orderbook/instruments?markets=KRW-BTC,KRW-ETH",
            "docs_kr/orderbook_instruments.json",
        ),
        (KR, "/v1/trades/ticks?market=KRW-BTC", "live/kr_trades_ticks_2026-07-30.json"),
        (KR, "/v1/candles/days?market=KRW-BTC", "live/kr_candles_days_2025-07-30.json"),
        (KR, "/v1/candles/minutes/5?market=KRW-BTC", "live/kr_candles_minutes5_2026-08-03.json"),
        (SG, "/v1/market/all", "docs_global/listing_market_list.json"),
        (SG, "/v1/ticker?markets=SGD-BTC", "docs_global/tickers_by_trading_pair.json"),
        (
            SG,
            "/v1/ticker/all?quote_currencies=SGD",
            "docs_global/tickers_by_quote_currencies.PARTIAL.json",
        ),
        (SG, "/v1/orderbook?markets=SGD-BTC", "docs_global/order_book_list.PARTIAL.json"),
        (SG, "/v1/orderbook/instruments?markets=SGD-BTC", "docs_global/order_book_policy.json"),
        (SG, "/v1/trades/ticks?market=SGD-BTC", "docs_global/recent_trades_history.json"),
        *(
            (SG, f"/v1/candles/{kind}?market=SGD-BTC", f"docs_global/{kind}_candles.json")
            for kind in ("seconds", "days", "weeks", "months", "years")
        ),
    ],
)
def test_an_answer_has_the_shape_of_the_recorded_one(
    exchange: SimulatedExchange, target: str, fixture: str
) -> None:
    assert shape(ask(exchange, get(target))) == shape(recorded(fixture))


@pytest.mark.parametrize(
    ("target", "fixture"),
    [
        ("/v1/ticker?markets=KRW-BTC,KRW-ETH", "live/kr_ticker_2025-07-30.json"),
        ("/v1/candles/days?market=KRW-BTC&count=2", "live/kr_candles_days_2025-07-30.json"),
    ],
)
def test_korean_numbers_have_the_recorded_decimals(target: str, fixture: str) -> None:
    def decimals(text: str) -> dict[str, int]:
        row: dict[str, object] = json.loads(text, parse_float=Number, parse_int=Number)[0]
        return {name: text.decimals for name, text in row.items() if isinstance(text, Number)}

    written = KR.answer(get(target), NOW).body.decode()
    assert decimals(written) == decimals((FIXTURES / fixture).read_text(encoding="utf-8"))


def test_a_change_of_nothing_is_written_as_a_bare_nought() -> None:
    tickers = KR.answer(get("/v1/ticker/all?quote_currencies=KRW,BTC,USDT"), NOW).body
    rows = json.loads(tickers, parse_float=Number, parse_int=Number)
    even = [row for row in rows if row["change"] == "EVEN"]
    assert even
    names = ("change_price", "change_rate", "signed_change_price", "signed_change_rate")
    assert {row[name] for row in even for name in names} == {Number("0")}


def test_global_numbers_are_as_short_as_can_be() -> None:
    tickers = SG.answer(get("/v1/ticker/all?quote_currencies=SGD,BTC,USDT"), NOW).body
    for row in json.loads(tickers, parse_float=Number, parse_int=Number):
        for text in row.values():
            if isinstance(text, Number):
                assert "e" not in text
                assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("region", "group", "target"),
    [
        ("kr", "market_all", "/v1/market/all"),
        ("kr", "ticker", "/v1/ticker?markets=KRW-BTC,KRW-ETH"),
        ("kr", "candles_days", "/v1/candles/days?market=KRW-BTC"),
    ],
)
def test_the_head_of_an_answer_is_the_recorded_one(region: str, group: str, target: str) -> None:
    lines = (FIXTURES / f"live/kr_{group}_headers_2025-07-30.txt").read_text(encoding="utf-8")
    head = dict(line.split(": ", 1) for line in lines.strip().splitlines()[1:])
    reply = SimulatedExchange(region).answer(get(target), NOW)
    varying = {"date", "etag", "content-length"}
    written = {name.lower(): text for name, text in reply.headers.items()}
    assert {n: t for n, t in written.items() if n not in varying} == {
        n: t for n, t in head.items() if n not in varying
    }
    assert set(written) == set(head) - {"content-length"}
    assert len(written["etag"]) == len(head["etag"])
    assert written["date"] == "Thu, 30 Jul 2026 07:41:00 GMT"


def test_the_etag_is_the_one_that_the_exchange_would_give_to_the_same_body() -> None:
    for name in ("ticker", "candles_days"):
        text = (FIXTURES / f"live/kr_{name}_2025-07-30.json").read_text(encoding="utf-8")
        lines = (FIXTURES / f"live/kr_{name}_headers_2025-07-30.txt").read_text(encoding="utf-8")
        etag = api_reply(200, text.rstrip("\n"), "", {}, gzipped=False).headers["etag"]
        assert f"etag: {etag}" in lines.splitlines()


def test_korean_names_are_not_escaped() -> None:
    assert "비트코인" in KR.answer(get("/v1/market/all"), NOW).body.decode()
