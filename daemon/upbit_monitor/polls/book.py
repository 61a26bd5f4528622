"""One order book: where it is asked for, its best prices, how deep it is, how far it shows.

Pure. A level whose price or size is null, absent or zero is no order: where one side of a book
is shorter than the other, something must stand in its place. Levels may come in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.polls.moments import Milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SIDES: Final = ("bid", "ask")

Amount = Annotated[float, msgspec.Meta(le=1e18)]
"""A price or a size. What is larger is a mistake, and its products would be no numbers."""
_LEAST: Final = 1e-18
"""The smallest price and size that count as one; the exchange's smallest step is 1e-8."""

_PERCENT: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4})?%", flags=re.ASCII)
_HUNDRED: Final = 100.0

_EDGE: Final = 1e-12
"""Ratio of the middle by which a band's edge may be missed: far below any step of a price."""
_CUT_OFF: Final = 15
"""Steps that a side has if it may go on: the documents say 30, answers of some years ago had 15."""


class Unit(msgspec.Struct):
    """One step of the book: a level of either side."""

    ask_price: Amount | None = None
    bid_price: Amount | None = None
    ask_size: Amount | None = None
    bid_size: Amount | None = None


class Book(msgspec.Struct):
    """One row. Korea's ``level`` is not asked for: 0, the book as it is."""

    market: str
    timestamp: Milliseconds | None = None
    orderbook_units: list[Unit] | None = None


ORDERBOOK: Final = Endpoint(
    name="orderbook",
    path="/v1/orderbook",
    group="orderbook",
    shape=list[Book],
    sample=(
        b'[{"market":"KRW-BTC","timestamp":1751606867762,"total_ask_size":10.37591054,'
        b'"total_bid_size":9.49577219,"orderbook_units":[{"ask_price":148520000,'
        b'"bid_price":148490000,"ask_size":0.0134662,"bid_size":0.04296774},'
        b'{"ask_price":148590000,"bid_price":148480000,"ask_size":0.00075646,'
        b'"bid_size":0.00336561}],"level":0}]'
    ),
)


class Level(NamedTuple):
    """Orders at one price, in the quote currency, and their size, in the base currency."""

    price: float
    size: float


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a book, each from the best price on."""

    bid: Sequence[Level]
    ask: Sequence[Level]

    @classmethod
    def of(cls, book: Book) -> Sides:
        """Sort a book into its sides."""
        units = book.orderbook_units or ()
        bids = _levels((unit.bid_price, unit.bid_size) for unit in units)
        asks = _levels((unit.ask_price, unit.ask_size) for unit in units)
        return cls(bid=sorted(bids, reverse=True), ask=sorted(asks))

    @property
    def best(self) -> Mapping[str, float]:
        """The best price of each side that has one."""
        return {name: side[0].price for name, side in self.named if side}

    @property
    def named(self) -> Iterable[tuple[str, Sequence[Level]]]:
        """Both sides with their names."""
        return zip(SIDES, (self.bid, self.ask), strict=True)

    @property
    def mid(self) -> float | None:
        """The middle between the best prices; none unless both sides have one."""
        if not (self.bid and self.ask):
            return None
        return (self.bid[0].price + self.ask[0].price) / 2

    @property
    def spread(self) -> float | None:
        """The best ask less the best bid, as a ratio of the middle; negative if they crossed."""
        mid = self.mid
        return (self.ask[0].price - self.bid[0].price) / mid if mid else None

    @property
    def flaw(self) -> str | None:
        """What is wrong with the prices, if anything is: crossed, one_sided or empty."""
        if not (self.bid or self.ask):
            return "empty"
        if not (self.bid and self.ask):
            return "one_sided"
        return "crossed" if self.bid[0].price >= self.ask[0].price else None

    def depth(self, band: float) -> Mapping[str, float]:
        """Give the value of each side's orders within this ratio of the middle, if it is known.

        In quote currency. Of a book that has no middle, or is crossed, nothing; nor of a side
        that is cut off before the band ends: what lies beyond is not known.
        """
        mid = self.mid
        if mid is None or self.flaw is not None:
            return {}
        # An order that stands on the edge is within; doubles do not know that 39.8 is.
        edge, short_of_it = mid * (band + _EDGE), mid * (band - _EDGE)
        return {
            name: sum(one.price * one.size for one in side if abs(one.price - mid) <= edge)
            for name, side in self.named
            if abs(side[-1].price - mid) >= short_of_it or len(side) < _CUT_OFF
        }

    @property
    def reach(self) -> Mapping[str, float]:
        """How far each side's farthest order is from the middle, as a ratio of the middle.

        Of a book that has no middle, or is crossed, nothing.
        """
        mid = self.mid
        if mid is None or self.flaw is not None:
            return {}
        return {name: abs(side[-1].price - mid) / mid for name, side in self.named}


def is_band(text: str) -> bool:
    """Tell whether a text such as ``0.5%`` is a percentage above 0% and up to 100%."""
    return _PERCENT.fullmatch(text) is not None and 0 < float(text[:-1]) <= _HUNDRED


def band(text: str) -> float:
    """Give the ratio that a text such as ``0.5%`` means."""
    # Divided, not multiplied: 0.1 / 100 is the double that 0.001 is.
    return float(text[:-1]) / _HUNDRED


def _levels(pairs: Iterable[tuple[float | None, float | None]]) -> list[Level]:
    return [
        Level(price, size)
        for price, size in pairs
        if price is not None and size is not None and min(price, size) >= _LEAST
    ]
