"""What the owner of an account does by other means: orders that come, partly fill, and go.

The monitor is a guest beside a trader. Each order is placed near the market, may be filled in
part, and ends filled or cancelled within minutes.
"""

from __future__ import annotations

import heapq
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from upbit_monitor.simulator.refusals import RefusalError

from .accounts import Account, Order, Prices, new_uuid
from .markets import tick_of

if TYPE_CHECKING:
    from random import Random

_LONGEST_CATCH_UP = 3600.0
_MEMORY = 86400.0
_STAKE_USD = 2000.0


class Owner:
    """Trades on one account. Its state is when it acts next, and what it means to do then."""

    def __init__(self, account: Account, dice: Random, markets: list[str]) -> None:
        self.account = account
        self._dice = dice
        self._markets = markets
        self._next: float | None = None
        self._plans: list[tuple[float, str, Literal["part", "fill", "cancel"]]] = []

    def advance(self, now: float, orders_per_minute: float, prices: Prices) -> None:
        """Do all that is due by `now`; after more than an hour away, only the last hour."""
        if orders_per_minute:
            begin = self._next if self._next is not None else now - 120.0
            self._next = max(begin, now - _LONGEST_CATCH_UP)
            while self._next <= now:
                self._carry_out(self._next)
                self._place(self._next, prices)
                self._next += self._dice.expovariate(orders_per_minute / 60)
        self._carry_out(now)
        self.account.match(prices, now)
        self.account.forget(now - _MEMORY)

    def _carry_out(self, now: float) -> None:
        while self._plans and self._plans[0][0] <= now:
            at, uuid, deed = heapq.heappop(self._plans)
            order = next((o for o in self.account.open_orders() if o.uuid == uuid), None)
            if order is None or order.price is None:
                continue
            if deed == "cancel":
                self.account.cancel(uuid)
            else:
                part = order.remaining / 2 if deed == "part" else order.remaining
                self.account.fill(uuid, part, order.price, at)

    def _place(self, now: float, prices: Prices) -> None:
        dice = self._dice
        market, side = dice.choice(self._markets), dice.choice(("bid", "ask"))
        distance, life = dice.uniform(0.002, 0.02), dice.uniform(30, 180)
        ends: Literal["fill", "cancel"] = dice.choice(("fill", "cancel"))
        watched = dice.random() < 1 / 8
        price = prices(market)
        if price is None:
            return
        limit = price * (1 - distance if side == "bid" else 1 + distance)
        fiat_per_usd = self.account.region.fiat_per_usd
        order = Order(
            uuid=new_uuid(dice),
            market=market,
            side="bid" if side == "bid" else "ask",
            ord_type="limit",
            price=_on_tick(limit, tick_of(market.partition("-")[0], limit)),
            volume=Decimal(f"{_STAKE_USD * fiat_per_usd / price:.4f}"),
            fee_rate=self.account.region.fee,
            created_at=now,
            state="watch" if watched else "wait",
        )
        try:
            self.account.place(order)
        except RefusalError:  # short of funds: the owner waits for the next occasion
            return
        heapq.heappush(self._plans, (now + life / 2, order.uuid, "part"))
        heapq.heappush(self._plans, (now + life, order.uuid, ends))


def _on_tick(price: float, tick: float) -> Decimal:
    return Decimal(f"{round(price / tick) * tick:.8f}").normalize()
