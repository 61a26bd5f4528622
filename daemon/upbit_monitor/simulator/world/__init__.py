"""What lies behind the API: regions, markets with prices that move, accounts with orders."""

from .accounts import Account, Order
from .market_place import Scope, Wallet, World
from .markets import Market
from .regions import REGIONS, Region

__all__ = ["REGIONS", "Account", "Market", "Order", "Region", "Scope", "Wallet", "World"]
