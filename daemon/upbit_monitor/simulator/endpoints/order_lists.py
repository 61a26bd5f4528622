"""The Exchange endpoints that show orders: open, closed, by uuid, and one with its trades."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import exchange_refusal
from upbit_monitor.simulator.world.prices import DAY

from .account import local_time, to_json
from .numbers import dotted, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_monitor.simulator.world.accounts import Fill, Order

    from .asks import PrivateAsk

_MOST_OPEN, _MOST_CLOSED = 100, 1000
_LONGEST_WINDOW = 7 * DAY


def orders_open(ask: PrivateAsk) -> str:
    """GET /v1/orders/open. Without states it shows the waiting orders only."""
    states = _states(ask, ("wait", "watch"), default=("wait",))
    code = ask.market_code()
    page, limit = ask.count("page", 1, 1_000_000), ask.count("limit", 100, _MOST_OPEN)
    orders = _selected(ask.account.open_orders(), code, states)
    return _listed(ask, orders, slice((page - 1) * limit, page * limit))


def orders_closed(ask: PrivateAsk) -> str:
    """GET /v1/orders/closed. At most seven days; by default the last seven."""
    states = _states(ask, ("done", "cancel"), default=("done", "cancel"))
    code = ask.market_code()
    limit = ask.count("limit", 100, _MOST_CLOSED)
    start, end = _time(ask, "start_time"), _time(ask, "end_time")
    end = end if end is not None else (ask.now if start is None else start + _LONGEST_WINDOW)
    start = start if start is not None else end - _LONGEST_WINDOW
    if not start <= end <= start + _LONGEST_WINDOW:
        raise exchange_refusal("invalid_parameter")
    orders = _selected(ask.account.ended_orders(), code, states)
    return _listed(ask, [o for o in orders if start <= o.created_at <= end], slice(0, limit))


def orders_by_uuids(ask: PrivateAsk) -> str:
    """GET /v1/orders/uuids. Orders that are not found are left out."""
    uuids, identifiers = ask.query.every("uuids"), ask.query.every("identifiers")
    if bool(uuids) == bool(identifiers):
        raise exchange_refusal("invalid_parameter")
    orders = [*ask.account.open_orders(), *ask.account.ended_orders()]
    found = [o for o in orders if o.uuid in uuids or o.identifier in identifiers]
    code = ask.market_code()
    return _listed(ask, [o for o in found if code in {None, o.market}], slice(None))


def single_order(ask: PrivateAsk) -> str:
    """GET /v1/order, with its trades."""
    order = named_order(ask)
    trades = [_trade(ask, order, fill) for fill in order.fills]
    row = order_row(ask, order, listed=False)
    return to_json({"market": row.pop("market")} | row | {"trades": trades})


def named_order(ask: PrivateAsk) -> Order:
    """The order that `uuid`, or else `identifier`, names. Refuses."""
    uuid, identifier = ask.query.get("uuid"), ask.query.get("identifier")
    if uuid is None and identifier is None:
        raise exchange_refusal("validation_error", "uuid is missing, uuid")
    return ask.account.find(uuid, identifier)


def order_row(ask: PrivateAsk, order: Order, *, listed: bool = True) -> dict[str, object]:
    """An order in JSON. What does not apply is left out, not null."""
    n = dotted if listed else plain
    row: dict[str, object] = {
        "uuid": order.uuid,
        "side": order.side,
        "ord_type": order.ord_type,
        "price": None if order.price is None else plain(order.price),
        "state": order.state,
        "market": order.market,
        "created_at": local_time(ask, order.created_at),
        "volume": None if order.volume is None else n(order.volume),
        "remaining_volume": n(order.remaining),
        "executed_volume": n(order.executed),
        "reserved_fee": n(order.reserved_fee),
        "remaining_fee": n(order.remaining_fee),
        "paid_fee": n(order.paid_fee),
        "locked": n(order.locked),
        "prevented_volume": "0",
        "prevented_locked": "0",
        "trades_count": len(order.fills),
        "identifier": order.identifier,
        "time_in_force": order.time_in_force,
    }
    return {name: value for name, value in row.items() if value is not None}


def _trade(ask: PrivateAsk, order: Order, fill: Fill) -> dict[str, object]:
    return {
        "market": order.market,
        "uuid": fill.uuid,
        "price": plain(fill.price),
        "volume": plain(fill.volume),
        "funds": plain(fill.funds),
        "trend": "up" if order.side == "bid" else "down",
        "created_at": local_time(ask, fill.at),
        "side": order.side,
    }


def _states(ask: PrivateAsk, allowed: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    one, many = ask.query.get("state"), ask.query.every("states")
    if one is not None and many:
        raise exchange_refusal("invalid_parameter")
    states = many or ((one,) if one is not None else default)
    if not set(states) <= set(allowed):
        raise exchange_refusal("validation_error", "states" if many else "state")
    return states


def _selected(orders: Iterable[Order], code: str | None, states: tuple[str, ...]) -> list[Order]:
    return [o for o in orders if o.state in states and code in {None, o.market}]


def _listed(ask: PrivateAsk, orders: list[Order], part: slice) -> str:
    newest_first = ask.checked("order_by", ("asc", "desc"), "desc") == "desc"
    orders = sorted(orders, key=lambda order: order.created_at, reverse=newest_first)
    return to_json([order_row(ask, order) for order in orders[part]])


def _time(ask: PrivateAsk, name: str) -> float | None:
    """A time given as ISO text or in milliseconds; without an offset it is local."""
    text = ask.query.get(name)
    if text is None:
        return None
    if text.isdecimal():
        return int(text) / 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise exchange_refusal("validation_error", name) from None
    zone = ask.world.region.zone
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).timestamp()
