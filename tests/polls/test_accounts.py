from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Unreadable
from upbit_monitor.polls.accounts import BALANCE, CURRENCIES, LOCKED, Accounts, AccountsOptions

FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
AMOUNT = "918273645"
"""A canary: an amount that nobody may see."""


def row(currency: str, balance: Any = "1.0", locked: Any = "0.0") -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"currency": currency, "balance": balance, "locked": locked}


class Bench(Place):
    """The poll, and an account whose balances can be changed."""

    def __init__(self, *rows: dict[str, Any], currencies: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.rows = list(rows)
        self.exchange = FakeExchange(lambda *_: self.rows)
        self.poll = Accounts(self.context, AccountsOptions(currencies=currencies))

    async def run(self) -> None:
        await self.poll.run(self.exchange)

    def everything(self) -> str:
        """Give all that left the poll: metrics, log, gist and concerns."""
        samples = [sample for metric in self.board.registry.collect() for sample in metric.samples]
        return f"{samples} {self.log.lines} {self.poll.gist} {self.poll.concerns}"


@in_virtual_time
async def test_without_chosen_currencies_no_amount_ever_leaves() -> None:
    bench = Bench(row("KRW", AMOUNT, AMOUNT), row("BTC", AMOUNT))
    await bench.run()
    assert bench.table(CURRENCIES) == {(): 2}
    assert bench.shown(BALANCE) == bench.shown(LOCKED) == {}
    assert AMOUNT not in bench.everything().replace(".", "").replace("_", "")
    assert "KRW" not in bench.everything()
    assert bench.poll.gist == "2 currencies"


@in_virtual_time
async def test_amounts_of_chosen_currencies_are_metrics_and_nothing_else() -> None:
    bench = Bench(row("KRW", AMOUNT, "5e-05"), row("BTC"), currencies=("KRW",))
    await bench.run()
    assert bench.shown(BALANCE) == {"KRW": float(AMOUNT)}
    assert bench.shown(LOCKED) == {"KRW": 5e-05}
    assert AMOUNT not in f"{bench.log.lines} {bench.poll.gist} {bench.poll.concerns}"


@in_virtual_time
async def test_a_chosen_currency_that_is_not_held_is_nought() -> None:
    bench = Bench(row("KRW"), currencies=("KRW", "BTC"))
    await bench.run()
    assert bench.shown(BALANCE) == {"KRW": 1, "BTC": 0}
    bench.rows = []
    await bench.run()
    assert bench.shown(BALANCE) == bench.shown(LOCKED) == {"KRW": 0, "BTC": 0}
    assert bench.poll.gist == "0 currencies"


@pytest.mark.parametrize("balance", [None, "missing"])
@in_virtual_time
async def test_an_amount_that_is_not_told_is_absent(balance: str | None) -> None:
    held = row("KRW", balance)
    if balance:
        del held["balance"]
    bench = Bench(held, currencies=("KRW",))
    await bench.run()
    assert bench.shown(BALANCE) == {}
    assert bench.shown(LOCKED) == {"KRW": 0}


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1e61", "9" * 400, "", AMOUNT + "x"])
@in_virtual_time
async def test_an_amount_that_is_no_number_is_unreadable_and_not_told(amount: str) -> None:
    with pytest.raises(Unreadable, match="not as promised") as caught:
        await Bench(row("KRW", amount)).run()
    error = caught.value
    assert AMOUNT not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.parametrize(
    ("file", "money"),
    [("docs_kr/accounts.json", "KRW"), ("docs_global/overall_account_inquiry.json", "SGD")],
)
@in_virtual_time
async def test_documented_answers_are_read(file: str, money: str) -> None:
    bench = Bench(currencies=(money, "BTC"))
    answer = (FIXTURES / file).read_bytes()
    await bench.poll.run(FakeExchange(lambda *_: answer))
    assert bench.shown(BALANCE) == {money: 1_000_000, "BTC": 2}
    assert bench.shown(LOCKED) == {money: 0, "BTC": 0}


@pytest.mark.parametrize("text", ["krw", "KRW-BTC", "", "K*"])
def test_what_cannot_be_a_currency_is_no_balance_of_nought(text: str) -> None:
    with pytest.raises(ValueError, match="write codes as the exchange does"):
        AccountsOptions(currencies=(text,))
