"""The exchange's dashboard below: what an account has there, and whether coins come and go."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.colours import BAD, GOOD, NOTICE, OFF
from mixin.dashboards.expressions import BY, age
from mixin.dashboards.layout import shelf
from mixin.dashboards.panels import Query, bargauge, stat, timeseries
from mixin.dashboards.tables import Column, table

_FEE: Final = 'upbit_order_fee_ratio{{side="bid",role="{}"}}'

ORDERS: Final = (
    shelf(
        8,
        timeseries(
            "Open orders",
            "How many orders are open, and how many of them do not move?",
            Query("upbit_open_orders", "{{target}} {{side}} {{state}}"),
            Query("upbit_open_orders_stuck", "{{target}} {{side}} stuck"),
            unit="none",
            decimals=0,
            colours={"/ stuck$/": BAD},
        ),
        timeseries(
            "Age of the oldest order",
            "Was an order forgotten?",
            Query(age("upbit_open_orders_oldest_created_timestamp_seconds"), "{{target}} {{side}}"),
            unit="s",
        ),
        timeseries(
            "Bound in open orders",
            "How much money rests in orders? In the quote currency.",
            Query("upbit_open_orders_value", "{{target}} {{side}} {{quote}}"),
            unit="short",
        ),
    ),
    shelf(
        8,
        table(
            "Orders by market",
            "What does each market take, and what rests there? Values are in the quote currency.",
            Column(name="Takes orders", expr="upbit_order_market_active", words=colours.YES),
            Column(name="Open orders", expr="upbit_market_open_orders", unit="none"),
            Column(name="Taker's fee", expr=_FEE.format("taker"), unit="percentunit", decimals=3),
            Column(name="Maker's fee", expr=_FEE.format("maker"), unit="percentunit", decimals=3),
            Column(name="Smallest bid", expr='upbit_order_min_value{side="bid"}', unit="locale"),
            Column(name="Smallest ask", expr='upbit_order_min_value{side="ask"}', unit="locale"),
            Column(name="Largest order", expr="upbit_order_max_value", unit="locale"),
            keys={"target": "Target", "market": "Market"},
            sort="Open orders",
            width=13,
        ),
        table(
            "Balances",
            "What does the account have of the currencies that are named, each in its own unit?",
            Column(name="Free", expr="upbit_account_balance", unit="locale"),
            Column(name="Bound", expr="upbit_account_locked", unit="locale"),
            keys={"target": "Target", "currency": "Currency"},
            sort="Free",
            width=7,
        ),
        stat(
            "Keys and currencies",
            "Does the account have keys or currencies that nobody here made or bought?",
            Query("upbit_api_keys", "{{target}} keys"),
            Query("upbit_account_currencies", "{{target}} currencies"),
            unit="none",
            width=4,
        ),
    ),
)

WALLETS: Final = (
    shelf(
        8,
        table(
            "Wallets of watched currencies",
            "Can coins come and go, and does the chain move? As told up to minutes ago.",
            Column(name="Deposit", expr="upbit_wallet_deposit_possible", words=colours.YES),
            Column(name="Withdrawal", expr="upbit_wallet_withdrawal_possible", words=colours.YES),
            Column(name="Last block", expr="upbit_wallet_block_age_seconds", unit="s"),
            keys={"target": "Target", "currency": "Currency", "network": "Network"},
            sort="Last block",
            width=8,
        ),
        bargauge(
            "Wallets by state",
            "What do all wallets do?",
            Query(f"sum by ({BY}, state) (upbit_wallets)", "{{target}} {{state}}"),
            unit="none",
            colours={
                "/ working$/": GOOD,
                "/ (withdraw|deposit)_only$/": NOTICE,
                "/ paused$/": BAD,
                "/ (unsupported|other)$/": OFF,
            },
            width=5,
        ),
        bargauge(
            "Chains by state",
            "How are the chains, as the exchange sees them?",
            Query("upbit_wallet_blocks", "{{target}} {{state}}"),
            unit="none",
            colours={
                "/ normal$/": GOOD,
                "/ delayed$/": NOTICE,
                "/ inactive$/": BAD,
                "/ unknown$/": OFF,
            },
            width=4,
        ),
        timeseries(
            "Wallets that changed",
            "When did wallets change, and to what?",
            Query(
                "increase(upbit_wallet_transitions_total[$__rate_interval])",
                "{{target}} {{state}}",
            ),
            unit="none",
            decimals=0,
            style="bars",
            width=7,
        ),
    ),
)
