"""Every endpoint that the simulated exchange has: method, path, group, permission, handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import account, candles, order_deeds, order_lists, quotation, tickers

if TYPE_CHECKING:
    from collections.abc import Callable

    from .asks import Ask, PrivateAsk

_MINUTES = "/v1/candles/minutes/"


@dataclass(frozen=True, slots=True)
class QuotationRoute:
    """An endpoint for everybody, counted by address."""

    group: str
    handler: Callable[[Ask], str]


@dataclass(frozen=True, slots=True)
class ExchangeRoute:
    """An endpoint for the holder of a key, counted by account; permission None: any key."""

    group: str
    permission: str | None
    handler: Callable[[PrivateAsk], str]
    korea_only: bool = False


Route = QuotationRoute | ExchangeRoute

_ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/v1/market/all"): QuotationRoute("market", quotation.market_all),
    ("GET", "/v1/ticker"): QuotationRoute("ticker", tickers.ticker),
    ("GET", "/v1/ticker/all"): QuotationRoute("ticker", tickers.ticker_all),
    ("GET", "/v1/orderbook"): QuotationRoute("orderbook", quotation.orderbook),
    ("GET", "/v1/orderbook/instruments"): QuotationRoute(
        "orderbook", quotation.orderbook_instruments
    ),
    ("GET", "/v1/trades/ticks"): QuotationRoute("crix-trades", quotation.trades_ticks),
    **{
        ("GET", f"/v1/candles/{kind}"): QuotationRoute("candles", candles.candles)
        for kind in ("seconds", "days", "weeks", "months", "years")
    },
    ("GET", "/v1/accounts"): ExchangeRoute("default", "view_assets", account.accounts),
    ("GET", "/v1/api_keys"): ExchangeRoute("default", None, account.api_keys, korea_only=True),
    ("GET", "/v1/status/wallet"): ExchangeRoute("default", None, account.status_wallet),
    ("GET", "/v1/orders/chance"): ExchangeRoute("default", "view_orders", account.orders_chance),
    ("GET", "/v1/orders/open"): ExchangeRoute("default", "view_orders", order_lists.orders_open),
    ("GET", "/v1/orders/closed"): ExchangeRoute(
        "default", "view_orders", order_lists.orders_closed
    ),
    ("GET", "/v1/orders/uuids"): ExchangeRoute(
        "default", "view_orders", order_lists.orders_by_uuids
    ),
    ("GET", "/v1/order"): ExchangeRoute("default", "view_orders", order_lists.single_order),
    ("POST", "/v1/orders"): ExchangeRoute("order", "make_orders", order_deeds.place_order),
    ("POST", "/v1/orders/test"): ExchangeRoute("order-test", "make_orders", order_deeds.test_order),
    ("DELETE", "/v1/order"): ExchangeRoute("default", "make_orders", order_deeds.cancel_order),
    ("DELETE", "/v1/orders/uuids"): ExchangeRoute(
        "default", "make_orders", order_deeds.cancel_orders_by_uuids
    ),
    ("DELETE", "/v1/orders/open"): ExchangeRoute(
        "order-cancel-all", "make_orders", order_deeds.cancel_open_orders
    ),
}


def find_route(method: str, path: str, *, korean: bool) -> Route | None:
    """The endpoint behind a request, if the region has it."""
    if method == "GET" and path.startswith(_MINUTES):
        return QuotationRoute("candles", candles.minute_candles)
    route = _ROUTES.get((method, path))
    if isinstance(route, ExchangeRoute) and route.korea_only and not korean:
        return None
    return route
