"""The simulated market place: markets that come, go and stall, and the accounts that trade on it.

It is seeded and never reads a clock: the same seed, commands and times give the same world.
Prices are functions of time (see prices.py); only listings, orders and balances have a history.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from .accounts import Account
from .coins import MAJORS, Coin
from .markets import Day, Market, founding_markets, new_market
from .owner import Owner
from .prices import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .markets import BookShape, TickerShape
    from .regions import Region

Scope = tuple[str, ...]
"""Whose quota, or whose money: ("ip", address), ("account", name) or ("pocket", account, name)."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a command made of a wallet; None: as it would be by itself."""

    state: str | None = None
    block_state: str | None = None
    listed: bool = True


class World:
    """Everything behind the API.

    Its state is the time, the listed markets, the accounts, and the wallets that were changed.
    """

    def __init__(self, region: Region, seed: int) -> None:
        self.region = region
        self.now = -math.inf
        self._seed = seed
        self._markets = {market.code: market for market in founding_markets(region.name, seed)}
        self._noise = next(iter(self._markets.values())).path.noise
        self._days: dict[str, Day] = {}
        self._owners: dict[Scope, Owner] = {}
        self.wallets: dict[str, Wallet] = {}

    # -- questions ----------------------------------------------------------------------------

    @property
    def markets(self) -> Iterable[Market]:
        """Everything listed now, in the exchange's own order: none."""
        return self._markets.values()

    def __len__(self) -> int:
        return len(self._markets)

    def find(self, code: str) -> Market | None:
        """A listed market."""
        return self._markets.get(code)

    def price(self, code: str) -> float | None:
        """The price of the latest trade of a market; None without market or trade."""
        market = self.find(code)
        trade = market.last_trade(self.now) if market else None
        return market.path.trade_price(trade) if market and trade is not None else None

    def day(self, market: Market, time: float) -> Day:
        """The trading day of a market in which a time lies, with its hours up to that time."""
        number = math.floor(time / DAY)
        day = self._days.get(market.code)
        if day is None or day.number != number:
            day = self._days[market.code] = Day(market, number)
        day.advance(time)
        return day

    def account(self, scope: Scope) -> Account:
        """The money and the orders of a scope, which appear when first asked for."""
        return self._owner(scope).account

    # -- commands -----------------------------------------------------------------------------

    def advance(self, now: float, orders_per_minute: float) -> None:
        """Let the owners trade until `now`. An earlier `now` than before changes nothing."""
        if now <= self.now:
            return
        self.now = now
        for owner in self._owners.values():
            owner.advance(now, orders_per_minute, self.price)

    def list_market(
        self, code: str, *, names: tuple[str, str] = ("", ""), after: float = 0
    ) -> None:
        """List a market now; it trades only so many seconds later. A listed one starts anew.

        Raises ValueError for a code that is not of the form KRW-BTC, or of a foreign currency.
        """
        quote, _, base = code.partition("-")
        if quote not in self.region.markets or not re.fullmatch("[A-Z0-9]+", base):
            raise ValueError(f"{code!r} cannot be a market of {self.region.name}")
        known = next((coin for coin in MAJORS if coin.code == base), None)
        coin = known or Coin(base, names[0] or base.title(), names[1] or base, 1.0)
        market = new_market(self.region, quote, coin, self._noise, None)
        self._days.pop(code, None)
        self._markets[code] = replace(market, trading_from=self.now + after)

    def delist(self, code: str) -> None:
        """Take a market off the list. Raises KeyError if it is not on it."""
        del self._markets[code]
        self._days.pop(code, None)

    def stall(self, code: str) -> None:
        """Let nobody trade on a market from now on. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], stalled_at=self.now)

    def resume(self, code: str) -> None:
        """Let a stalled market go on as if it had not stood still. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], stalled_at=math.inf)

    def flag(self, code: str, *, warned: bool) -> None:
        """Set or lift the warning of a market for good. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], flagged=warned)

    def call(self, code: str, state: str) -> None:
        """Let orders/chance say this of a market. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], state=state)

    def change_wallet(self, currency: str, wallet: Wallet) -> None:
        """Let a wallet be so, until told otherwise. Raises KeyError for one that is not there."""
        if currency not in {coin.code for coin in MAJORS}:
            raise KeyError(currency)
        self.wallets[currency] = wallet

    def shape_book(self, code: str, shape: BookShape) -> None:
        """Let the order book of a market look so from now on. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], book=shape)

    def shape_ticker(self, code: str, shape: TickerShape) -> None:
        """Let the ticker of a market look so from now on. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], ticker=shape)

    def freeze_book(self, code: str, *, frozen: bool) -> None:
        """Serve the order book of a market as it is now, or let it move again. Raises KeyError."""
        at = self.now if frozen else math.inf
        self._markets[code] = replace(self._markets[code], book_frozen_at=at)

    def delay_candles(self, code: str, seconds: float) -> None:
        """Let the candles of a market lag behind its trades. Raises KeyError."""
        self._markets[code] = replace(self._markets[code], candle_delay=seconds)

    def _owner(self, scope: Scope) -> Owner:
        if scope not in self._owners:
            dice = Random(f"{self._seed}/{scope}")
            account = Account(self.region, dice)
            codes = [
                coin.code for coin in MAJORS if f"{self.region.fiat}-{coin.code}" in self._markets
            ]
            self._owners[scope] = Owner(account, dice, [f"{self.region.fiat}-{c}" for c in codes])
        return self._owners[scope]
