"""The account's balances: how many currencies it has, and the amounts of chosen ones only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls import amounts, words
from upbit_monitor.polls.base import Exchange, Poll, Seconds, interval, option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Balance(msgspec.Struct):
    """One row. ``balance`` is what is free; ``locked`` is what open orders and withdrawals hold."""

    currency: str
    balance: Decimal | None = None
    locked: Decimal | None = None

    def __post_init__(self) -> None:
        amounts.check(self.balance, self.locked)


ACCOUNTS: Final = Endpoint(
    name="accounts",
    path="/v1/accounts",
    group="default",
    shape=list[Balance],
    private=True,
    sample=(
        b'[{"currency":"KRW","balance":"1000000.0","locked":"0.0","avg_buy_price":"0",'
        b'"avg_buy_price_modified":false,"unit_currency":"KRW"},'
        b'{"currency":"BTC","balance":"2.0","locked":"0.0","avg_buy_price":"140000000",'
        b'"avg_buy_price_modified":false,"unit_currency":"KRW"}]'
    ),
)

CURRENCIES: Final = Family(
    "upbit_account_currencies",
    "gauge",
    "Currencies that the exchange lists for the account.",
    ("target",),
    advice="A change means that a currency was bought or came in for the first time, or that all "
    "of one has gone.",
)
BALANCE: Final = Family(
    "upbit_account_balance",
    "gauge",
    "Free amount of a chosen currency, in that currency; 0 if the account does not have it.",
    ("target", "currency"),
    advice="Too little for the next order, or a change that no order explains: look at the "
    "account's orders, deposits and withdrawals on the exchange.",
)
LOCKED: Final = Family(
    "upbit_account_locked",
    "gauge",
    "Amount of a chosen currency that is bound in open orders or withdrawals, in that currency; 0 "
    "if the account does not have it.",
    ("target", "currency"),
    advice="If it stays high while nothing trades, look for forgotten orders: the poll "
    "open_orders counts them.",
)


@dataclass(frozen=True, slots=True)
class AccountsOptions:
    """How balances are polled."""

    every: Seconds = interval(60)
    currencies: tuple[str, ...] = option(
        "Currencies of which the amounts are shown, such as KRW. Whoever can read the metrics can "
        "then read these balances. Without any, no amount is shown.",
        (),
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be a currency: it would be shown as a balance of 0."""
        for text in self.currencies:
            if not text.isalnum() or text != text.upper():
                raise ValueError(
                    f"currencies has {text!r}; write codes as the exchange does, such as KRW or BTC"
                )


class Accounts(Poll[AccountsOptions]):
    """Polls balances. Of what is not chosen, nothing but the number of currencies is kept."""

    name: ClassVar[str] = "accounts"
    summary: ClassVar[str] = (
        "How many currencies the account has, and balances of chosen ones; needs a key that may "
        "view assets."
    )
    private: ClassVar[bool] = True
    permission: ClassVar[str | None] = "View assets"
    options: ClassVar[type[AccountsOptions]] = AccountsOptions
    endpoints: ClassVar[tuple[Endpoint[list[Balance]], ...]] = (ACCOUNTS,)
    families: ClassVar[tuple[Family, ...]] = (CURRENCIES, BALANCE, LOCKED)

    async def run(self, exchange: Exchange) -> None:
        """Ask for all balances, and show the chosen ones."""
        rows = await exchange.get(ACCOUNTS)
        board, target = self._context.board, self._context.target
        held = len({row.currency for row in rows})
        chosen = self._chosen(rows)
        board.show(CURRENCIES, target, {(): held})
        board.show(BALANCE, target, _known({name: row.balance for name, row in chosen.items()}))
        board.show(LOCKED, target, _known({name: row.locked for name, row in chosen.items()}))
        self.gist = words.counted(held, "currency", "currencies")

    def _chosen(self, rows: Sequence[Balance]) -> Mapping[str, Balance]:
        """Give the chosen rows. The exchange lists what is held: what it leaves out is not."""
        nothing = Decimal(0)
        by_currency = {row.currency: row for row in rows}
        return {
            name: by_currency.get(name, Balance(name, nothing, nothing))
            for name in self._options.currencies
        }


def _known(amounts: Mapping[str, Decimal | None]) -> Mapping[tuple[str, ...], float]:
    return {(name,): float(amount) for name, amount in amounts.items() if amount is not None}
