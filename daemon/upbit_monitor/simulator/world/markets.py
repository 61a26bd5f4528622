"""A market, the list of markets that a region begins with, and a market's trading day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Literal

from .coins import MAJORS, Coin, coins
from .prices import DAY, HOUR, Path, noise_table
from .regions import REGIONS

if TYPE_CHECKING:
    from .regions import Region

CAUTIONS = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)

# The shares of Korea on 2026-07-30: of 800 markets 11 were warned of, 190 had a caution, 175 of
# these only the fourth one, and 4 had both a warning and a caution.
_TURNS = 800
_WARNED = range(11)
_CAUTIONED_ONCE = range(7, 182)
_CAUTIONED_TWICE = range(182, 197)

_TETHER, _BITCOIN = 1.0, MAJORS[0].usd
# From which price on which tick, in KRW. Other currencies: five digits of the price.
_KRW_TICKS = (
    (500_000, 1000.0), (100_000, 100.0), (10_000, 10.0), (5_000, 5.0), (100, 1.0), (10, 0.1),
    (1, 0.01), (0.1, 0.001), (0, 0.0001),
)  # fmt: skip
_SMALLEST_TICK = -8
_CHEAPEST_IN_BTC = 0.01  # USD; less would be a few ticks
_BUSY = {coin.code for coin in MAJORS[:5]}
_KNOWN = {coin.code for coin in MAJORS}


BookShape = Literal["normal", "crossed", "one_sided", "empty"]
"""How an order book looks: a crossed one has its best bid above its best ask, a one-sided one has
no bids."""


TickerShape = Literal["normal", "outside_range", "range_inverted", "negative", "from_future"]
"""Whether a ticker can be true, and if not, why: a price outside of the day's range, a low above
the high, a volume below nought, a time an hour ahead."""


@dataclass(frozen=True, slots=True)
class Market:
    """A trading pair. `rank` is its turn to be warned of; a market listed later has none."""

    code: str
    coin: Coin
    path: Path
    rank: int | None
    trading_from: float = -math.inf
    stalled_at: float = math.inf
    flagged: bool | None = None  # a warning set or lifted by command
    state: str = "active"  # what orders/chance calls it; no other word is documented
    book: BookShape = "normal"  # by command
    book_frozen_at: float = math.inf
    ticker: TickerShape = "normal"  # by command
    candle_delay: float = 0.0  # seconds by which its candles lag behind its trades

    @property
    def quote(self) -> str:
        """The currency of its prices."""
        return self.code.partition("-")[0]

    @property
    def first_trade(self) -> float:
        """The number of its first trade; minus infinity for a market that was always there."""
        if math.isinf(self.trading_from):
            return -math.inf
        return self.path.last_trade(self.trading_from) + 1

    def last_trade(self, now: float) -> int | None:
        """The number of its latest trade, or None if it was never traded."""
        number = self.path.last_trade(min(now, self.stalled_at))
        return number if number >= self.first_trade else None

    def flags(self, now: float, markets: int) -> tuple[bool, tuple[str, ...]]:
        """Whether it is warned of, and its cautions, among so many markets; turns pass hourly."""
        if self.rank is None:
            return bool(self.flagged), ()
        turn = (self.rank + math.floor(now / HOUR)) % markets * _TURNS // markets
        warned = turn in _WARNED if self.flagged is None else self.flagged
        if turn in _CAUTIONED_ONCE:
            return warned, (CAUTIONS[3],)
        if turn in _CAUTIONED_TWICE:
            return warned, (CAUTIONS[turn % 3], CAUTIONS[4 - turn % 2])
        return warned, ()


def tick_of(quote: str, price: float) -> float:
    """The smallest step of a price."""
    if quote == "KRW":
        return next(tick for floor, tick in _KRW_TICKS if price >= floor)
    return 10.0 ** max(_SMALLEST_TICK, math.floor(math.log10(price)) - 4)


@lru_cache(maxsize=16)
def founding_markets(name: str, seed: int) -> tuple[Market, ...]:
    """The markets that a region begins with, in no order, as the exchange lists them.

    Kept: a test makes hundreds of worlds, and a market never changes.
    """
    region = REGIONS[name]
    dice = Random(f"{region.name}/{seed}")
    noise = noise_table(dice)
    every = coins(max(region.markets.values()) + len(MAJORS), dice)
    pairs = [
        (quote, coin)
        for quote, count in region.markets.items()
        for coin in [coin for coin in every if _tradable(quote, coin)][:count]
    ]
    dice.shuffle(pairs)
    return tuple(
        new_market(region, quote, coin, noise, rank) for rank, (quote, coin) in enumerate(pairs)
    )


def new_market(
    region: Region, quote: str, coin: Coin, noise: tuple[float, ...], rank: int | None
) -> Market:
    """A market whose path depends on its name and the noise alone."""
    code = f"{quote}-{coin.code}"
    dice = Random(f"{code}/{noise[0]}")
    unit = {"BTC": _BITCOIN, "USDT": _TETHER}.get(quote, 1 / region.fiat_per_usd)
    price = coin.usd / unit
    tick = tick_of(quote, price)
    interval = _interval(region, quote, coin, dice)
    path = Path(
        noise=noise,
        offset=dice.randrange(len(noise)),
        base=price,
        tick=tick,
        interval=interval,
        mean_volume=dice.uniform(20, 400) / coin.usd,
    )
    return Market(code, coin, path, rank)


def _tradable(quote: str, coin: Coin) -> bool:
    return coin.code != quote and (quote != "BTC" or coin.usd >= _CHEAPEST_IN_BTC)


def _interval(region: Region, quote: str, coin: Coin, dice: Random) -> float:
    """Mean seconds between trades: fractions for the majors, hours and days for quiet pairs."""
    longest = 3.0 if coin.code in _BUSY else 60.0 if coin.code in _KNOWN else 900.0
    quiet = (1 if quote == region.fiat else 40) * (1 if region.korean else 5)
    return quiet * math.exp(dice.uniform(math.log(0.3), math.log(longest)))


class Day:
    """A market's trading day, UTC, up to some hour of it.

    Its state is the extremes of the whole hours seen so far; they only widen.
    """

    def __init__(self, market: Market, number: int) -> None:
        path = market.path
        self._path = path
        self.number = number
        self.bounds = path.bounds
        self.start = max(number * DAY, market.trading_from)
        before = path.last_trade(math.nextafter(number * DAY, -math.inf))
        self.first_trade = int(max(before + 1, market.first_trade))
        self.opening = path.trade_price(self.first_trade)
        listed_today = market.first_trade > before
        self.previous_close = self.opening if listed_today else path.trade_price(before)
        self._hour = math.floor(self.start / HOUR)
        self._low = self._high = path.mid(self.start)

    def advance(self, time: float) -> None:
        """Take in the whole hours up to a time in this day."""
        while (self._hour + 1) * HOUR <= time:
            self._hour += 1
            mid = self._path.mid(self._hour * HOUR)
            self._low, self._high = min(self._low, mid), max(self._high, mid)

    def extremes(self, mid: float) -> tuple[float, float]:
        """The low and high of the day, up to the time that has this mid and no later hour."""
        return self._path.low(min(self._low, mid)), self._path.high(max(self._high, mid))
