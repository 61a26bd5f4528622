"""What an order would cost and how large it must be, for chosen markets of the account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls import amounts, words
from upbit_monitor.polls.base import (
    Concern,
    Context,
    Exchange,
    Poll,
    Seconds,
    interval,
    option,
)
from upbit_monitor.polls.listing import Watchlist, list_reads, or_bitcoin, plain
from upbit_monitor.polls.market_row import MARKET_ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_monitor.exchange import Region


class Side(msgspec.Struct):
    """What holds for one side. ``min_total`` is in the quote currency on both, as ``max_total``."""

    min_total: Decimal | None = None

    def __post_init__(self) -> None:
        amounts.check(self.min_total)


class Terms(msgspec.Struct):
    """What holds for orders in a market."""

    bid: Side | None = None
    ask: Side | None = None
    max_total: Decimal | None = None
    state: str | None = None

    def __post_init__(self) -> None:
        amounts.check(self.max_total)


class Chance(msgspec.Struct):
    """The answer, without the balances that are in it too."""

    market: Terms
    bid_fee: Decimal | None = None
    ask_fee: Decimal | None = None
    maker_bid_fee: Decimal | None = None
    maker_ask_fee: Decimal | None = None

    def __post_init__(self) -> None:
        amounts.check(self.bid_fee, self.ask_fee, self.maker_bid_fee, self.maker_ask_fee)


ORDERS_CHANCE: Final = Endpoint(
    name="orders_chance",
    path="/v1/orders/chance",
    group="default",
    shape=Chance,
    private=True,
    sample=(
        b'{"bid_fee":"0.0005","ask_fee":"0.0005","maker_bid_fee":"0.0005",'
        b'"maker_ask_fee":"0.0005","market":{"id":"KRW-BTC","name":"BTC/KRW",'
        b'"order_types":["limit"],"order_sides":["ask","bid"],'
        b'"bid":{"currency":"KRW","min_total":"5000"},'
        b'"ask":{"currency":"BTC","min_total":"5000"},"max_total":"1000000000",'
        b'"state":"active"}}'
    ),
)

_NOT_HERE: Final = frozenset({400, 404})
"""How it refuses a market that it does not have: by its documents 400 ``notfoundmarket``."""


FEE: Final = Family(
    "upbit_order_fee_ratio",
    "gauge",
    "Fee of an order as a part of its total (0.0005 is 0.05 %), for those who take an order from "
    "the book or make one there.",
    ("target", "market", "side", "role"),
    advice="Fees changed, or an event of the exchange began or ended: see whether the strategy "
    "still pays.",
)
MIN_VALUE: Final = Family(
    "upbit_order_min_value",
    "gauge",
    "Smallest total of an order, in the market's quote currency.",
    ("target", "market", "side"),
    advice="After a rise small orders are refused as under_min_total: raise their size.",
)
MAX_VALUE: Final = Family(
    "upbit_order_max_value",
    "gauge",
    "Largest total of an order, in the market's quote currency.",
    ("target", "market"),
    advice="After a fall large orders are refused: split them.",
)
ACTIVE: Final = Family(
    "upbit_order_market_active",
    "gauge",
    "Whether the exchange calls the market active (1) or anything else (0) for orders.",
    ("target", "market"),
    advice="At 0 orders may be refused: see the exchange's notices for this market.",
)


@dataclass(frozen=True, slots=True)
class OrderChanceOptions:
    """How the terms of orders are polled."""

    every: Seconds = interval(600)
    watch: tuple[str, ...] = option(
        "Markets to ask about, each by its code and in a question of its own. Without any: BTC "
        "in the region's own currency.",
        (),
    )

    def __post_init__(self) -> None:
        """Refuse patterns: each market is a question of its own."""
        for text in self.watch:
            if not plain((text,)):
                raise ValueError(f"watch has the pattern {text!r}; name each market, as KRW-BTC")


class OrderChance(Poll[OrderChanceOptions]):
    """Polls the terms of orders. It has no state of its own beside the watch list's."""

    name: ClassVar[str] = "order_chance"
    summary: ClassVar[str] = "Fees and sizes of orders; needs a key that may view orders."
    private: ClassVar[bool] = True
    permission: ClassVar[str | None] = "View orders"
    cost: ClassVar[str] = (
        "One request for each watched market, and the market list of group `market` "
        "unless another poll has read it within ten minutes."
    )
    options: ClassVar[type[OrderChanceOptions]] = OrderChanceOptions
    endpoints: ClassVar[tuple[Endpoint[Any], ...]] = (ORDERS_CHANCE, MARKET_ALL)
    families: ClassVar[tuple[Family, ...]] = (FEE, MIN_VALUE, MAX_VALUE, ACTIVE)

    def __init__(self, context: Context, options: OrderChanceOptions) -> None:
        super().__init__(context, options)
        self._markets = _markets(options, context.region)
        self._watch = Watchlist(context, self._markets)

    @classmethod
    def requests(cls, options: OrderChanceOptions, region: Region) -> Mapping[Endpoint[Any], float]:
        """Give one for each market, and one for the market list if nobody else has read it."""
        return {
            ORDERS_CHANCE: float(len(_markets(options, region))),
            MARKET_ALL: list_reads(options.every),
        }

    async def run(self, exchange: Exchange) -> None:
        """Ask about one market after the other, and show them all.

        What is not listed is not asked about: each refusal would be counted against the exchange.
        """
        listed = frozenset(self._watch.of(await self._context.listing.codes(exchange)))
        known = [market for market in self._markets if market in listed]
        answers = self._watch.answers(
            known,
            self._options.every,
            lambda market: exchange.get(ORDERS_CHANCE, ("market", market)),
            _NOT_HERE,
        )
        self._show({market: chance async for market, chance in answers})

    def _show(self, chances: Mapping[str, Chance]) -> None:
        board, target = self._context.board, self._context.target
        fees: dict[tuple[str, ...], Decimal | None] = {}
        least: dict[tuple[str, ...], Decimal | None] = {}
        for market, chance in chances.items():
            fees[market, "bid", "taker"] = chance.bid_fee
            fees[market, "ask", "taker"] = chance.ask_fee
            fees[market, "bid", "maker"] = chance.maker_bid_fee
            fees[market, "ask", "maker"] = chance.maker_ask_fee
            for side, terms in (("bid", chance.market.bid), ("ask", chance.market.ask)):
                least[market, side] = terms.min_total if terms else None
        board.show(FEE, target, _known(fees))
        board.show(MIN_VALUE, target, _known(least))
        board.show(
            MAX_VALUE, target, _known({(m,): c.market.max_total for m, c in chances.items()})
        )
        states = {market: chance.market.state for market, chance in chances.items()}
        active: dict[tuple[str, ...], float] = {
            (market,): float(state == "active")
            for market, state in states.items()
            if state is not None
        }
        board.show(ACTIVE, target, active)
        self._tell(states)

    def _tell(self, states: Mapping[str, str | None]) -> None:
        idle = [market for market, state in states.items() if state not in {"active", None}]
        count = words.counted(len(states), "market")
        self.gist = f"{count}, {len(idle)} not active" if idle else count
        self.concerns = self._watch.concerns
        if idle:
            self.concerns = (
                *self.concerns,
                Concern(
                    f"watches {words.few(idle)}, which the exchange does not call active",
                    "Expect that orders there are refused, and see the exchange's notices.",
                ),
            )


def _markets(options: OrderChanceOptions, region: Region) -> tuple[str, ...]:
    return tuple(dict.fromkeys(or_bitcoin(options.watch, region)))


def _known(
    amounts: Mapping[tuple[str, ...], Decimal | None],
) -> Mapping[tuple[str, ...], float]:
    return {labels: float(amount) for labels, amount in amounts.items() if amount is not None}
