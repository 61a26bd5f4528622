"""Tickers that cannot be true: by which reasons they are known, and what is shown of them.

Only what holds on every row that was ever recorded is held against one. A snapshot may be a day
younger than its trade, the value of a day may exceed that of 24 hours, and the extremes of 52
weeks hold bad prints. The range of the day holds: it is that of the day of the last trade, and so
has that trade in it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from upbit_monitor.logs import Event
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import Concern, Context
from upbit_monitor.polls.tally import tally
from upbit_monitor.polls.words import few

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from upbit_monitor.polls.ticker_row import Ticker

REASONS: Final = ("outside_range", "range_inverted", "negative", "from_future")

IMPLAUSIBLE: Final = Family(
    "upbit_ticker_implausible_markets",
    "gauge",
    "Markets in the last answer whose ticker cannot be true, by reason: outside_range (the price "
    "is not between the day's low and high), range_inverted (the low is above the high), negative "
    "(a price, volume or value is below 0), from_future (a timestamp is more than ten seconds "
    "ahead of the exchange's time).",
    ("target", "reason"),
    advice="Do not act on such prices; the log names the markets. If all are from_future, look at "
    "this machine's clock first.",
)

_AHEAD: Final = 10.0
"""Seconds that a moment may lie in the future: the exchange's time is known to about a second,
and before the exchange has told it, only as well as our own clock goes."""
_TOLD: Final = 10
"""Markets that a line of the log names: a clock that is wrong makes all of them come at once."""
_NONE: Final[Sequence[str]] = ()


def implausible(row: Ticker, now: float) -> Sequence[str]:
    """Give the reasons for which a row cannot be true; ``now`` is the exchange's Unix time.

    What is not told is not held against it, nor is a range of 0: it may stand for none.
    """
    price, low, high = row.trade_price, row.low_price, row.high_price
    volume, value = row.acc_trade_volume_24h, row.acc_trade_price_24h
    latest = (now + _AHEAD) * 1000
    inverted = outside = False
    if low and high:
        inverted = low > high
        outside = not inverted and price is not None and not low <= price <= high
    negative = (
        (price or 0) < 0
        or (low or 0) < 0
        or (high or 0) < 0
        or (volume or 0) < 0
        or (value or 0) < 0
    )
    future = (row.timestamp or 0) > latest or (row.trade_timestamp or 0) > latest
    if not (outside or inverted or negative or future):
        return _NONE
    found = zip(REASONS, (outside, inverted, negative, future), strict=True)
    return [reason for reason, is_so in found if is_so]


class Doubts:
    """What of the tickers cannot be true. Its state: the markets, by reason, at the last answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._markets: Mapping[str, Collection[str]] = {}

    def show(self, tickers: Sequence[Ticker], now: float) -> None:
        """Count the markets by reason, and tell of those that were not among them before."""
        markets: dict[str, dict[str, None]] = defaultdict(dict)  # sets that keep their order
        for ticker in tickers:
            for reason in implausible(ticker, now):
                markets[reason][ticker.market] = None
        context = self._context
        counts = {reason: len(markets.get(reason, ())) for reason in REASONS}
        rows = tally(context.board, IMPLAUSIBLE, counts, REASONS)
        context.board.show(IMPLAUSIBLE, context.target, rows)
        before, self._markets = self._markets, markets
        for reason, found in markets.items():
            new = [market for market in found if market not in before.get(reason, ())]
            if new:
                context.log.warning(
                    Event.TICKER_IMPLAUSIBLE, reason=reason, markets=new[:_TOLD], count=len(new)
                )

    @property
    def concerns(self) -> Sequence[Concern]:
        """Name what came that cannot be true."""
        return [
            Concern(
                f"was given tickers that cannot be true ({reason}) of {few(found)}",
                "Do not act on these prices, and compare them with the exchange's own page.",
                told=True,
            )
            for reason, found in self._markets.items()
        ]
