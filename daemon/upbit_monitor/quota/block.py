"""The silence after a 418: nothing leaves the whole scope until it is over, then one probe.

Pure: every ``now`` is the caller's, in seconds of one monotonic clock. Such a clock begins anew
with the process, so what outlives one is told in seconds left: a ``BlockState``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_FIRST: Final = 60.0
"""Seconds of silence after a 418 that does not state its length; doubled while they repeat."""

_LONGEST: Final = 24 * 3600.0
"""Silence that we choose ourselves never exceeds this; one that the exchange states may."""

_DOUBT: Final = 10.0
"""Seconds of silence after a probe that is refused: refusals are what brought the block."""

_PEACE: Final = 3600.0
"""A block that comes later than this after the last one's end begins the doubling anew."""


@dataclass(frozen=True, slots=True)
class BlockState:
    """A block as it stands at one moment: all that must be known of it elsewhere or later."""

    left: float
    """Seconds until its end; negative if it has been over for so long."""
    in_a_row: int
    """How many blocks came one soon after the other, this one included."""

    @property
    def forgotten(self) -> bool:
        """Whether it has been over for so long that it means nothing any more."""
        return self.left < -_PEACE


class Block:
    """The block of one scope.

    Its state: until when the scope is silent; whether the probe after it is still owed, and how
    many were refused; the blocks in a row, and when the last of them was told.
    """

    def __init__(self) -> None:
        self._until = -math.inf
        self._probing = False
        self._blocks = 0
        self._doubts = 0
        self._told_at = -math.inf

    @property
    def until(self) -> float:
        """The moment until which nothing departs; ``-inf`` if there never was a block."""
        return self._until

    @property
    def probing(self) -> bool:
        """Whether one request at a time may go, until one has come back well."""
        return self._probing

    def begin(self, departed_at: float, seconds: float | None, now: float) -> None:
        """Shut after a 418 of a request that departed at ``departed_at``. Never shortens.

        For ``seconds`` if the exchange states them; else for 60 s, doubled with each further
        block. That is also the least after a block that came too soon after another: what the last
        answer stated was not its end. A margin of a twentieth, at least one second, is added.
        Requests that were under way together are blocked together: that is one block, not many.
        """
        if departed_at > self._told_at:
            self._blocks = 1 if now - self._until > _PEACE else self._blocks + 1
            self._told_at = now
        if seconds is None or self._blocks > 1:
            ours = min(_FIRST * 2 ** min(self._blocks - 1, 16), _LONGEST)
            seconds = max(seconds or 0.0, ours)
        self._until = max(self._until, now + seconds + max(1.0, seconds / 20))
        self._probing = True

    def state(self, now: float) -> BlockState | None:
        """Describe the block as it stands now; ``None`` if there never was one."""
        return BlockState(self._until - now, self._blocks) if self._blocks else None

    def restore(self, state: BlockState, now: float) -> None:
        """Take over a block that another process was told of. Never shortens.

        Whether its probe has come back well is not known, so one is owed. Requests of ours came
        later than that block: a 418 to one of them is a further one.
        """
        self._until = max(self._until, now + state.left)
        self._blocks = max(self._blocks, state.in_a_row)
        self._probing = True

    def doubt(self, seconds: float | None, now: float) -> None:
        """Note a 429 while the probe is owed: stay silent a while, or the next one is blocked.

        For ``seconds`` if the exchange states them, and at least for 10 s, twice as long each time.
        """
        if self._probing:
            self._doubts += 1
            wait = min(_DOUBT * 2 ** min(self._doubts - 1, 16), _LONGEST)
            self._until = max(self._until, now + max(wait, seconds or 0.0))

    def accept(self, departed_at: float) -> None:
        """Note an answer that is neither 429 nor 418: the probe, if it departed as one, is well."""
        if departed_at >= self._until:
            self._probing = False
            self._doubts = 0
