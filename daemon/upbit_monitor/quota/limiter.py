"""One scope, that is, what the exchange counts together: an IP address at one host, or an account.

A ``RateLimiter`` has a gate for each group and gives a ``Permit`` for each request. The sums are
in ``window``, the waiting is in ``gate``; here they meet the stop of the whole scope after a 418,
and the one request that they are all about.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Self

from upbit_monitor.errors import Withheld
from upbit_monitor.quota.block import Block, BlockState
from upbit_monitor.quota.gate import Gate, GroupState
from upbit_monitor.quota.groups import UNKNOWN, Quota
from upbit_monitor.quota.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from upbit_monitor.quota.remaining import Remaining


class RateLimiter:
    """The gates of one scope.

    Its state: a gate a group, the block of the whole, and what was rejected. ``share``, above 0
    and at most 1, is the part of each limit that is ours. ``dice`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        quotas: Mapping[str, Quota],
        *,
        share: float = 1.0,
        dice: Callable[[], float] = random.random,
        on_block: Callable[[BlockState], None] = lambda _: None,
    ) -> None:
        self.rejected: Counter[tuple[str, str]] = Counter()
        """Requests not let go, by (group, reason): ``deadline`` or ``blocked``."""
        self._share = share
        self._dice = dice
        self._on_block = on_block
        self._block = Block()
        self._gates = {group: self._gate(group, quota) for group, quota in quotas.items()}

    def permit(self, group: str, *, patience: float = math.inf, priority: int = 0) -> Permit:
        """Give the permit for one request; ``async with`` waits for it.

        Raises ``Withheld`` if it cannot be had within ``patience`` seconds. A lower ``priority``
        number goes first; within one, first come is first served.
        """
        if group not in self._gates:
            self._gates[group] = self._gate(group, UNKNOWN)
        return Permit(self, self._gates[group], patience, priority)

    def allot(self, share: float) -> None:
        """Change the part of each limit that is ours."""
        self._share = share
        for gate in self._gates.values():
            gate.window.allot(share)
        self.wake()

    def look(self) -> tuple[GroupState, ...]:
        """Tell what is believed of each group now."""
        now = _now()
        return tuple(gate.look(now) for gate in self._gates.values())

    def restore(self, state: BlockState) -> None:
        """Take over a block that this scope was told of before this process."""
        self._block.restore(state, _now())
        self.wake()

    # For gates

    @property
    def shut_until(self) -> float:
        """The moment until which a 418 shuts the whole scope; ``-inf`` if there was none."""
        return self._block.until

    def delay(self, now: float) -> float:
        """Seconds until the scope lets a request go; ``inf`` while its probe is under way."""
        if now < self._block.until:
            return self._block.until - now
        if self._block.probing and any(gate.window.under_way for gate in self._gates.values()):
            return math.inf
        return 0.0

    def wake(self) -> None:
        """Look at every queue again: while a probe is owed, what happens at one moves another."""
        for gate in self._gates.values():
            gate.pump()

    # For permits

    def accept(self, gate: Gate, departed_at: float) -> None:
        """Note an answer that is neither 429 nor 418."""
        gate.window.accept(departed_at)
        self._block.accept(departed_at)
        self.wake()

    def refuse(self, gate: Gate, departed_at: float, seconds: float | None) -> None:
        """Shut one group after a 429."""
        gate.window.refuse(departed_at, _now(), seconds, self._dice())
        self.wake()

    def block(self, departed_at: float, seconds: float | None) -> None:
        """Shut the whole scope after a 418."""
        now = _now()
        self._block.begin(departed_at, seconds, now)
        state = self._block.state(now)
        if state is not None:
            self._on_block(state)
        self.wake()

    # Inside

    def _gate(self, group: str, quota: Quota) -> Gate:
        return Gate(group, Window(quota, share=self._share), self)


class Permit:
    """The right to send one request once.

    Its state: when the request departed by the ledger; whether it reached the wire, and whether it
    was answered. ``async with`` waits for the grant; leaving the block lands the request, or
    refunds its slot if nothing was sent. Times are the loop's, in seconds.
    """

    __slots__ = (
        "_answered",
        "_gate",
        "_patience",
        "_priority",
        "_scope",
        "_sent",
        "asked_at",
        "taken_at",
    )

    def __init__(self, scope: RateLimiter, gate: Gate, patience: float, priority: int) -> None:
        self.asked_at = math.nan
        self.taken_at = math.nan
        self._sent = False
        self._answered = False
        self._scope = scope
        self._gate = gate
        self._patience = patience
        self._priority = priority

    async def __aenter__(self) -> Self:
        self.asked_at = _now()
        try:
            self.taken_at = await self._gate.enter(self._patience, self._priority)
        except Withheld as error:
            self._scope.rejected[error.group, error.reason] += 1
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        window = self._gate.window
        if self._answered:
            window.land(self.taken_at, _now())
        elif self._sent:
            window.lose(self.taken_at, _now())
        else:
            window.refund(self.taken_at)
        self._scope.wake()

    @property
    def group(self) -> str:
        """The group that was asked for."""
        return self._gate.group

    @property
    def waited(self) -> float:
        """Seconds between asking and the grant."""
        return self.taken_at - self.asked_at

    @property
    def limit(self) -> int:
        """The believed limit of the group."""
        return self._gate.window.limit

    def departed(self) -> None:
        """Note that the request goes on the wire now: its slot is spent.

        Raises ``Withheld`` if the group was shut since the grant, while a connection was made:
        then the request must not go.
        """
        if self.taken_at < self._gate.shut_until:
            self._scope.rejected[self.group, "blocked"] += 1
            raise self._gate.withheld("blocked")
        self._sent = True

    def settle(self, remaining: Remaining | None) -> None:
        """Note an answer that is no refusal, and what its header said."""
        self._answered = True
        # The header first: what it takes away must not be granted to those whom an answer wakes.
        self.correct(remaining)
        self._scope.accept(self._gate, self.taken_at)

    def correct(self, remaining: Remaining | None) -> None:
        """Learn from the header of an answer of any status."""
        if remaining is None:
            return
        if remaining.limit is not None:
            self._gate.window.learn(remaining.limit)
        self._gate.window.correct(remaining.requests, self.taken_at, _now())

    def refused(self, seconds: float | None) -> None:
        """Note a 429; ``seconds`` if the answer states how long to wait."""
        self._answered = True
        self._scope.refuse(self._gate, self.taken_at, seconds)

    def blocked(self, seconds: float | None) -> None:
        """Note a 418; ``seconds`` if the answer states how long it lasts."""
        self._answered = True
        self._scope.block(self.taken_at, seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()
