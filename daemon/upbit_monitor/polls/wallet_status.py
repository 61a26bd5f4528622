"""The exchange's wallets: which take deposits and pay out withdrawals, and which chains lag.

The exchange says that what it tells here may be minutes old.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import msgspec

from upbit_monitor.errors import Unreadable
from upbit_monitor.exchange import Endpoint
from upbit_monitor.logs import Event
from upbit_monitor.metrics import Family
from upbit_monitor.polls import words
from upbit_monitor.polls.base import Concern, Context, Exchange, Poll, Seconds, interval, option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WalletId = tuple[str, str]
"""Currency and network."""

STATES: Final = ("working", "withdraw_only", "deposit_only", "paused", "unsupported")
BLOCK_STATES: Final = ("normal", "delayed", "inactive", "unknown")
"""``unknown`` stands for null: the exchange does not tell."""
_TAKES_DEPOSITS: Final = frozenset({"working", "deposit_only"})
_PAYS_OUT: Final = frozenset({"working", "withdraw_only"})
_UNTOLD: Final = "unknown"
"""The state of a wallet that the exchange has not told yet; shown as ``other``."""


class Wallet(msgspec.Struct):
    """One currency on one network. What is told of it may be null."""

    currency: str
    wallet_state: str | None = None
    block_state: str | None = None
    block_elapsed_minutes: Annotated[float, msgspec.Meta(le=1e9)] | None = None
    """Below 0 it tells nothing."""
    net_type: str | None = None

    @property
    def key(self) -> WalletId:
        """What tells it from the others."""
        return self.currency, self.net_type or "unknown"


WALLET_STATUS: Final = Endpoint(
    name="wallet_status",
    path="/v1/status/wallet",
    group="default",
    shape=list[Wallet],
    private=True,
    sample=(
        b'[{"currency":"BTC","wallet_state":"working","block_state":"normal",'
        b'"block_height":903942,"block_updated_at":"2025-07-04T08:02:05.526+00:00",'
        b'"block_elapsed_minutes":6,"net_type":"BTC","network_name":"Bitcoin"}]'
    ),
)

WALLETS: Final = Family(
    "upbit_wallets",
    "gauge",
    "Wallets, one for each currency and network, by what they do. What the exchange tells of "
    "wallets may be minutes old.",
    ("target", "state"),
    advice="Many that change at once are maintenance or a fault of the exchange: see its notices.",
)
BLOCKS: Final = Family(
    "upbit_wallet_blocks",
    "gauge",
    "Wallets by the state of their chain as the exchange sees it; unknown where it does not tell.",
    ("target", "state"),
    advice="Deposits and withdrawals on a delayed or inactive chain take longer, or wait.",
)
DEPOSIT: Final = Family(
    "upbit_wallet_deposit_possible",
    "gauge",
    "Whether the wallet of a watched currency takes deposits (1) or not (0), as told up to minutes "
    "ago; absent if the state is not one that is known.",
    ("target", "currency", "network"),
    advice="At 0 send nothing there: prices here can drift away from those elsewhere meanwhile.",
)
WITHDRAWAL: Final = Family(
    "upbit_wallet_withdrawal_possible",
    "gauge",
    "Whether the wallet of a watched currency pays out withdrawals (1) or not (0), as told up to "
    "minutes ago; absent if the state is not one that is known.",
    ("target", "currency", "network"),
    advice="At 0 what is held here cannot leave: plan without it, and see the exchange's notices.",
)
BLOCK_AGE: Final = Family(
    "upbit_wallet_block_age_seconds",
    "gauge",
    "Time since the last block that the exchange saw on the chain of a watched currency, in whole "
    "minutes; absent where it does not tell.",
    ("target", "currency", "network"),
    advice="Compare it with the chain's usual time between blocks: far more means that the chain, "
    "or the exchange's node, stands still.",
)
TRANSITIONS: Final = Family(
    "upbit_wallet_transitions_total",
    "counter",
    "Wallets that changed since the previous poll, by the state that they came to.",
    ("target", "state"),
    advice="The log names each one: event wallet_changed, at info for watched currencies, at "
    "debug for all others.",
)


@dataclass(frozen=True, slots=True)
class WalletStatusOptions:
    """How wallets are polled."""

    every: Seconds = interval(60)
    watch: tuple[str, ...] = option(
        "Currencies of which the wallets are shown one by one, such as BTC.", ()
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be a currency, such as a market."""
        for text in self.watch:
            if not text.isalnum() or text != text.upper():
                raise ValueError(
                    f"watch has {text!r}; write currencies as the exchange does, such as BTC"
                )


class WalletStatus(Poll[WalletStatusOptions]):
    """Polls the wallets. Its state: what each did at the last answer."""

    name: ClassVar[str] = "wallet_status"
    summary: ClassVar[str] = "Which wallets take deposits and pay out; any key will do."
    private: ClassVar[bool] = True
    options: ClassVar[type[WalletStatusOptions]] = WalletStatusOptions
    endpoints: ClassVar[tuple[Endpoint[list[Wallet]], ...]] = (WALLET_STATUS,)
    families: ClassVar[tuple[Family, ...]] = (
        WALLETS, BLOCKS, DEPOSIT, WITHDRAWAL, BLOCK_AGE, TRANSITIONS,
    )  # fmt: skip

    def __init__(self, context: Context, options: WalletStatusOptions) -> None:
        super().__init__(context, options)
        self._states: Mapping[WalletId, str] | None = None
        for state in (*STATES, "other"):
            context.board.count(TRANSITIONS, context.target, state, by=0)

    async def run(self, exchange: Exchange) -> None:
        """Ask for all wallets, and show them."""
        wallets = {wallet.key: wallet for wallet in await exchange.get(WALLET_STATUS)}
        if not wallets:
            # An exchange without wallets is a broken answer, not two hundred that vanished.
            raise Unreadable(f"{WALLET_STATUS.path}: an empty list of wallets")
        self._count(list(wallets.values()))
        self._show([w for w in wallets.values() if w.currency in self._options.watch])
        self._compare({key: wallet.wallet_state for key, wallet in wallets.items()})

    def _count(self, wallets: Sequence[Wallet]) -> None:
        board, target = self._context.board, self._context.target
        states = Counter(
            board.fold(WALLETS, wallet.wallet_state or _UNTOLD, STATES) for wallet in wallets
        )
        blocks = Counter(
            board.fold(BLOCKS, wallet.block_state or "unknown", BLOCK_STATES) for wallet in wallets
        )
        board.show(WALLETS, target, _rows(STATES, states))
        board.show(BLOCKS, target, _rows(BLOCK_STATES, blocks))
        idle = [f"{number} {state}" for state, number in states.items() if state != "working"]
        self.gist = ", ".join(
            (words.counted(len(wallets), "wallet"), *(sorted(idle) or ("all working",)))
        )

    def _show(self, watched: Sequence[Wallet]) -> None:
        board, target = self._context.board, self._context.target
        known = [wallet for wallet in watched if wallet.wallet_state in STATES]
        for family, able in ((DEPOSIT, _TAKES_DEPOSITS), (WITHDRAWAL, _PAYS_OUT)):
            board.show(
                family, target, {wallet.key: float(wallet.wallet_state in able) for wallet in known}
            )
        ages = {wallet.key: wallet.block_elapsed_minutes for wallet in watched}
        rows: dict[tuple[str, ...], float] = {
            key: 60.0 * minutes
            for key, minutes in ages.items()
            if minutes is not None and minutes >= 0
        }
        board.show(BLOCK_AGE, target, rows)
        self.concerns = (
            *_closed(
                known,
                _TAKES_DEPOSITS,
                "which takes no deposits",
                "Send nothing there, and see the exchange's notices.",
            ),
            *_closed(
                known,
                _PAYS_OUT,
                "which pays out no withdrawals",
                "Wait for nothing from there, and see the exchange's notices.",
            ),
            *_absent(self._options.watch, watched),
        )

    def _compare(self, told: Mapping[WalletId, str | None]) -> None:
        before = self._states
        # What is not told now is taken for what it was: that is no change, and hides none.
        last = before or {}
        states = {key: state or last.get(key, _UNTOLD) for key, state in told.items()}
        self._states = states
        if before is None:
            return
        board, target = self._context.board, self._context.target
        for key in sorted(before.keys() | states.keys()):
            was, now = before.get(key), states.get(key)
            if was == now or (was == _UNTOLD and now is not None):
                continue
            if was is not None and now is not None:
                board.count(TRANSITIONS, target, board.fold(TRANSITIONS, now, STATES))
            self._tell(key, was, now)

    def _tell(self, key: WalletId, before: str | None, after: str | None) -> None:
        """Tell of one wallet that changed, appeared (nothing before) or went (nothing after)."""
        log = self._context.log
        currency, network = key
        speak = log.info if currency in self._options.watch else log.debug
        speak(Event.WALLET_CHANGED, currency=currency, network=network, before=before, after=after)


def _rows(known: Sequence[str], count: Counter[str]) -> Mapping[tuple[str, ...], float]:
    return {(state,): count[state] for state in dict.fromkeys((*known, *count))}


def _closed(
    wallets: Sequence[Wallet], able: frozenset[str], what: str, remedy: str
) -> tuple[Concern, ...]:
    closed = [
        f"{wallet.currency} on {wallet.key[1]}"
        for wallet in wallets
        if wallet.wallet_state not in able
    ]
    if not closed:
        return ()
    return (Concern(f"watches {words.few(closed)}, {what}", remedy, told=True),)


def _absent(watch: Sequence[str], watched: Sequence[Wallet]) -> tuple[Concern, ...]:
    absent = {*watch} - {wallet.currency for wallet in watched}
    if not absent:
        return ()
    remedy = "See whether it was delisted or is misspelt, and mend `watch`."
    return (Concern(f"watches {words.few(absent)}, which has no wallet here", remedy),)
