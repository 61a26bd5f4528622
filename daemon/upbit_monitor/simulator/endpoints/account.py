"""The Exchange endpoints that only read: balances, keys, wallets, and what may be ordered."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import exchange_refusal
from upbit_monitor.simulator.world import Wallet
from upbit_monitor.simulator.world.coins import MAJORS
from upbit_monitor.simulator.world.prices import HOUR

from .numbers import dotted, plain

if TYPE_CHECKING:
    from .asks import PrivateAsk

_KINDS = ("best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc")
_BLOCK_SECONDS = 360
_FIRST_BLOCK = 900_000


def to_json(value: object) -> str:
    """JSON as the exchange writes it: no spaces, Korean as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def local_time(ask: PrivateAsk, epoch: float) -> str:
    """A time of the Exchange area: with an offset in Korea; elsewhere a knob decides."""
    region = ask.world.region
    moment = datetime.fromtimestamp(math.floor(epoch), region.zone)
    if region.korean or ask.knobs.global_datetime == "offset":
        return moment.isoformat()
    return moment.replace(tzinfo=None).isoformat()


def accounts(ask: PrivateAsk) -> str:
    """GET /v1/accounts."""
    return to_json([_balance(ask, currency) for currency in ask.account.funds])


def _balance(ask: PrivateAsk, currency: str) -> dict[str, object]:
    region = ask.world.region
    market = ask.world.find(f"{region.fiat}-{currency}")
    bought = Decimal(f"{market.path.base:.8f}") if market else Decimal(0)
    return {
        "currency": currency,
        "balance": dotted(ask.account.available(currency)),
        "locked": dotted(ask.account.locked(currency)),
        "avg_buy_price": plain(bought),
        "avg_buy_price_modified": False,
        "unit_currency": region.fiat,
    }


def api_keys(ask: PrivateAsk) -> str:
    """GET /v1/api_keys, in Korea only. A key that never ends is left out: none is like that."""
    return to_json(
        [
            {"access_key": key.access, "expire_at": local_time(ask, key.expires_at)}
            for key in ask.door.siblings(ask.key)
            if key.expires_at is not None
        ]
    )


def status_wallet(ask: PrivateAsk) -> str:
    """GET /v1/status/wallet. One wallet after the other pauses, for an hour."""
    pausing = math.floor(ask.now / HOUR) % len(MAJORS)
    paused = "paused" if ask.world.region.korean else "unsupported"
    wallets = ask.world.wallets
    rows = []
    for place, coin in enumerate(MAJORS):
        changed = wallets.get(coin.code, Wallet())
        idle = place == pausing and changed.state is None
        row = {
            "currency": coin.code,
            "wallet_state": changed.state or (paused if idle else "working"),
            **_block(ask, None if idle else "normal", changed.block_state),
            "net_type": coin.code,
            "network_name": coin.english,
        }
        if changed.listed:
            rows.append(row)
    return to_json(rows)


def _block(ask: PrivateAsk, usual: str | None, changed: str | None) -> dict[str, object]:
    """What is told of a chain; of one that is not looked at, all is null."""
    state = changed or usual
    block = math.floor(ask.now / _BLOCK_SECONDS)
    at = datetime.fromtimestamp(block * _BLOCK_SECONDS, UTC)
    return {
        "block_state": state,
        "block_height": state and _FIRST_BLOCK + block,
        "block_updated_at": state and at.isoformat(timespec="milliseconds"),
        "block_elapsed_minutes": state and int(ask.now % _BLOCK_SECONDS // 60),
    }


def orders_chance(ask: PrivateAsk) -> str:
    """GET /v1/orders/chance."""
    code = ask.market_code()
    market = ask.world.find(code) if code is not None else None
    if code is None or market is None:
        raise exchange_refusal("validation_error", "market is missing, market")
    region = ask.world.region
    quote, _, base = code.partition("-")
    fee, least = plain(region.fee), plain(region.min_total)
    return to_json(
        {
            "bid_fee": fee,
            "ask_fee": fee,
            "maker_bid_fee": fee,
            "maker_ask_fee": fee,
            "market": {
                "id": code,
                "name": f"{base}/{quote}",
                "order_types": ["limit"],
                "order_sides": ["ask", "bid"],
                "bid_types": [*_KINDS, "price"],
                "ask_types": [*_KINDS, "market"],
                "bid": {"currency": quote, "min_total": least},
                "ask": {"currency": base, "min_total": least},
                "max_total": plain(region.max_total),
                "state": market.state,
            },
            "bid_account": _balance(ask, quote),
            "ask_account": _balance(ask, base),
        }
    )
