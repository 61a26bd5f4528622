"""What is seen of an account: orders, wallets, and when keys end."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from e2e.faults.means import done
from e2e.scenario import EXCHANGE, Scenario, alerts
from upbit_monitor.simulator.control import Cancel, Place
from upbit_monitor.simulator.world import Wallet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from e2e.scenario import Stage

_TEN_DAYS: Final = 10 * 86_400.0


@asynccontextmanager
async def _forgotten_order(stage: Stage) -> AsyncIterator[None]:
    venue = stage.venue
    order = Place(venue.key.access, venue.market, "bid", "100", "0.1").carry_out(venue.exchange)
    assert isinstance(order, dict)  # noqa: S101 -- what a deed tells
    try:
        yield
    finally:
        Cancel(venue.key.access, order["uuid"]).carry_out(venue.exchange)


@asynccontextmanager
async def _ending_key(stage: Stage) -> AsyncIterator[None]:
    exchange, key = stage.venue.exchange, stage.venue.key
    exchange.issue(replace(key, expires_at=time.time() + _TEN_DAYS))
    try:
        yield
    finally:
        exchange.issue(key)


SCENARIOS: Final = (
    Scenario(
        daemon=EXCHANGE,
        name="stuck_order",
        story="an order that nobody fills",
        fault=_forgotten_order,
        polls={"open_orders": {"every": "1s", "stuck_after": "5s", "watch": ["SGD-BTC"]}},
        keyed=True,
        told=alerts("OpenOrderStuck"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="wallet_paused",
        story="bitcoin can neither come nor go",
        fault=done(
            lambda exchange, _: exchange.world.change_wallet("BTC", Wallet("unsupported")),
            lambda exchange, _: exchange.world.change_wallet("BTC", Wallet("working", "normal")),
        ),
        polls={"wallet_status": {"every": "1s", "watch": ["BTC", "ETH"]}},
        keyed=True,
        told=alerts("WithdrawalSuspended", "DepositSuspended"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="market_inactive",
        story="bitcoin takes no orders",
        fault=done(
            lambda exchange, market: exchange.world.call(market, "suspended"),
            lambda exchange, market: exchange.world.call(market, "active"),
        ),
        polls={
            "order_chance": {"every": "1s"},
            "accounts": {"every": "1s", "currencies": ["SGD", "BTC"]},
        },
        keyed=True,
        told=alerts("OrderMarketInactive"),
    ),
    Scenario(
        daemon=EXCHANGE,
        name="ending_key",
        story="the key has ten days left",
        fault=_ending_key,
        region="kr",
        polls={"api_keys": {"every": "1s"}},
        keyed=True,
        told=alerts("ApiKeyExpiring"),
    ),
)
