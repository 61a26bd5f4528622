"""Candles: whether the newest finished one is there in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from upbit_monitor.errors import Unreadable
from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import (
    Concern,
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
)
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.moments import utc
from upbit_monitor.polls.words import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_monitor.exchange import Region


class Candle(msgspec.Struct):
    """One row, as far as it is shown."""

    candle_date_time_utc: str | None = None
    """When its period begins: ISO 8601 without an offset, in UTC. Without it, it is no candle."""


UNITS: Final = (1, 3, 5, 10, 15, 30, 60, 240)
"""Minutes that a candle may cover."""

_SAMPLE: Final = (
    b'[{"market":"KRW-BTC","candle_date_time_utc":"2026-08-03T10:45:00",'
    b'"candle_date_time_kst":"2026-08-03T19:45:00","opening_price":89435000.0,'
    b'"high_price":89440000.0,"low_price":89431000.0,"trade_price":89438000.0,'
    b'"timestamp":1785754038697,"candle_acc_trade_price":54182011.01038,'
    b'"candle_acc_trade_volume":0.60582517,"unit":5}]'
)
CANDLES_MINUTES: Final = {
    unit: Endpoint(
        name="candles_minutes",
        path=f"/v1/candles/minutes/{unit}",
        group="candles",
        shape=list[Candle],
        sample=_SAMPLE,
    )
    for unit in UNITS
}
"""One endpoint, whose path has the unit in it: one value of the label ``endpoint``."""

_COUNT: Final = 3
"""Candles asked for: the one under way, the one before it, and one more, for near the end of a
period the exchange may be in the next one already."""
_MINUTE: Final = 60

PERIOD: Final = Family(
    "upbit_candles_period_seconds", "gauge", "Length of the candles that are polled.", ("target",),
    advice="It changes with the option `unit` alone; rules compare the age of candles with it.",
)  # fmt: skip
NEWEST_END: Final = Family(
    "upbit_candles_newest_end_timestamp_seconds", "gauge",
    "Time at which the period of the newest finished candle of a watched market ended, in Unix "
    "seconds; absent if there is none. A period without a trade has no candle.",
    ("target", "market"),
    advice="If it stands still while upbit_trades_last_timestamp_seconds or the price moves, the "
    "exchange makes candles late: do not decide by them. On a quiet market it stands still too.",
)  # fmt: skip
LATE: Final = Family(
    "upbit_candles_late_markets", "gauge",
    "Watched markets without the candle of a period that ended longer ago than the configured "
    "threshold. A period without a trade has no candle, so a quiet market looks late.",
    ("target",),
    advice="If busy markets are late, the exchange makes candles late: do not decide by them. If "
    "only quiet ones are, watch others, or choose a longer `unit`.",
)  # fmt: skip
DELAY: Final = Family(
    "upbit_candles_delay_seconds", "histogram",
    "How long after the end of its period a finished candle was first seen, by the exchange's "
    "time as far as it is known. An upper bound: it holds up to one interval of the poll, or "
    "longer after runs that failed. The candles of the first answer are not observed.",
    ("target",), (1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600),
    advice="Delays beyond the poll's interval mean that the exchange makes candles late; shorter "
    "ones only tell when the poll looked. Poll more often to see more.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CandlesOptions:
    """How candles are polled."""

    every: Seconds = interval(30)
    watch: tuple[str, ...] = option(
        "Markets to look at, such as KRW-BTC; each is one request a run. Quiet ones look late, "
        "for without a trade there is no candle. Without any: bitcoin in the region's own "
        "currency.",
        (),
    )
    unit: int = option(
        "Minutes of a candle: 1, 3, 5, 10, 15, 30, 60 or 240.", 1, minimum=1, maximum=240
    )
    late_after: Seconds = option(
        "A candle that is missing for longer than this after the end of its period is late.",
        Seconds(60),
        minimum=1,
    )

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            known = ", ".join(map(str, UNITS))
            raise ValueError(f"unit {self.unit} is not of the exchange; write one of {known}")

    @property
    def period(self) -> int:
        """Seconds of a candle."""
        return self.unit * _MINUTE


class _Seen(NamedTuple):
    """When the newest finished candle of a market ended, if there is one, and the time then.

    ``whole``: each candle told its time. If one did not, it may be the one that seems to be late.
    """

    end: float | None
    at: float
    whole: bool


class Candles(Poll[CandlesOptions]):
    """Polls candles. Its state: when the newest finished candle of each market ended."""

    name: ClassVar[str] = "candles"
    summary: ClassVar[str] = "Whether the candles of the watched markets are there in time."
    private: ClassVar[bool] = False
    cost: ClassVar[str] = (
        "One request for each watched market, and the market list once in ten minutes, unless "
        "`markets` reads it anyway."
    )
    options: ClassVar[type[CandlesOptions]] = CandlesOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (*CANDLES_MINUTES.values(), MARKET_ALL)
    families: ClassVar[tuple[Family, ...]] = (PERIOD, NEWEST_END, LATE, DELAY)

    def __init__(self, context: Context, options: CandlesOptions) -> None:
        super().__init__(context, options)
        self._watch = Watchlist(context, or_bitcoin(options.watch, context.region))
        self._ends: dict[str, float] = {}
        context.board.observe(DELAY, context.target, values=())
        context.board.put(PERIOD, context.target, value=options.period)

    @classmethod
    def requests(cls, options: CandlesOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        """Give one question a market, about candles of the unit."""
        markets = at_most(or_bitcoin(options.watch, region), region)
        endpoint = CANDLES_MINUTES[options.unit]
        return {endpoint: float(markets), MARKET_ALL: list_reads(options.every)}

    async def run(self, exchange: Exchange) -> None:
        """Ask about each market, spread over most of the interval, and show all in one step."""
        watched = self._watch.of(await self._context.listing.codes(exchange))
        endpoint = CANDLES_MINUTES[self._options.unit]
        seen: dict[str, _Seen] = {}
        async for market, candles in self._watch.answers(
            watched,
            self._options.every,
            lambda market: exchange.get(endpoint, ("market", market), ("count", str(_COUNT))),
        ):
            now = self._context.exchange_time()
            whole = all(candle.candle_date_time_utc is not None for candle in candles)
            seen[market] = _Seen(self._newest_end(candles, now), now, whole)
        self._show(seen)

    def _newest_end(self, candles: Sequence[Candle], now: float) -> float | None:
        try:
            texts = (candle.candle_date_time_utc for candle in candles)
            starts = [utc(text) for text in texts if text is not None]
        except ValueError:
            endpoint = CANDLES_MINUTES[self._options.unit]
            text = f"{endpoint.path}: candle_date_time_utc is no ISO 8601 time"
            raise Unreadable(text) from None
        ends = (start + self._options.period for start in starts)
        return max((end for end in ends if end <= now), default=None)

    def _show(self, seen: Mapping[str, _Seen]) -> None:
        board, target, before = self._context.board, self._context.target, self._ends
        self._ends = {market: one.end for market, one in seen.items() if one.end is not None}
        board.show(NEWEST_END, target, {(market,): end for market, end in self._ends.items()})
        late = {market: one for market, one in seen.items() if self._is_late(one)}
        board.put(LATE, target, value=len(late))
        fresh = [
            seen[market].at - end
            for market, end in self._ends.items()
            if market in before and end > before[market]
        ]
        board.observe(DELAY, target, values=fresh)
        self.gist = self._told(seen)
        self.concerns = (*self._watch.concerns, *self._concerns(late))

    def _is_late(self, one: _Seen) -> bool:
        """Whether a period ended long enough ago, and neither its candle nor a later one is there.

        Periods begin at whole multiples of their length since the epoch: so do all of ``UNITS``.
        """
        period = self._options.period
        due = math.floor((one.at - self._options.late_after) / period) * period
        return one.whole and (one.end is None or one.end < due)

    def _told(self, seen: Mapping[str, _Seen]) -> str:
        ages = {market: one.at - one.end for market, one in seen.items() if one.end is not None}
        if not ages:
            return "no finished candle"
        market, age = min(ages.items(), key=lambda item: item[1])
        where = market if len(seen) == 1 else f"{len(seen)} markets"
        return f"{where}: newest candle ended {about(age)} ago"

    def _concerns(self, late: Mapping[str, _Seen]) -> Iterable[Concern]:
        """Name the one that is latest, and say how many others are late."""
        if not late:
            return
        market, one = min(late.items(), key=lambda item: item[1].end or -math.inf)
        what = f"{market} has no finished candle"
        if one.end is not None:
            missing = one.at - one.end - self._options.period
            what = f"the candle of {market} is {about(missing)} late"
        others = f", and {len(late) - 1} more" if late.keys() - {market} else ""
        yield Concern(
            what + others,
            "If it trades, do not decide by its candles; a quiet market has none, so watch "
            "another, or choose a longer `unit`.",
        )
