"""Prices that move by themselves: a pure function of a market's seed and the time.

A price path is a sum of straight-lined noises of ever longer periods, so that it is known at any
instant without a history, and its extremes over a stretch lie at whole hours or at the ends of
the stretch. Trades happen on a jittered beat; trade number k of a market is the same trade
whoever asks and whenever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

HOUR = 3600.0
DAY = 86400.0

_NOISE_SIZE = 4096
# Period in seconds, and how far this noise may move the price, as a share of it.
_NOISES = ((HOUR, 0.006), (6 * HOUR, 0.012), (DAY, 0.03), (16 * DAY, 0.14))
_REACH = sum(amplitude for _, amplitude in _NOISES)
_HALF_SPREAD = 0.0002


def noise_table(dice: Random) -> tuple[float, ...]:
    """Random numbers, -1 to 1, that all paths of a world share."""
    return tuple(dice.uniform(-1, 1) for _ in range(_NOISE_SIZE))


@dataclass(frozen=True, slots=True)
class Path:
    """The life of one market. `interval` is the mean time between trades, in seconds."""

    noise: tuple[float, ...]
    offset: int
    base: float
    tick: float
    interval: float
    mean_volume: float

    def mid(self, time: float) -> float:
        """The price in the middle of the book, not rounded."""
        noise, place, mask = self.noise, self.offset, _NOISE_SIZE - 1
        move = 0.0
        for period, amplitude in _NOISES:
            beats = time / period
            index = math.floor(beats)
            part = beats - index
            index += place
            left = noise[index & mask]
            move += amplitude * (left + (noise[(index + 1) & mask] - left) * part)
            place += 997
        return self.base * (1 + move)

    def rounded(self, price: float) -> float:
        """The nearest price that can be traded, at least one tick."""
        return max(1, round(price / self.tick)) * self.tick

    def last_trade(self, time: float) -> int:
        """The number of the latest trade at or before a time."""
        number = int(time // self.interval)
        return number if self.trade_time(number) <= time else number - 1

    def trade_time(self, number: int) -> float:
        """When a trade happens: on its beat, or up to half a beat later."""
        jitter = self.noise[(number + self.offset) & (_NOISE_SIZE - 1)]
        return (number + 0.25 + 0.25 * jitter) * self.interval

    def trade_price(self, number: int) -> float:
        """What it is traded at."""
        return self.crossed(self.mid(self.trade_time(number)), number)

    def crossed(self, mid: float, number: int) -> float:
        """What a trade costs when this is the middle of the book."""
        side = _HALF_SPREAD if self.buys(number) else -_HALF_SPREAD
        return self.rounded(mid * (1 + side))

    def trade_volume(self, number: int) -> float:
        """How much is traded; the mean over all trades is `mean_volume`."""
        return self.mean_volume * (1 + 0.9 * self._random(number + 1301))

    def buys(self, number: int) -> bool:
        """Whether the buyer crossed the spread."""
        return self._random(number + 2203) > 0

    def extremes(self, start: float, end: float) -> tuple[float, float]:
        """A low and a high that hold every trade from start to end.

        Exact to the spread up to a day; sampled at 25 instants beyond.
        """
        step = HOUR * math.ceil(max(1.0, (end - start) / DAY))
        first = math.ceil(start / step)
        inner = (self.mid(k * step) for k in range(first, math.floor(end / step) + 1))
        mids = [self.mid(start), self.mid(end), *inner]
        return self.low(min(mids)), self.high(max(mids))

    def low(self, mid: float) -> float:
        """The lowest trade that a lowest mid allows."""
        return self.rounded(mid * (1 - _HALF_SPREAD))

    def high(self, mid: float) -> float:
        """The highest trade that a highest mid allows."""
        return self.rounded(mid * (1 + _HALF_SPREAD))

    @property
    def bounds(self) -> tuple[float, float]:
        """A low and a high that are never left."""
        return self.low(self.base * (1 - _REACH)), self.high(self.base * (1 + _REACH))

    def _random(self, number: int) -> float:
        return self.noise[(number + self.offset) & (_NOISE_SIZE - 1)]
