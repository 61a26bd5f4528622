"""How these tests trade: orders placed, looked up, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.simulator.asking import (
    NOW,
    ask,
    private,
)

if TYPE_CHECKING:
    from upbit_monitor.simulator import SimulatedExchange

PRICE = "100000000"  # below the market: a bid at it waits
LIMIT = f"market=KRW-BTC&side=bid&ord_type=limit&volume=0.01&price={PRICE}"


def place(server: SimulatedExchange, query: str = LIMIT) -> dict[str, Any]:
    order: dict[str, Any] = ask(server, private("POST", "/v1/orders", query))
    return order


def opened(server: SimulatedExchange, query: str = "", now: float = NOW) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = ask(server, private("GET", "/v1/orders/open", query), now)
    return orders


def balance(server: SimulatedExchange, currency: str, now: float = NOW) -> tuple[Decimal, Decimal]:
    rows = ask(server, private("GET", "/v1/accounts"), now)
    row = next(row for row in rows if row["currency"] == currency)
    return Decimal(row["balance"]), Decimal(row["locked"])
