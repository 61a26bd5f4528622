"""The account's open orders: how many, how old, and which do not move."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from upbit_monitor.errors import Unreadable
from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls.base import Context, Exchange, Poll, Seconds, interval, option

if TYPE_CHECKING:
    from collections.abc import Sequence


class Order(msgspec.Struct):
    """One open order, as far as it is shown."""

    uuid: str
    market: str
    side: str
    state: str
    created_at: str
    """ISO 8601; with an offset in Korea, shown without one in the global documents."""
    executed_volume: Decimal

    def __post_init__(self) -> None:
        if not self.executed_volume.is_finite():
            raise ValueError("an executed volume that is no number")


ORDERS_OPEN: Final = Endpoint(
    name="orders_open",
    path="/v1/orders/open",
    group="default",
    shape=list[Order],
    private=True,
    sample=(
        b'[{"uuid":"d098ceaf-6811-4df8-97f2-b7e01aefc03f","side":"bid","ord_type":"limit",'
        b'"price":"140000000","state":"wait","market":"KRW-BTC",'
        b'"created_at":"2025-07-04T15:00:00+09:00","volume":"1.0","remaining_volume":"1.0",'
        b'"executed_volume":"0.0","reserved_fee":"70000.0","remaining_fee":"70000.0",'
        b'"paid_fee":"0.0","locked":"140070000.0","prevented_volume":"0",'
        b'"prevented_locked":"0","trades_count":0}]'
    ),
)

SIDES: Final = ("bid", "ask")
STATES: Final = ("wait", "watch")
_PAGE: Final = 100
"""Orders on a page: the most that the exchange gives."""

OPEN_ORDERS: Final = Family(
    "upbit_open_orders", "gauge", "Open orders of the account.", ("target", "side", "state")
)
OLDEST: Final = Family(
    "upbit_open_orders_oldest_created_timestamp_seconds",
    "gauge",
    "Creation time of the oldest open order, in Unix seconds; absent if there is none. A time "
    "without an offset is taken as the region's local time.",
    ("target", "side"),
)
STUCK: Final = Family(
    "upbit_open_orders_stuck",
    "gauge",
    "Open orders older than the threshold whose executed volume has not changed for that long. A "
    "part-filled order is timed from when it was first seen, a reload included.",
    ("target", "side"),
)


@dataclass(frozen=True, slots=True)
class OpenOrdersOptions:
    """How open orders are polled."""

    every: Seconds = interval(10)
    stuck_after: Seconds = option(
        "An order that is older than this, and has not been filled any further for as long, is "
        "stuck.",
        Seconds(3600),
        minimum=1,
    )


class OpenOrders(Poll[OpenOrdersOptions]):
    """Polls open orders. Its state: for each, its executed volume and since when it is that."""

    name: ClassVar[str] = "open_orders"
    summary: ClassVar[str] = "The account's open orders; needs a key that may view orders."
    private: ClassVar[bool] = True
    permission: ClassVar[str | None] = "View orders"
    priority: ClassVar[int] = 0
    options: ClassVar[type[OpenOrdersOptions]] = OpenOrdersOptions
    endpoints: ClassVar[tuple[Endpoint[list[Order]], ...]] = (ORDERS_OPEN,)
    families: ClassVar[tuple[Family, ...]] = (OPEN_ORDERS, OLDEST, STUCK)

    def __init__(self, context: Context, options: OpenOrdersOptions) -> None:
        super().__init__(context, options)
        self._progress: dict[str, tuple[Decimal, float]] = {}

    async def run(self, exchange: Exchange) -> None:
        """Ask for every page of open orders, and show them."""
        orders = await self._ask(exchange)
        self._show([(order, self._created(order)) for order in orders])

    async def _ask(self, exchange: Exchange) -> Sequence[Order]:
        """Follow the pages to the end.

        The list moves meanwhile. An order counts once; one that slides to a page already read,
        since another ended, is missed until the next run.
        """
        orders: dict[str, Order] = {}
        page = 1
        while True:
            found = await exchange.get(
                ORDERS_OPEN,
                ("states[]", "wait"),
                ("states[]", "watch"),
                ("page", str(page)),
                ("limit", str(_PAGE)),
                # Oldest first: an order that comes meanwhile does not move the pages ahead.
                ("order_by", "asc"),
            )
            known = len(orders)
            orders.update((order.uuid, order) for order in found)
            if len(found) < _PAGE or len(orders) == known:
                return list(orders.values())
            page += 1

    def _created(self, order: Order) -> float:
        try:
            moment = datetime.fromisoformat(order.created_at)
        except ValueError:
            raise Unreadable(f"{ORDERS_OPEN.path}: created_at is no ISO 8601 time") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._context.region.zone)
        return moment.timestamp()

    def _show(self, orders: Sequence[tuple[Order, float]]) -> None:
        board, target = self._context.board, self._context.target
        count = Counter(
            (self._side(OPEN_ORDERS, order), board.fold(OPEN_ORDERS, order.state, STATES))
            for order, _ in orders
        )
        known = [(side, state) for side in SIDES for state in STATES]
        board.show(
            OPEN_ORDERS, target, {key: count[key] for key in dict.fromkeys((*known, *count))}
        )
        oldest: dict[tuple[str, ...], float] = {}
        for order, created in orders:
            side = (self._side(OLDEST, order),)
            oldest[side] = min(created, oldest.get(side, created))
        board.show(OLDEST, target, oldest)
        stuck = Counter(self._side(STUCK, order) for order in self._stuck(orders))
        board.show(
            STUCK, target, {(side,): stuck[side] for side in dict.fromkeys((*SIDES, *stuck))}
        )

    def _side(self, family: Family, order: Order) -> str:
        return self._context.board.fold(family, order.side, SIDES)

    def _stuck(self, orders: Sequence[tuple[Order, float]]) -> Sequence[Order]:
        now = self._context.wall()
        before, self._progress = self._progress, {}
        stuck = []
        for order, created in orders:
            # An order seen for the first time may have been filled in part a moment ago.
            unknown = (order.executed_volume, now if order.executed_volume else created)
            volume, since = before.get(order.uuid, unknown)
            if volume != order.executed_volume:
                since = now
            self._progress[order.uuid] = (order.executed_volume, since)
            if now - since > self._options.stuck_after:
                stuck.append(order)
        return stuck
