"""The endpoints of the exchange: what each reads from a request and writes from the world."""

from .asks import Ask, PrivateAsk
from .routes import ExchangeRoute, QuotationRoute, Route, find_route

__all__ = ["Ask", "ExchangeRoute", "PrivateAsk", "QuotationRoute", "Route", "find_route"]
