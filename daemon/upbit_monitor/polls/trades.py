"""Trades: when a market last traded, how much it trades, and whether any trade was missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import (
    Context,
    Exchange,
    Poll,
    Seconds,
    interval,
    option,
)
from upbit_monitor.polls.listing import (
    Watchlist,
    at_most,
    list_reads,
    or_bitcoin,
    plain,
)
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.moments import Milliseconds
from upbit_monitor.polls.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_monitor.exchange import Region

SIDES: Final = ("bid", "ask")


class Row(msgspec.Struct):
    """One row of the answer, as far as it is shown."""

    timestamp: Milliseconds | None = None
    sequential_id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    """Unique, of 16 or 17 digits; its order is not guaranteed to be that of the trades."""
    ask_bid: str | None = None


class Trade(NamedTuple):
    """A row that tells when the trade was, in Unix milliseconds, and which one it was."""

    timestamp: float
    sequential_id: int
    ask_bid: str | None

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Sequence[Trade]:
        """Give each trade once. A row without its time or id is left out: it counts for nothing."""
        by_id = {
            row.sequential_id: cls(row.timestamp, row.sequential_id, row.ask_bid)
            for row in rows
            if row.timestamp is not None and row.sequential_id is not None
        }
        return [*by_id.values()]


TRADES_TICKS: Final = Endpoint(
    name="trades_ticks",
    path="/v1/trades/ticks",
    group="crix-trades",
    shape=list[Row],
    sample=(
        b'[{"market":"KRW-BTC","trade_date_utc":"2026-07-30","trade_time_utc":"07:41:00",'
        b'"timestamp":1785397260660,"trade_price":91200000.0,"trade_volume":0.00010971,'
        b'"prev_closing_price":91424000.0,"change_price":-224000.0,"ask_bid":"BID",'
        b'"sequential_id":17853972606600000}]'
    ),
)

_ANSWERS_KEPT: Final = 2
"""Of so many full answers each market's trades are remembered."""

LAST: Final = Family(
    "upbit_trades_last_timestamp_seconds", "gauge",
    "Exchange time of the last trade of a watched market, in Unix seconds; absent before its "
    "first trade.",
    ("target", "market"),
    advice="A busy market whose last trade gets old is halted, or the exchange serves it late: "
    "compare it with the order book and with the exchange's notices.",
)  # fmt: skip
SEEN: Final = Family(
    "upbit_trades_seen_total", "counter",
    "Trades of a watched market seen for the first time, by side as the exchange tells it; those "
    "of the first answer are not counted. A lower bound while upbit_trades_gaps_total rises.",
    ("target", "market", "side"),
    advice="Its rate is how much the market trades: a jump is news, and at 0 the market is quiet "
    "or halted.",
)  # fmt: skip
GAPS: Final = Family(
    "upbit_trades_gaps_total", "counter",
    "Answers that did not reach back to any trade seen before: some trades between were missed, "
    "and upbit_trades_seen_total is too low.",
    ("target", "market"),
    advice="Raise `count`, or poll the market more often, until it stands still.",
)  # fmt: skip
PER_SECOND: Final = Family(
    "upbit_trades_per_second", "gauge",
    "Trades a second of a watched market, over the time between the oldest and the newest trade "
    "of the last answer; absent if it has fewer than two, or no time between them.",
    ("target", "market"),
    advice="It holds through gaps, but looks back as far as the answer does, which is long on a "
    "quiet market: read it beside the time of the last trade.",
)  # fmt: skip
AGE: Final = Family(
    "upbit_trades_last_age_seconds", "histogram",
    "The exchange's time, as far as it is known, less the time of the last trade of each watched "
    "market, observed when the answer came.",
    ("target",), (0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
    advice="If all markets get old together, the exchange has stopped matching, or serves trades "
    "late: look at its notices.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TradesOptions:
    """How trades are polled."""

    every: Seconds = interval(30)
    watch: tuple[str, ...] = option(
        "Markets to look at, such as KRW-BTC; each is one request a run. Without any: bitcoin in "
        "the region's own currency.",
        (),
    )
    count: int = option(
        "Newest trades asked for of each market: so many that they reach back to the run before.",
        100,
        minimum=1,
        maximum=500,
    )


class _Answer(NamedTuple):
    """The trades of a market, each once, and what time it was at the exchange when they came."""

    trades: Sequence[Trade]
    at: float


class _Memory:
    """What was seen of a market. Its state: the newest trades seen, and from when on all count.

    Trades are told apart by their ids alone, for several may share a moment. Only so many are
    remembered; a trade that is no newer than the newest forgotten one is taken for an old one.
    """

    def __init__(self, trades: Sequence[Trade]) -> None:
        self._known = {trade.sequential_id: trade.timestamp for trade in trades}
        # Of those that share the oldest moment, some may have been cut off.
        self._floor = min(self._known.values())

    def new(self, trades: Sequence[Trade], keep: int) -> tuple[Sequence[Trade], bool]:
        """Give the trades not seen before, and whether others were missed before them."""
        known = self._known
        new = [
            trade
            for trade in trades
            if trade.sequential_id not in known and trade.timestamp > self._floor
        ]
        gap = len(new) > 0 and all(trade.sequential_id not in known for trade in trades)
        known |= {trade.sequential_id: trade.timestamp for trade in new}
        newest = sorted(known.items(), key=lambda item: (item[1], item[0]), reverse=True)
        self._known = dict(newest[:keep])
        self._floor = max([self._floor, *(moment for _, moment in newest[keep:])])
        return new, gap


class Trades(Poll[TradesOptions]):
    """Polls trades. Its state: what was seen of each market, and which markets have counters."""

    name: ClassVar[str] = "trades"
    summary: ClassVar[str] = "Trades of the watched markets: how many, how old, and any missed."
    private: ClassVar[bool] = False
    cost: ClassVar[str] = (
        "One request for each watched market, and the market list once in ten minutes, unless "
        "`markets` reads it anyway."
    )
    options: ClassVar[type[TradesOptions]] = TradesOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (TRADES_TICKS, MARKET_ALL)
    families: ClassVar[tuple[Family, ...]] = (LAST, SEEN, GAPS, PER_SECOND, AGE)

    def __init__(self, context: Context, options: TradesOptions) -> None:
        super().__init__(context, options)
        wanted = or_bitcoin(options.watch, context.region)
        self._watch = Watchlist(context, wanted)
        self._memories: dict[str, _Memory] = {}
        self._counted: frozenset[str] = frozenset()
        self._count_only(plain(wanted))
        context.board.observe(AGE, context.target, values=())

    @classmethod
    def requests(cls, options: TradesOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        """Give one question a market."""
        markets = at_most(or_bitcoin(options.watch, region), region)
        return {TRADES_TICKS: float(markets), MARKET_ALL: list_reads(options.every)}

    async def run(self, exchange: Exchange) -> None:
        """Ask about each market, spread over most of the interval, and show all in one step."""
        watched = self._watch.of(await self._context.listing.codes(exchange))
        count = str(self._options.count)
        answers: dict[str, _Answer] = {}
        async for market, rows in self._watch.answers(
            watched,
            self._options.every,
            lambda market: exchange.get(TRADES_TICKS, ("market", market), ("count", count)),
        ):
            answers[market] = _Answer(Trade.of(rows), self._context.exchange_time())
        self._show(answers)

    def _show(self, answers: Mapping[str, _Answer]) -> None:
        board, target = self._context.board, self._context.target
        self._count_only(answers)
        for market, answer in answers.items():
            self._count(market, answer.trades)
        last = {
            market: max(trade.timestamp for trade in answer.trades) / 1000
            for market, answer in answers.items()
            if answer.trades
        }
        ages = {market: max(answers[market].at - moment, 0.0) for market, moment in last.items()}
        board.observe(AGE, target, values=[*ages.values()])
        board.show(LAST, target, {(market,): moment for market, moment in last.items()})
        rates = {(market,): _per_second(answer.trades) for market, answer in answers.items()}
        board.show(
            PER_SECOND, target, {key: rate for key, rate in rates.items() if rate is not None}
        )
        self.gist = _gist(len(answers), ages)
        self.concerns = self._watch.concerns

    def _count_only(self, markets: Iterable[str]) -> None:
        """Let these markets have counters, from 0 on, and no others; what went is forgotten."""
        board, target = self._context.board, self._context.target
        counted = frozenset(markets)
        for market in self._counted - counted:
            self._memories.pop(market, None)
            board.drop(GAPS, target, market)
            for side in (*SIDES, "other"):
                board.drop(SEEN, target, market, side)
        for market in counted - self._counted:
            board.count(GAPS, target, market, by=0)
            for side in SIDES:
                board.count(SEEN, target, market, side, by=0)
        self._counted = counted

    def _count(self, market: str, trades: Sequence[Trade]) -> None:
        if not trades:
            return  # nothing to learn from; what was seen before remains seen
        if market not in self._memories:
            self._memories[market] = _Memory(trades)
            return
        board, target = self._context.board, self._context.target
        keep = _ANSWERS_KEPT * self._options.count
        new, gap = self._memories[market].new(trades, keep)
        board.count(GAPS, target, market, by=gap)
        sides = Counter(board.fold(SEEN, (trade.ask_bid or "").lower(), SIDES) for trade in new)
        for side, number in sides.items():
            board.count(SEEN, target, market, side, by=number)


def _per_second(trades: Sequence[Trade]) -> float | None:
    """Give the trades a second between the oldest, which is where the time begins, and the newest.

    ``None`` where there are fewer than two, or no time between them.
    """
    moments = [trade.timestamp for trade in trades]
    span = max(moments, default=0) - min(moments, default=0)
    return (len(moments) - 1) / (span / 1000) if span else None


def _gist(markets: int, ages: Mapping[str, float]) -> str:
    if not ages:
        return "no trade"
    market, age = min(ages.items(), key=lambda item: item[1])
    where = market if markets == 1 else f"{markets} markets"
    return f"{where}: last trade {about(age)} ago"
