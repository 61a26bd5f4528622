"""The account's open orders: how many, how old, what they bind, and which do not move."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls import amounts, words
from upbit_monitor.polls.base import (
    Concern,
    Context,
    Exchange,
    Poll,
    Seconds,
    interval,
    option,
    quote_of,
)
from upbit_monitor.polls.moments import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Order(msgspec.Struct):
    """One open order, as far as it is shown. A market order has no price."""

    uuid: str
    market: str
    side: str
    state: str
    created_at: str
    """ISO 8601; with an offset in Korea, shown without one in the global documents."""
    executed_volume: Decimal
    remaining_volume: Decimal | None = None
    price: Decimal | None = None
    locked: Decimal | None = None
    """Of a bid in the quote currency, its fee included; of an ask in coins."""

    def __post_init__(self) -> None:
        amounts.check(self.executed_volume, self.remaining_volume, self.price, self.locked)


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
_CONDITIONAL: Final = "watch"
_PAGE: Final = 100
"""Orders on a page: the most that the exchange gives."""

OPEN_ORDERS: Final = Family(
    "upbit_open_orders",
    "gauge",
    "Open orders of the account.",
    ("target", "side", "state"),
    advice="Far more or fewer than usual: see whether whoever places orders still runs, and "
    "whether it cancels what it replaces.",
)
OLDEST: Final = Family(
    "upbit_open_orders_oldest_created_timestamp_seconds",
    "gauge",
    "Creation time of the oldest open order, in Unix seconds; absent if there is none. A time "
    "without an offset is taken as the region's local time.",
    ("target", "side"),
    advice="An order much older than the strategy means may be forgotten, with money bound in it.",
)
STUCK: Final = Family(
    "upbit_open_orders_stuck",
    "gauge",
    "Open orders older than the threshold whose executed volume has not changed for that long. A "
    "part-filled order is timed from when it was first seen, a reload included. Conditional orders "
    "(watch) wait for their price and are not among them.",
    ("target", "side"),
    advice="Look at these orders on the exchange: the price may have left them, or whoever placed "
    "them may be gone. The page names the markets.",
)
VALUE: Final = Family(
    "upbit_open_orders_value",
    "gauge",
    "What open orders bind, in the quote currency: of bids the money locked, fee included; of asks "
    "the remaining volume at their own price, where they have one. Absent if an order does not "
    "tell its part; a quote currency that the region is not known to have is left out.",
    ("target", "side", "quote"),
    advice="Money that rests in orders is not free for others: compare it with what the strategy "
    "means to bind.",
)
OF_MARKET: Final = Family(
    "upbit_market_open_orders",
    "gauge",
    "Open orders in a watched market. A market watched by its code is 0 without orders; one "
    "watched by a pattern is absent then.",
    ("target", "market"),
    advice="A market that should always have orders and has none: see whether its trader runs.",
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
    watch: tuple[str, ...] = option(
        "Markets of which the open orders are counted one by one, such as KRW-BTC or KRW-*.", ()
    )


class OpenOrders(Poll[OpenOrdersOptions]):
    """Polls open orders. Its state: for each, its executed volume and since when it is that.

    A page holds 100 orders. How many pages there are is not known before: one is planned for.
    """

    name: ClassVar[str] = "open_orders"
    summary: ClassVar[str] = "The account's open orders; needs a key that may view orders."
    private: ClassVar[bool] = True
    permission: ClassVar[str | None] = "View orders"
    priority: ClassVar[int] = 0
    cost: ClassVar[str] = (
        "One request for each hundred open orders, and one if there are none; one is planned, for "
        "how many are open is not known before."
    )
    options: ClassVar[type[OpenOrdersOptions]] = OpenOrdersOptions
    endpoints: ClassVar[tuple[Endpoint[list[Order]], ...]] = (ORDERS_OPEN,)
    families: ClassVar[tuple[Family, ...]] = (OPEN_ORDERS, OLDEST, STUCK, VALUE, OF_MARKET)

    def __init__(self, context: Context, options: OpenOrdersOptions) -> None:
        super().__init__(context, options)
        self._progress: dict[str, tuple[Decimal, float]] = {}

    async def run(self, exchange: Exchange) -> None:
        """Ask for every page of open orders, and show them."""
        orders = await self._ask(exchange)
        region = self._context.region
        self._show(
            [
                (order, moment(order.created_at, region, ORDERS_OPEN, "created_at"))
                for order in orders
            ]
        )

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
        stuck = self._stuck(orders)
        sides = Counter(self._side(STUCK, order) for order in stuck)
        board.show(
            STUCK, target, {(side,): sides[side] for side in dict.fromkeys((*SIDES, *sides))}
        )
        board.show(VALUE, target, self._values([order for order, _ in orders]))
        board.show(OF_MARKET, target, self._of_markets([order for order, _ in orders]))
        self._tell([created for _, created in orders], stuck)

    def _values(self, orders: Sequence[Order]) -> Mapping[tuple[str, ...], float]:
        quotes = self._context.region.quotes
        parts: dict[tuple[str, ...], list[Decimal | None]] = defaultdict(list)
        for order in orders:
            quote = self._context.board.fold(VALUE, quote_of(order.market), quotes)
            if order.side == "ask" and order.price is None:
                continue
            parts[order.side, quote].append(_bound(order))
        # Currencies that nobody knows cannot be added up: they have no value in common.
        known = [(side, quote) for side in SIDES for quote in quotes]
        told = {key: [part for part in parts[key] if part is not None] for key in known}
        return {
            key: float(sum(told[key], Decimal(0)))
            for key in known
            if len(told[key]) == len(parts[key])
        }

    def _of_markets(self, orders: Sequence[Order]) -> Mapping[tuple[str, ...], float]:
        """Count by market. A market without orders is not missing: nobody asked if it is listed."""
        watch = self._options.watch
        count = Counter(order.market for order in orders)
        chosen = [code for code in count if any(fnmatchcase(code, text) for text in watch)]
        by_code = [text for text in watch if not {*text} & {*"*?["}]
        return {(code,): count[code] for code in dict.fromkeys((*by_code, *chosen))}

    def _tell(self, created: Sequence[float], stuck: Sequence[Order]) -> None:
        """Say it for people: no uuid, no amount."""
        parts = [f"{len(created)} open"] if created else ["none open"]
        if stuck:
            parts.append(f"{len(stuck)} stuck")
        if created:
            parts.append(f"oldest {words.about(self._context.exchange_time() - min(created))}")
        self.gist = ", ".join(parts)
        limit = words.about(self._options.stuck_after)
        sides = [(side, [order.market for order in stuck if order.side == side]) for side in SIDES]
        self.concerns = tuple(
            Concern(
                f"has {words.counted(len(markets), side)} not filled any further for more than "
                f"{limit}: {words.few(markets)}",
                f"See on the exchange whether such a {side} is still wanted, and whether whoever "
                "placed it still runs.",
            )
            for side, markets in sides
            if markets
        )

    def _side(self, family: Family, order: Order) -> str:
        return self._context.board.fold(family, order.side, SIDES)

    def _stuck(self, orders: Sequence[tuple[Order, float]]) -> Sequence[Order]:
        now = self._context.exchange_time()
        before, self._progress = self._progress, {}
        stuck = []
        for order, created in orders:
            # An order seen for the first time may have been filled in part a moment ago.
            unknown = (order.executed_volume, now if order.executed_volume else created)
            volume, since = before.get(order.uuid, unknown)
            if volume != order.executed_volume or order.state == _CONDITIONAL:
                since = now  # one that waits for its price is in no book yet
            self._progress[order.uuid] = (order.executed_volume, since)
            if now - since > self._options.stuck_after:
                stuck.append(order)
        return stuck


def _bound(order: Order) -> Decimal | None:
    """Give what an order binds, in its quote currency; ``None`` if it does not tell."""
    if order.side == "bid":
        return order.locked
    if order.price is None or order.remaining_volume is None:
        return None
    return order.price * order.remaining_volume
