"""What is listed at a target, and which of it somebody wants to see one by one.

One code that is not listed spoils a question for many, and the answer does not say which. So no
poll asks for a market by name that the market list does not have. The list is shared by a target's
polls: whoever reads it reads it for all, and nobody asks for it again while it is young.
"""

from __future__ import annotations

import asyncio
import math
import re
from fnmatch import translate
from typing import TYPE_CHECKING, Final, TypeVar

from upbit_monitor.errors import ExchangeError, Mistaken, Unreadable
from upbit_monitor.logs import Event
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.polls.base import Concern, quote_of, spread
from upbit_monitor.polls.market_row import MARKET_ALL
from upbit_monitor.polls.words import few

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence

    from upbit_monitor.exchange import Region
    from upbit_monitor.polls.base import Context, Exchange
    from upbit_monitor.polls.market_row import Market

R = TypeVar("R")


_LONGEST_KEPT: Final = 600.0
"""Seconds that the list is believed. The poll ``markets`` reads it more often."""

_ASKED_AGAIN: Final = 60.0
"""Seconds until a list that could not be read, or that was doubted, is asked for again."""

_CHUNK: Final = 100
"""Codes in one question: no limit is documented, and longer URLs have been cut or refused."""

_NOT_FOUND: Final = frozenset({404})

_WILD: Final = frozenset("*?[")
"""What makes a pattern of a code."""


class Listing:
    """The market list of one target. Its state: the codes, when they were read, and doubted.

    It is doubted when the exchange does not find a market that is on it: once a minute at most, for
    a market may be listed and not found for long.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._codes: tuple[str, ...] = ()
        self._read_at = float("-inf")
        self._doubted_at = float("-inf")
        self._reading = asyncio.Lock()

    async def read(self, exchange: Exchange) -> Sequence[Market]:
        """Ask for the list, with details. Raises what ``exchange`` raises."""
        async with self._reading:
            return await self._read(exchange)

    async def codes(self, exchange: Exchange) -> tuple[str, ...]:
        """Give the codes that are listed; asks only if the list is not there or too old.

        An old list is better than none: if a new one is not to be had, what was listed before is
        asked about, and the list a minute later. Raises what ``exchange`` raises if there is none.
        """
        async with self._reading:
            now = self._wall()
            # A clock that was set back makes a list look as if it came from the future.
            if not 0 <= now - self._read_at < _LONGEST_KEPT:
                try:
                    await self._read(exchange)
                except ExchangeError:
                    if not self._codes:
                        raise
                    self._read_at = now - _LONGEST_KEPT + _ASKED_AGAIN
            return self._codes

    async def ask(
        self,
        exchange: Exchange,
        codes: Sequence[str],
        question: Callable[[Sequence[str]], Awaitable[R]],
    ) -> R | None:
        """Ask about several markets by name. ``None`` if none of them is listed any more.

        If one has gone since the list was read, the list is read anew, and the question is asked
        about the others. Raises what ``question`` raises, and ``Unreadable`` if the list has all
        that is not found, for the next run to see whether it has settled.
        """
        asked = codes
        try:
            try:
                return await question(asked)
            except Mistaken as error:
                if error.status not in _NOT_FOUND:
                    raise
                self._doubt()
                listed = frozenset(await self.codes(exchange))
                asked = [code for code in codes if code in listed]
                if len(asked) == len(codes):
                    raise
            return await question(asked) if asked else None
        except Mistaken as error:
            if error.status not in _NOT_FOUND:
                raise
            # In the midst of a delisting, say: nothing that waits for a person.
            what = f"the exchange does not find what it lists, of {few(asked)}"
            raise Unreadable(f"{MARKET_ALL.path}: {what}: {error}") from error

    async def about(
        self, question: Awaitable[R], not_found: Collection[int] = _NOT_FOUND
    ) -> R | None:
        """Ask about a single market. ``None`` if the exchange does not find it, listed or not.

        ``not_found``: the statuses that say so. Then the list is read anew before the next run.
        Raises what ``question`` raises.
        """
        try:
            return await question
        except Mistaken as error:
            if error.status not in not_found:
                raise
            self._doubt()
            return None

    def _doubt(self) -> None:
        """Let the list be read anew when it is next asked for, unless that was done of late."""
        now = self._wall()
        if not 0 <= now - self._doubted_at < _ASKED_AGAIN:
            self._doubted_at = now
            self._read_at = float("-inf")

    async def _read(self, exchange: Exchange) -> Sequence[Market]:
        markets = await exchange.get(MARKET_ALL, ("is_details", "true"))
        if not markets:
            # An exchange without markets is a broken answer, not eight hundred delistings.
            raise Unreadable(f"{MARKET_ALL.path}: an empty list of markets")
        self._codes = tuple(dict.fromkeys(market.market for market in markets))
        self._read_at = self._wall()
        return markets


class Watchlist:
    """The markets that a poll shows one by one: codes such as KRW-BTC, or patterns as KRW-*.

    Its state: what they matched when last looked at; which of them matched nothing, and which
    markets the exchange lists and does not find; both are missing.
    """

    def __init__(self, context: Context, wanted: Sequence[str]) -> None:
        self._context = context
        self._wanted = tuple(dict.fromkeys(wanted))
        self._listed: Collection[str] | None = None
        self._chosen: tuple[str, ...] = ()
        self._unlisted: frozenset[str] = frozenset()
        self._lost: frozenset[str] = frozenset()
        self._missing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is to be shown one by one."""
        return bool(self._wanted)

    def of(self, listed: Collection[str]) -> tuple[str, ...]:
        """Give those of the listed codes that are watched, and tell of what is not listed."""
        if listed != self._listed:
            self._listed = listed
            self._chosen, found = _matches(self._wanted, listed)
            self._unlisted = frozenset(self._wanted) - found
            self._tell()
        return self._chosen

    def lose(self, codes: Iterable[str]) -> None:
        """Tell of what is listed, and was not found in this run."""
        self._lost = frozenset(codes)
        self._tell()

    async def answers(
        self,
        codes: Sequence[str],
        every: float,
        question: Callable[[str], Awaitable[R]],
        not_found: Collection[int] = _NOT_FOUND,
    ) -> AsyncIterator[tuple[str, R]]:
        """Ask about each market in a question of its own, spread over most of an interval.

        What the exchange does not find (``not_found``: the statuses that say so) is told of at the
        end. Raises what ``question`` raises.
        """
        lost = []
        async for code in spread(codes, every):
            answer = await self._context.listing.about(question(code), not_found)
            if answer is None:
                lost.append(code)
            else:
                yield code, answer
        self.lose(lost)

    @property
    def concerns(self) -> Sequence[Concern]:
        """Name what is watched and not listed, or listed and not found."""
        found = []
        if self._unlisted:
            names = ", ".join(sorted(self._unlisted))
            found.append(
                Concern(
                    f"watches {names}, which the exchange does not list",
                    "See whether it was delisted or is misspelt, and mend `watch`.",
                    told=True,
                )
            )
        if self._lost:
            found.append(
                Concern(
                    f"watches {few(self._lost)}, which the exchange lists and then does not know",
                    "It may be about to come or to go: see the exchange's notices.",
                    told=True,
                )
            )
        return tuple(found)

    def _tell(self) -> None:
        missing = self._unlisted | self._lost
        for text in sorted(missing - self._missing):
            self._context.log.warning(Event.MARKET_MISSING, market=text)
        self._missing = missing
        context = self._context
        context.board.put(c.POLL_MISSING_MARKETS, context.target, context.poll, value=len(missing))


def chunks(codes: Sequence[str]) -> Sequence[Sequence[str]]:
    """Cut a list of codes into what fits into one question each."""
    return [codes[start : start + _CHUNK] for start in range(0, len(codes), _CHUNK)]


def or_bitcoin(wanted: Sequence[str], region: Region) -> Sequence[str]:
    """Give what is watched; if that is nothing, bitcoin in the region's own currency."""
    return wanted or (f"{region.quotes[0]}-BTC",)


def plain(wanted: Iterable[str]) -> Sequence[str]:
    """Give what of a watch list is a code, and no pattern."""
    return [text for text in wanted if not _WILD & {*text}]


def at_most(wanted: Sequence[str], region: Region) -> int:
    """Give the number of markets that a watch list matches at most, as far as is known."""
    codes = {*plain(wanted)}
    quotes = {text.partition("-")[0] for text in {*wanted} - codes}
    if any(_WILD & {*quote} for quote in quotes):
        return region.markets
    size = region.size(quotes) if quotes else 0
    others = sum(code.partition("-")[0] not in quotes for code in codes)
    return min(size + others, max(region.markets, len(codes)))


def questions(markets: int) -> int:
    """Give the number of questions that ``chunks`` makes of so many codes."""
    return math.ceil(markets / _CHUNK)


def list_reads(every: float) -> float:
    """Give how often a run that comes every so many seconds reads the list, if nobody else does."""
    return min(every / _LONGEST_KEPT, 1.0)


def _matches(
    wanted: Sequence[str], listed: Collection[str]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Give the codes that are wanted, and what of the wanted matches a code."""
    named = frozenset(wanted).intersection(listed)
    patterns = [(text, re.compile(translate(text))) for text in wanted if _WILD & {*text}]
    chosen, found = [], set(named)
    for code in listed:
        hits = [text for text, pattern in patterns if pattern.fullmatch(code)]
        found.update(hits)
        if hits or code in named:
            chosen.append(code)
    return tuple(chosen), frozenset(found)


def unlisted(quotes: Iterable[str], listed: Iterable[str]) -> Iterable[Concern]:
    """Tell which quote currencies no listed market has."""
    has = {quote_of(code) for code in listed}
    names = ", ".join(quote for quote in quotes if quote not in has)
    if names:
        yield Concern(
            f"asks for all of {names}, of which no market is listed",
            "See whether it is misspelt or of another region, and mend `quotes`.",
        )
