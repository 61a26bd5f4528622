"""What can be watched. One line a poll: this list is all that knows them."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.polls.accounts import Accounts
from upbit_monitor.polls.api_keys import ApiKeys
from upbit_monitor.polls.base import Concern, Context, Exchange, Poll, Seconds, key_id
from upbit_monitor.polls.candles import Candles
from upbit_monitor.polls.listing import Listing
from upbit_monitor.polls.markets import Markets
from upbit_monitor.polls.open_orders import OpenOrders
from upbit_monitor.polls.order_chance import OrderChance
from upbit_monitor.polls.orderbook import Orderbook
from upbit_monitor.polls.tickers import Tickers
from upbit_monitor.polls.trades import Trades
from upbit_monitor.polls.wallet_status import WalletStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

POLLS: Final["Mapping[str, type[Poll[Any]]]"] = MappingProxyType(
    {
        poll.name: poll
        for poll in (
            Markets,
            Tickers,
            Orderbook,
            Trades,
            Candles,
            OpenOrders,
            Accounts,
            ApiKeys,
            WalletStatus,
            OrderChance,
        )
    }
)

__all__ = ["POLLS", "Concern", "Context", "Exchange", "Listing", "Poll", "Seconds", "key_id"]
