"""One scope, that is, what the exchange counts together: an IP address at one host, or an account.

A ``RateLimiter`` has a gate for each group and gives a ``Permit`` for each request. The sums are
in ``window``, the waiting is in ``gate``, one request is a ``permit``; here they meet the stop of
the whole scope after a 418.
"""

from __future__ import annotations

import math
import random
from asyncio import get_running_loop
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from upbit_monitor.quota.block import Block, BlockState
from upbit_monitor.quota.gate import Gate
from upbit_monitor.quota.groups import UNKNOWN, Quota
from upbit_monitor.quota.permit import Permit
from upbit_monitor.quota.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_monitor.quota.decision import GroupState, Tell


class RateLimiter:
    """The gates of one scope.

    Its state: a gate a group, the block of the whole, what was rejected, and who is told.
    ``share``, above 0 and at most 1, is the part of each limit that is ours. ``dice`` gives numbers
    in [0, 1). ``on_block`` is told of each 418, and ``tell`` each decision: see ``listen``.
    """

    def __init__(
        self,
        quotas: Mapping[str, Quota],
        *,
        share: float = 1.0,
        dice: Callable[[], float] = random.random,
        on_block: Callable[[BlockState], None] = lambda _: None,
        tell: Tell | None = None,
    ) -> None:
        self.rejected: Counter[tuple[str, str]] = Counter()
        """Requests not let go, by (group, reason): ``deadline`` or ``blocked``."""
        self.tell_refusal = tell
        """Who is told of refusals. ``listen`` writes it."""
        self.shut_until = -math.inf
        """The moment until which a 418 shuts the whole scope; ``-inf`` if there was none."""
        self.stopped = False
        """Whether a block, or the probe that is owed after it, holds requests back."""
        self.clock = self._wind_up
        """Read the loop's clock, in seconds; the loop is looked up once, for that is dear."""
        self._share = share
        self._dice = dice
        self._on_block = on_block
        self._tell = tell
        self._block = Block()
        self._gates = {group: self._gate(group, quota) for group, quota in quotas.items()}

    def permit(self, group: str, *, patience: float = math.inf, priority: int = 0) -> Permit:
        """Give the permit for one request; ``async with`` waits for it.

        Raises ``Withheld`` if it cannot be had within ``patience`` seconds. A lower ``priority``
        number goes first, but for those who came long before; within one, first come is first
        served.
        """
        if group not in self._gates:
            self._gates[group] = self._gate(group, UNKNOWN)
        return Permit(self, self._gates[group], patience, priority)

    def allot(self, share: float) -> None:
        """Change the part of each limit that is ours."""
        self._share = share
        for gate in self._gates.values():
            gate.window.allot(share)
        self._wake()

    def listen(self, tell: Tell | None, *, to_refusals_alone: bool = False) -> None:
        """Tell each decision from now on, or only that of each refusal; without ``tell``, nothing.

        What nobody is told is not computed.
        """
        self.tell_refusal = tell
        self._tell = None if to_refusals_alone else tell
        for gate in self._gates.values():
            gate.tell = self._tell

    def look(self) -> tuple[GroupState, ...]:
        """Tell what is believed of each group now."""
        now = self.clock()
        states = [gate.look(now) for gate in self._gates.values()]
        names = Counter(state.called or state.group for state in states)
        # Groups that the exchange calls by one name are one: what each takes for strangers may be
        # the other's, and is told of nobody.
        return tuple(
            state if names[state.called or state.group] == 1 else replace(state, foreign=0)
            for state in states
        )

    def restore(self, state: BlockState) -> None:
        """Take over a block that another process was told of, before this one or beside it."""
        self._block.restore(state, self.clock())
        self._stop()

    # For gates

    def delay(self, now: float) -> float:
        """Seconds until the scope lets a request go; ``inf`` while its probe is under way."""
        if now < self.shut_until:
            return self.shut_until - now
        if self.stopped and any(gate.window.under_way for gate in self._gates.values()):
            return math.inf
        return 0.0

    def moved(self, gate: Gate) -> None:
        """Look again at the queues that what happened at a gate may move.

        While the probe after a block is owed, they are all; else it is the gate's own.
        """
        if self.stopped:
            self._wake()
        else:
            gate.pump()

    # For permits

    def accept(self, gate: Gate, departed_at: float, now: float) -> None:
        """Note an answer that is neither 429 nor 418."""
        gate.window.accept(departed_at, now)
        if self.stopped:
            self._block.accept(departed_at)
            self.stopped = self._block.probing
            self._wake()
        else:
            gate.pump()

    def refuse(self, gate: Gate, departed_at: float, seconds: float | None, now: float) -> None:
        """Shut one group after a 429."""
        gate.window.refuse(departed_at, now, seconds, self._dice())
        if self.stopped:
            self._block.doubt(seconds, now)
            self._stop()
        else:
            gate.pump()

    def block(self, departed_at: float, seconds: float | None, now: float) -> None:
        """Shut the whole scope after a 418."""
        self._block.begin(departed_at, seconds, now)
        state = self._block.state(now)
        if state is not None:
            self._on_block(state)
        self._stop()

    # Inside

    def _wind_up(self) -> float:
        self.clock = get_running_loop().time
        return self.clock()

    def _gate(self, group: str, quota: Quota) -> Gate:
        gate = Gate(group, Window(quota, share=self._share), self)
        gate.tell = self._tell
        return gate

    def _stop(self) -> None:
        self.shut_until, self.stopped = self._block.until, self._block.probing
        self._wake()

    def _wake(self) -> None:
        for gate in self._gates.values():
            gate.pump()
