"""One owner's money and orders. Amounts are exact decimals.

A bid locks its price and fee, an ask its coins; fills and cancellations release what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from upbit_monitor.simulator.refusals import exchange_refusal

from .coins import MAJORS

if TYPE_CHECKING:
    from random import Random

    from .regions import Region

Prices = Callable[[str], float | None]
"""The latest price of a market, by its code."""

_ZERO = Decimal(0)
_WEALTH_USD = Decimal(500_000)
_COINS_HELD = 6


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of an order."""

    uuid: str
    price: Decimal
    volume: Decimal
    at: float

    @property
    def funds(self) -> Decimal:
        """What changed hands, in the quote currency."""
        return self.price * self.volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. A market order has no price, an order for a sum has no volume."""

    uuid: str
    market: str
    side: Literal["bid", "ask"]
    ord_type: str
    price: Decimal | None
    volume: Decimal | None
    fee_rate: Decimal
    created_at: float
    state: Literal["wait", "watch", "done", "cancel"] = "wait"
    identifier: str | None = None
    time_in_force: str | None = None
    fills: tuple[Fill, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it can still be filled or cancelled."""
        return self.state in {"wait", "watch"}

    @property
    def executed(self) -> Decimal:
        """The volume filled so far."""
        return sum((fill.volume for fill in self.fills), _ZERO)

    @property
    def remaining(self) -> Decimal:
        """The volume not filled; nought for an order for a sum."""
        return self.volume - self.executed if self.volume is not None else _ZERO

    @property
    def paid_fee(self) -> Decimal:
        """The fee of what was filled."""
        return sum((fill.funds for fill in self.fills), _ZERO) * self.fee_rate

    @property
    def remaining_fee(self) -> Decimal:
        """The fee that what is left would cost."""
        if not self.open or self.side == "ask" or self.price is None:
            return _ZERO
        return self.price * self.remaining * self.fee_rate

    @property
    def reserved_fee(self) -> Decimal:
        """The fee of the whole order while it is open; nought afterwards, as recorded."""
        return self.remaining_fee + self.paid_fee if self.open else _ZERO

    @property
    def locked(self) -> Decimal:
        """What it holds of its owner's money: quote currency for a bid, coins for an ask."""
        if not self.open:
            return _ZERO
        if self.side == "ask":
            return self.remaining
        return (self.price or _ZERO) * self.remaining + self.remaining_fee

    @property
    def currency(self) -> str:
        """What it locks."""
        quote, _, base = self.market.partition("-")
        return quote if self.side == "bid" else base


class Account:
    """Its state is what it owns of each currency, locked or not, and its orders."""

    def __init__(self, region: Region, dice: Random) -> None:
        self.region = region
        self.funds = {region.fiat: _WEALTH_USD * int(region.fiat_per_usd + 1)}
        for coin in MAJORS[:_COINS_HELD]:
            self.funds[coin.code] = (_WEALTH_USD / 10 / Decimal(coin.usd)).quantize(Decimal("0.01"))
        self.dice = dice
        self._open: dict[str, Order] = {}
        self._ended: dict[str, Order] = {}

    # -- questions ----------------------------------------------------------------------------

    def open_orders(self) -> list[Order]:
        """Everything that can still be filled, the oldest first."""
        return list(self._open.values())

    def ended_orders(self) -> list[Order]:
        """Everything done or cancelled and not yet forgotten, in order of its end."""
        return list(self._ended.values())

    def locked(self, currency: str) -> Decimal:
        """How much of a currency open orders hold."""
        held = (order.locked for order in self._open.values() if order.currency == currency)
        return sum(held, _ZERO)

    def available(self, currency: str) -> Decimal:
        """How much of a currency is free."""
        return self.funds.get(currency, _ZERO) - self.locked(currency)

    def find(self, uuid: str | None = None, identifier: str | None = None) -> Order:
        """An order by uuid, which wins, or by identifier. Refuses with order_not_found."""
        for orders in (self._open, self._ended):
            if uuid in orders:
                return orders[uuid]
            named = (o for o in orders.values() if identifier and o.identifier == identifier)
            if not uuid and (order := next(named, None)):
                return order
        raise exchange_refusal("order_not_found")

    # -- commands -----------------------------------------------------------------------------

    def place(self, order: Order) -> None:
        """Take in an order. Refuses with insufficient_funds_bid/ask or duplicated_identifier."""
        known = (*self._open.values(), *self._ended.values()) if order.identifier else ()
        if any(other.identifier == order.identifier for other in known):
            raise exchange_refusal("duplicated_identifier")
        if order.locked > self.available(order.currency):
            raise exchange_refusal(f"insufficient_funds_{order.side}", order.currency)
        self._open[order.uuid] = order

    def fill(self, uuid: str, volume: Decimal, price: Decimal, now: float) -> None:
        """Trade a part of an open order, at most what is left of it. Refuses with order_not_found.

        The part is worth its volume at that price, whatever the order's own price.
        """
        order = self._opened(uuid)
        self._open[uuid] = order = self._traded(order, min(volume, order.remaining), price, now)
        if not order.remaining:
            self._end(order, "done")

    def execute(self, order: Order, volume: Decimal, price: Decimal, now: float) -> None:
        """Trade an order at once and end it; what it could not spend is given back.

        Refuses with insufficient_funds_bid/ask.
        """
        bid = order.side == "bid"
        cost = volume * price * (1 + order.fee_rate) if bid else volume
        if cost > self.available(order.currency):
            raise exchange_refusal(f"insufficient_funds_{order.side}", order.currency)
        spent = volume == order.volume or volume * price == order.price
        self._open[order.uuid] = self._traded(order, volume, price, now)
        self._end(self._open[order.uuid], "done" if spent else "cancel")

    def cancel(self, uuid: str) -> None:
        """End an open order. Refuses with order_not_found if it is not open."""
        self._end(self._opened(uuid), "cancel")

    def match(self, prices: Prices, now: float) -> None:
        """Fill every open order that the market price has reached."""
        for order in self.open_orders():
            price = prices(order.market)
            if order.state == "wait" and order.price is not None and price is not None:
                limit = float(order.price)
                if price <= limit if order.side == "bid" else price >= limit:
                    self.fill(order.uuid, order.remaining, order.price, now)

    def forget(self, before: float) -> None:
        """Drop ended orders placed before a time, as the exchange's lists do after a while."""
        while self._ended and next(iter(self._ended.values())).created_at < before:
            del self._ended[next(iter(self._ended))]

    def _traded(self, order: Order, volume: Decimal, price: Decimal, now: float) -> Order:
        fill = Fill(new_uuid(self.dice), price, volume, now)
        quote, _, base = order.market.partition("-")
        sign = 1 if order.side == "bid" else -1
        self.funds[base] = self.funds.get(base, _ZERO) + sign * volume
        paid = sign * fill.funds + fill.funds * order.fee_rate
        self.funds[quote] = self.funds.get(quote, _ZERO) - paid
        return replace(order, state="wait", fills=(*order.fills, fill))

    def _opened(self, uuid: str) -> Order:
        if uuid not in self._open:
            raise exchange_refusal("order_not_found")
        return self._open[uuid]

    def _end(self, order: Order, state: Literal["done", "cancel"]) -> None:
        del self._open[order.uuid]
        self._ended[order.uuid] = replace(order, state=state)


def new_uuid(dice: Random) -> str:
    """A version 4 uuid by seeded dice."""
    return str(UUID(int=dice.getrandbits(128), version=4))
