"""The Exchange endpoints that change orders: place, try, and cancel.

The monitor never calls them; other clients do, so that there is something to watch.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import exchange_refusal
from upbit_monitor.simulator.world.accounts import Order, new_uuid

from .account import to_json
from .order_lists import named_order, order_row

if TYPE_CHECKING:
    from .asks import PrivateAsk

_GRAIN = Decimal("0.00000001")
_MOST_AT_ONCE = 20
_MOST_CANCELLED = 300


def place_order(ask: PrivateAsk) -> str:
    """POST /v1/orders. A limit order waits; every other kind trades at once."""
    order = _wanted(ask)
    if order.ord_type == "limit":
        ask.account.place(order)
    else:
        price = _market_price(ask, order)
        volume = order.volume
        if volume is None:
            volume = ((order.price or Decimal(0)) / price).quantize(_GRAIN, ROUND_DOWN)
        ask.account.execute(order, volume, price, ask.now)
        order = ask.account.find(order.uuid)
    return to_json(order_row(ask, order))


def test_order(ask: PrivateAsk) -> str:
    """POST /v1/orders/test: checked like a real one, and not placed."""
    return to_json(order_row(ask, _wanted(ask)))


def cancel_order(ask: PrivateAsk) -> str:
    """DELETE /v1/order. Answers with the order as it was."""
    order = named_order(ask)
    ask.account.cancel(order.uuid)
    return to_json(order_row(ask, order))


def cancel_orders_by_uuids(ask: PrivateAsk) -> str:
    """DELETE /v1/orders/uuids."""
    uuids, identifiers = ask.query.every("uuids"), ask.query.every("identifiers")
    names = {*uuids, *identifiers}
    if bool(uuids) == bool(identifiers) or len(names) > _MOST_AT_ONCE:
        raise exchange_refusal("invalid_parameter")
    orders = [o for o in ask.account.open_orders() if o.uuid in uuids or o.identifier in names]
    gone = [o for o in ask.account.ended_orders() if o.uuid in uuids or o.identifier in names]
    return _cancelled(ask, orders, gone)


def cancel_open_orders(ask: PrivateAsk) -> str:
    """DELETE /v1/orders/open: everything that waits, or a part of it."""
    side = ask.checked("cancel_side", ("all", "bid", "ask"), "all")
    newest_first = ask.checked("order_by", ("asc", "desc"), "desc") == "desc"
    count = ask.count("count", 20, _MOST_CANCELLED)
    quotes, pairs, spared = (
        set((ask.query.get(name) or "").split(",")) - {""}
        for name in ("quote_currencies", "pairs", "excluded_pairs")
    )
    chosen = [
        order
        for order in ask.account.open_orders()
        if side in {"all", order.side}
        and (not quotes or order.market.partition("-")[0] in quotes)
        and (not pairs or order.market in pairs)
        and order.market not in spared
    ]
    chosen.sort(key=lambda order: order.created_at, reverse=newest_first)
    return _cancelled(ask, chosen[:count], [])


def _cancelled(ask: PrivateAsk, orders: list[Order], gone: list[Order]) -> str:
    """Cancel open orders, and report those that had ended before."""
    for order in orders:
        ask.account.cancel(order.uuid)
    return to_json({"success": _named(orders), "failed": _named(gone)})


def _named(orders: list[Order]) -> dict[str, object]:
    rows = [{"uuid": order.uuid, "market": order.market} for order in orders]
    return {"count": len(rows), "orders": rows}


def _wanted(ask: PrivateAsk) -> Order:
    """The order that is asked for, checked. Refuses."""
    code = ask.market_code()
    if code is None:
        raise exchange_refusal("validation_error", "market is missing, market")
    side = ask.checked("side", ("bid", "ask"))
    kind = ask.checked("ord_type", ("limit", "price", "market", "best"))
    volume, price = _amount(ask, "volume"), _amount(ask, "price")
    needed = {
        "limit": (True, True),
        "price": (False, True) if side == "bid" else None,
        "market": (True, False) if side == "ask" else None,
        "best": (side == "ask", side == "bid"),
    }[kind]
    if needed != (volume is not None, price is not None):
        raise exchange_refusal(f"create_{side}_error")
    order = Order(
        uuid=new_uuid(ask.account.dice),
        market=code,
        side="bid" if side == "bid" else "ask",
        ord_type=kind,
        price=price,
        volume=volume,
        fee_rate=ask.world.region.fee,
        created_at=ask.now,
        identifier=ask.query.get("identifier"),
        time_in_force=ask.query.get("time_in_force"),
    )
    _check_total(ask, order)
    return order


def _check_total(ask: PrivateAsk, order: Order) -> None:
    """Least and most money of an order, where the market is quoted in local money."""
    region = ask.world.region
    if not order.market.startswith(f"{region.fiat}-"):
        return
    price = order.price if order.price is not None else _market_price(ask, order)
    total = price * order.volume if order.volume is not None else price
    if total < region.min_total:
        raise exchange_refusal(f"under_min_total_{order.side}")
    if total > region.max_total and order.side == "bid":
        raise exchange_refusal("over_krw_funds_bid")


def _market_price(ask: PrivateAsk, order: Order) -> Decimal:
    price = ask.world.price(order.market)
    if price is None:
        raise exchange_refusal(f"create_{order.side}_error")
    return Decimal(f"{price:.8f}")


def _amount(ask: PrivateAsk, name: str) -> Decimal | None:
    text = ask.query.get(name)
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise exchange_refusal("validation_error", name)
    return amount
