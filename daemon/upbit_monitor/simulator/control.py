"""The control plane: what a test or a demonstration does to the exchange behind its back.

Served under `/_sim/`, and nothing of it exists on the exchange:

- GET `ledger`: what was received, as a list of {method, path, status, count}
- GET `knobs`: every knob as text; POST an object of name to text turns them
- POST `world`: one deed, e.g. {"do": "delist", "market": "KRW-BTC"}
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from .knobs import KnobError
from .refusals import RefusalError
from .world import Wallet
from .world.accounts import Order, new_uuid
from .world.markets import BookShape, TickerShape

if TYPE_CHECKING:
    from .exchange import SimulatedExchange
    from .tokens import Key
    from .world import Account

PREFIX = "/_sim/"


class ListMarket(msgspec.Struct, tag_field="do", tag="list", forbid_unknown_fields=True):
    """List a market, which trades only so many seconds later."""

    market: str
    english_name: str = ""
    korean_name: str = ""
    after_seconds: float = 0.0

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        names = (self.english_name, self.korean_name)
        exchange.world.list_market(self.market, names=names, after=self.after_seconds)
        return {}


class ChangeMarket(msgspec.Struct, tag_field="do", tag="market", forbid_unknown_fields=True):
    """Change a market: its trading, its warning, its state, its book, its ticker, its candles."""

    market: str
    stalled: bool | None = None
    warned: bool | None = None
    state: str | None = None
    book: BookShape | None = None
    book_frozen: bool | None = None
    ticker: TickerShape | None = None
    candle_delay_seconds: Annotated[float, msgspec.Meta(ge=0)] | None = None

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        if exchange.world.find(self.market) is None:
            raise LookupError(self.market)
        if self.stalled is not None:
            (exchange.world.stall if self.stalled else exchange.world.resume)(self.market)
        if self.warned is not None:
            exchange.world.flag(self.market, warned=self.warned)
        if self.state is not None:
            exchange.world.call(self.market, self.state)
        if self.book is not None:
            exchange.world.shape_book(self.market, self.book)
        if self.book_frozen is not None:
            exchange.world.freeze_book(self.market, frozen=self.book_frozen)
        if self.ticker is not None:
            exchange.world.shape_ticker(self.market, self.ticker)
        if self.candle_delay_seconds is not None:
            exchange.world.delay_candles(self.market, self.candle_delay_seconds)
        return {}


class ChangeWallet(msgspec.Struct, tag_field="do", tag="wallet", forbid_unknown_fields=True):
    """Change a wallet for good, or take it off the list. What is not given is as by itself."""

    currency: str
    state: Literal["working", "withdraw_only", "deposit_only", "paused", "unsupported"] | None = (
        None
    )
    block_state: Literal["normal", "delayed", "inactive"] | None = None
    listed: bool = True

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        wallet = Wallet(self.state, self.block_state, self.listed)
        exchange.world.change_wallet(self.currency, wallet)
        return {}


class Delist(msgspec.Struct, tag_field="do", tag="delist", forbid_unknown_fields=True):
    """Take a market off the list."""

    market: str

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        exchange.world.delist(self.market)
        return {}


class Place(msgspec.Struct, tag_field="do", tag="place", forbid_unknown_fields=True):
    """Place a limit order on the account of a key, by other means than the API."""

    access: str
    market: str
    side: Literal["bid", "ask"]
    price: str
    volume: str

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it, and tell the uuid."""
        account = _account(exchange, self.access)
        if exchange.world.find(self.market) is None:
            raise LookupError(self.market)
        order = Order(
            uuid=new_uuid(account.dice),
            market=self.market,
            side=self.side,
            ord_type="limit",
            price=Decimal(self.price),
            volume=Decimal(self.volume),
            fee_rate=exchange.world.region.fee,
            created_at=exchange.now,
        )
        account.place(order)
        return {"uuid": order.uuid}


class Fill(msgspec.Struct, tag_field="do", tag="fill", forbid_unknown_fields=True):
    """Fill an order, wholly or by a volume, at its own price."""

    access: str
    uuid: str
    volume: str | None = None

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        account = _account(exchange, self.access)
        order = account.find(self.uuid)
        volume = order.remaining if self.volume is None else Decimal(self.volume)
        account.fill(self.uuid, volume, order.price or Decimal(0), exchange.now)
        return {}


class Cancel(msgspec.Struct, tag_field="do", tag="cancel", forbid_unknown_fields=True):
    """Cancel an order."""

    access: str
    uuid: str

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        _account(exchange, self.access).cancel(self.uuid)
        return {}


class ChangeKey(msgspec.Struct, tag_field="do", tag="key", forbid_unknown_fields=True):
    """Change what a key may do. What is not given stays; null lifts a bound."""

    access: str
    expires_at: float | msgspec.UnsetType | None = msgspec.UNSET
    ips: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    permissions: list[str] | msgspec.UnsetType = msgspec.UNSET

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        key = _key(exchange, self.access)
        if not isinstance(self.expires_at, msgspec.UnsetType):
            key = replace(key, expires_at=self.expires_at)
        if not isinstance(self.ips, msgspec.UnsetType):
            key = replace(key, ips=None if self.ips is None else frozenset(self.ips))
        if not isinstance(self.permissions, msgspec.UnsetType):
            key = replace(key, permissions=frozenset(self.permissions))
        exchange.issue(key)
        return {}


class Revoke(msgspec.Struct, tag_field="do", tag="revoke", forbid_unknown_fields=True):
    """Delete a key, as its owner does on the exchange's site."""

    access: str

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        exchange.door.revoke(_key(exchange, self.access))
        return {}


class Block(msgspec.Struct, tag_field="do", tag="block", forbid_unknown_fields=True):
    """Block an address, or the account of a key, as if others there had gone on after 429s."""

    seconds: Annotated[float, msgspec.Meta(ge=0)]
    ip: str = "127.0.0.1"
    access: str | None = None

    def carry_out(self, exchange: SimulatedExchange) -> object:
        """Do it."""
        key = None if self.access is None else _key(exchange, self.access)
        exchange.block(("ip", self.ip) if key is None else exchange.scope_of(key), self.seconds)
        return {}


Deed = (
    ListMarket
    | ChangeMarket
    | ChangeWallet
    | Delist
    | Place
    | Fill
    | Cancel
    | ChangeKey
    | Revoke
    | Block
)


def control(exchange: SimulatedExchange, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Carry out one request to the control plane: a status and a body in JSON."""
    try:
        status, result = 200, _result(exchange, method, path.removeprefix(PREFIX), body)
    except LookupError as error:
        status, result = 404, {"error": f"unknown: {error}"}
    except (ValueError, InvalidOperation, RefusalError) as error:
        status, result = 400, {"error": str(error)}
    return status, msgspec.json.encode(result)


def _result(exchange: SimulatedExchange, method: str, name: str, body: bytes) -> object:
    match method, name:
        case "GET", "ledger":
            return [
                {"method": method, "path": path, "status": status, "count": count}
                for (method, path, status), count in sorted(exchange.ledger.items())
            ]
        case "GET", "knobs":
            return exchange.knobs.texts()
        case "POST", "knobs":
            exchange.turn(exchange.knobs.turned(msgspec.json.decode(body, type=dict[str, str])))
            return exchange.knobs.texts()
        case "POST", "world":
            return msgspec.json.decode(body, type=Deed).carry_out(exchange)
    raise KnobError(f"no {method} /_sim/{name}")


def _key(exchange: SimulatedExchange, access: str) -> Key:
    key = exchange.door.key(access)
    if key is None:
        raise LookupError(access)
    return key


def _account(exchange: SimulatedExchange, access: str) -> Account:
    return exchange.world.account(exchange.scope_of(_key(exchange, access)))
