from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeExchange
from tests.polls.context import Place
from tests.virtual import in_virtual_time
from upbit_monitor.errors import Unreadable
from upbit_monitor.polls.wallet_status import (
    BLOCK_AGE,
    BLOCK_STATES,
    BLOCKS,
    DEPOSIT,
    STATES,
    TRANSITIONS,
    WALLETS,
    WITHDRAWAL,
    WalletStatus,
    WalletStatusOptions,
)

FIXTURES = Path(__file__).parents[1] / "fixtures/upbit"
NO_WALLETS = dict.fromkeys(STATES, 0)
NO_BLOCKS = dict.fromkeys(BLOCK_STATES, 0)
NO_CHANGES = dict.fromkeys((*STATES, "other"), 0)


def wallet(
    currency: str = "BTC",
    state: str = "working",
    network: str | None = None,
    **fields: Any,  # noqa: ANN401 -- JSON
) -> dict[str, Any]:
    return {
        "currency": currency,
        "wallet_state": state,
        "block_state": "normal",
        "block_height": 903942,
        "block_updated_at": "2025-07-04T08:02:05.526+00:00",
        "block_elapsed_minutes": 6,
        "net_type": network or currency,
        "network_name": "Bitcoin",
    } | fields


class Bench(Place):
    """The poll, and an exchange whose wallets can be changed."""

    def __init__(self, *rows: dict[str, Any], watch: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.rows = list(rows)
        self.exchange = FakeExchange(lambda *_: self.rows)
        self.poll = WalletStatus(self.context, WalletStatusOptions(watch=watch))

    async def run(self, *rows: dict[str, Any]) -> None:
        if rows:
            self.rows = list(rows)
        await self.poll.run(self.exchange)


@in_virtual_time
async def test_wallets_and_their_chains_are_counted_by_state() -> None:
    bench = Bench(
        wallet(),
        wallet("ETH", "paused", block_state="delayed"),
        wallet("XRP", "paused", block_state=None, block_elapsed_minutes=None),
        wallet("TRX", "deposit_only", block_state="inactive"),
    )
    await bench.run()
    assert bench.shown(WALLETS) == NO_WALLETS | {"working": 1, "paused": 2, "deposit_only": 1}
    assert bench.shown(BLOCKS) == dict.fromkeys(BLOCK_STATES, 1)
    assert bench.shown(TRANSITIONS) == NO_CHANGES
    assert bench.poll.gist == "4 wallets, 1 deposit_only, 2 paused"
    assert bench.poll.concerns == ()
    assert bench.log.lines == []
    assert bench.table(DEPOSIT) == bench.table(BLOCK_AGE) == {}


@pytest.mark.parametrize(
    ("state", "deposit", "withdrawal"),
    [
        ("working", 1, 1),
        ("withdraw_only", 0, 1),
        ("deposit_only", 1, 0),
        ("paused", 0, 0),
        ("unsupported", 0, 0),
    ],
)
@in_virtual_time
async def test_a_watched_wallet_shows_what_it_does(
    state: str, deposit: int, withdrawal: int
) -> None:
    bench = Bench(wallet("USDT", state, "TRX"), wallet("USDT", network="ETH"), watch=("USDT",))
    await bench.run()
    assert bench.table(DEPOSIT) == {("USDT", "TRX"): deposit, ("USDT", "ETH"): 1}
    assert bench.table(WITHDRAWAL) == {("USDT", "TRX"): withdrawal, ("USDT", "ETH"): 1}
    assert bench.table(BLOCK_AGE) == {("USDT", "TRX"): 360, ("USDT", "ETH"): 360}
    told = [concern.what for concern in bench.poll.concerns]
    assert told == ["watches USDT on TRX, which takes no deposits"] * (not deposit) + [
        "watches USDT on TRX, which pays out no withdrawals"
    ] * (not withdrawal)


@in_virtual_time
async def test_a_state_nobody_knows_is_folded_and_says_nothing_of_what_is_possible() -> None:
    bench = Bench(wallet(state="dreaming", block_state="odd"), wallet("ETH"), watch=("BTC",))
    await bench.run()
    assert bench.shown(WALLETS) == NO_WALLETS | {"working": 1, "other": 1}
    assert bench.shown(BLOCKS) == NO_BLOCKS | {"normal": 1, "other": 1}
    assert bench.table(DEPOSIT) == bench.table(WITHDRAWAL) == {}
    assert bench.poll.concerns == ()
    assert bench.overflows == {WALLETS.name: 1, BLOCKS.name: 1}


@in_virtual_time
async def test_a_chain_that_is_not_told_of_has_no_age() -> None:
    bench = Bench(wallet(block_elapsed_minutes=None), watch=("BTC",))
    await bench.run()
    assert bench.table(BLOCK_AGE) == {}


@in_virtual_time
async def test_a_change_is_counted_and_told_once_loudly_only_if_watched() -> None:
    bench = Bench(wallet(), wallet("ETH"), watch=("BTC",))
    await bench.run()
    for _ in range(2):
        await bench.run(wallet(state="paused"), wallet("ETH", "withdraw_only"))
    await bench.run(wallet(state="working"), wallet("ETH", "withdraw_only"))
    changes = {"paused": 1, "withdraw_only": 1, "working": 1}
    assert bench.shown(TRANSITIONS) == NO_CHANGES | changes
    told = [(line.level, *line.fields.values()) for line in bench.log.lines]
    assert told == [
        ("info", "BTC", "BTC", "working", "paused"),
        ("debug", "ETH", "ETH", "working", "withdraw_only"),
        ("info", "BTC", "BTC", "paused", "working"),
    ]


@in_virtual_time
async def test_a_wallet_that_comes_or_goes_is_told_and_is_no_transition() -> None:
    bench = Bench(wallet(), watch=("BTC",))
    await bench.run()
    await bench.run(wallet("ETH"))
    assert bench.shown(TRANSITIONS) == NO_CHANGES
    told = [(line.level, *line.fields.values()) for line in bench.log.lines]
    assert told == [
        ("info", "BTC", "BTC", "working", None),
        ("debug", "ETH", "ETH", None, "working"),
    ]
    assert bench.table(DEPOSIT) == {}
    assert [concern.what for concern in bench.poll.concerns] == [
        "watches BTC, which has no wallet here"
    ]


@in_virtual_time
async def test_an_empty_list_is_refused_and_changes_nothing() -> None:
    bench = Bench(wallet(), watch=("BTC",))
    await bench.run()
    bench.rows = []
    with pytest.raises(Unreadable, match="empty list"):
        await bench.run()
    await bench.run(wallet())
    assert bench.log.lines == []


@pytest.mark.parametrize("fields", [{"net_type": None}, {"net_type": ""}])
@in_virtual_time
async def test_a_network_without_a_name_is_unknown(fields: dict[str, Any]) -> None:
    bench = Bench(wallet() | fields, watch=("BTC",))
    await bench.run()
    assert bench.table(DEPOSIT) == {("BTC", "unknown"): 1}


@in_virtual_time
async def test_the_documented_answer_is_read() -> None:
    bench = Bench(watch=("BTC", "XRP"))
    answer = (FIXTURES / "docs_kr/status_wallet.json").read_bytes()
    await bench.poll.run(FakeExchange(lambda *_: answer))
    assert bench.shown(WALLETS) == NO_WALLETS | {"working": 3}
    assert bench.table(BLOCK_AGE) == {("BTC", "BTC"): 360, ("XRP", "XRP"): 120}
    assert bench.poll.gist == "3 wallets, all working"


@pytest.mark.parametrize("text", ["KRW-BTC", "btc", "*"])
def test_a_watch_list_of_wallets_has_currencies(text: str) -> None:
    with pytest.raises(ValueError, match="write currencies as the exchange does"):
        WalletStatusOptions(watch=(text,))


@in_virtual_time
async def test_a_wallet_whose_state_is_null_is_another_and_nothing_is_said_to_be_possible() -> None:
    bench = Bench(wallet(state="paused"), watch=("BTC",))
    await bench.run()
    await bench.run(wallet() | {"wallet_state": None})
    assert bench.shown(WALLETS) == NO_WALLETS | {"other": 1}
    assert bench.table(DEPOSIT) == bench.table(WITHDRAWAL) == {}
    assert bench.poll.concerns == ()
    await bench.run(wallet(state="paused"))
    assert bench.shown(TRANSITIONS) == NO_CHANGES
    await bench.run(wallet() | {"wallet_state": None})
    await bench.run(wallet())
    assert bench.shown(TRANSITIONS) == NO_CHANGES | {"working": 1}


@in_virtual_time
async def test_a_state_that_is_told_late_is_no_change() -> None:
    bench = Bench(wallet() | {"wallet_state": None})
    await bench.run()
    bench.log.told()
    await bench.run(wallet())
    assert bench.shown(TRANSITIONS) == NO_CHANGES
    assert bench.log.told() == []


@pytest.mark.parametrize(("minutes", "seconds"), [(6.0, 360), (0, 0), (-1, None), (None, None)])
@in_virtual_time
async def test_the_age_of_a_block_is_any_number_from_0_on(
    minutes: float | None, seconds: float | None
) -> None:
    bench = Bench(wallet(block_elapsed_minutes=minutes), watch=("BTC",))
    await bench.run()
    shown = bench.table(BLOCK_AGE)
    assert shown == ({} if seconds is None else {("BTC", "BTC"): seconds})
