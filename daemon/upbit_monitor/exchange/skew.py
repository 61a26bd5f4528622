"""What time it is at the exchange, as far as its answers prove it.

An answer's ``Date`` is written after the request has left and before the answer's head is here,
and it is cut to whole seconds. So at some moment ``t`` between the two, the exchange's clock
showed something from ``Date`` up to, and without, one second more. Counted from the loop's clock,
which nobody sets, the exchange's clock is ahead by at least ``Date - head_at`` and by less than
``Date + 1 - sent_at``. Answers at other moments of a second prove other bounds, and all of them
hold: what is proven is their intersection.

Two clocks drift apart, so a proof widens as it ages, and old ones fade without being forgotten:
one interval is all there is to remember. An answer that contradicts it (the exchange's clock was
set, our machine slept, another server answered whose clock is another) begins anew: the newest
answer is the one to believe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_monitor.exchange.dates import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

DRIFT: Final = 500e-6
"""Seconds a second that two clocks may part: as fast as NTP slews one, and worse than quartz."""

_RESOLUTION: Final = 1.0
"""Seconds that a ``Date`` leaves open."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One answer's ``Date``, and when it was written at the earliest and the latest."""

    date: float
    """Unix seconds by the exchange's clock, cut to whole ones."""
    sent_at: float
    """Seconds on the loop's clock when the request left."""
    head_at: float
    """Seconds on the loop's clock when the answer's head was here."""

    @classmethod
    def read(
        cls, headers: Mapping[str, str], sent_at: float | None, head_at: float | None
    ) -> Dated | None:
        """Read an answer's head; ``None`` if it proves nothing. Never raises."""
        # A cache gives the ``Date`` of the answer that it keeps, and an ``Age`` beside it.
        if sent_at is None or head_at is None or "Age" in headers:
            return None
        date = http_date(headers.get("Date", ""))
        return None if date is None else cls(date, sent_at, head_at)


@dataclass(frozen=True, slots=True)
class Span:
    """Something in seconds that is known to lie between two bounds."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The best guess."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """By how much the guess may be wrong."""
        return (self.high - self.low) / 2

    def nearest(self, value: float) -> float:
        """Give the value itself if it lies between the bounds, else the bound next to it."""
        return min(max(value, self.low), self.high)

    def widened(self, seconds: float) -> Span:
        """Move both bounds outwards."""
        return Span(self.low - seconds, self.high + seconds)

    def both(self, other: Span) -> Span | None:
        """Give what lies in both, if anything does."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Span(low, high) if low <= high else None


class ExchangeClock:
    """The exchange's clock, seen from here.

    Its state: by how much it is ahead of the loop's clock, and for which moment that is proven.
    Moments are seconds on the loop's clock.
    """

    def __init__(self) -> None:
        self._ahead: Span | None = None
        self._as_of = 0.0

    def heard(self, dated: Dated) -> None:
        """Take one answer's ``Date`` as evidence. Answers may come in any order."""
        as_of = max(self._as_of, dated.head_at)
        proven = Span(dated.date - dated.head_at, dated.date + _RESOLUTION - dated.sent_at)
        # Where between the two moments the date was written is not known: the earlier counts.
        proven = proven.widened(DRIFT * (as_of - dated.sent_at))
        known = self._at(as_of)
        # What contradicts the rest is believed alone: it is the newest.
        self._ahead = (known and known.both(proven)) or proven
        self._as_of = as_of

    def shows(self, now: float) -> Span | None:
        """Give the Unix time that it shows; ``None`` before the first evidence."""
        ahead = self._at(now)
        return None if ahead is None else Span(now + ahead.low, now + ahead.high)

    def skew(self, now: float, wall: float) -> Span | None:
        """Give the seconds by which ``wall``, our Unix time, is ahead of it."""
        shows = self.shows(now)
        return None if shows is None else Span(wall - shows.high, wall - shows.low)

    def put_right(self, now: float, wall: float) -> float:
        """Give ``wall``, our Unix time, corrected by the least that the evidence forces."""
        shows = self.shows(now)
        return wall if shows is None else shows.nearest(wall)

    def _at(self, moment: float) -> Span | None:
        return self._ahead and self._ahead.widened(DRIFT * max(moment - self._as_of, 0.0))
