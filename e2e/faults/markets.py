"""What the exchange shows is wrong, old, or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from e2e.faults.means import done
from e2e.scenario import EXCHANGE, PUBLIC, Scenario, alerts

if TYPE_CHECKING:
    from upbit_monitor.simulator import SimulatedExchange

_ETHER: Final = "SGD-ETH"
_WATCHED: Final = {"every": "1s", "watch": ["KRW-BTC"]}


def _stall(exchange: SimulatedExchange, market: str) -> None:
    exchange.world.stall(market)


def _resume(exchange: SimulatedExchange, market: str) -> None:
    exchange.world.resume(market)


SCENARIOS: Final = (
    Scenario(
        daemon=EXCHANGE,
        name="stale_ticker",
        story="nobody trades bitcoin any more",
        fault=done(_stall, _resume),
        region="kr",
        polls={
            "tickers": {**_WATCHED, "stale_after": "10s"},
            "markets": {"every": "5s", "watch": ["KRW-BTC"]},
        },
        told=alerts("TickerStale"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="bad_print",
        story="a price outside of its day's range",
        fault=done(
            lambda exchange, market: exchange.world.shape_ticker(market, "outside_range"),
            lambda exchange, market: exchange.world.shape_ticker(market, "normal"),
        ),
        polls={"tickers": PUBLIC["tickers"]},
        told=alerts("TickerImplausible"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="crossed_book",
        story="the best bid is above the best ask",
        fault=done(
            lambda exchange, market: exchange.world.shape_book(market, "crossed"),
            lambda exchange, market: exchange.world.shape_book(market, "normal"),
        ),
        polls={"orderbook": {"every": "1s"}},
        told=alerts("OrderbookIrregular"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="late_candles",
        story="candles come ten minutes late",
        fault=done(
            lambda exchange, market: exchange.world.delay_candles(market, 600),
            lambda exchange, market: exchange.world.delay_candles(market, 0),
        ),
        region="kr",
        polls={"candles": {**_WATCHED, "late_after": "20s"}, "trades": _WATCHED},
        told=alerts("CandlesLate"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="delisted",
        story="a watched market goes off the list",
        fault=done(
            lambda exchange, _: exchange.world.delist(_ETHER),
            lambda exchange, _: exchange.world.list_market(_ETHER),
        ),
        polls={
            "markets": {"every": "1s"},
            "tickers": {"every": "1s", "watch": ["SGD-BTC", _ETHER], "stale_after": "10m"},
        },
        told=alerts("MarketDelisted", "MarketMissing"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="warned",
        story="a watched market is under an investment warning",
        fault=done(
            lambda exchange, market: exchange.world.flag(market, warned=True),
            lambda exchange, market: exchange.world.flag(market, warned=False),
        ),
        polls={"markets": {"every": "1s", "watch": ["SGD-BTC"]}},
        told=alerts("MarketWarning"),
    ),
)
