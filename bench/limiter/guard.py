"""A virtual loop that ends a play in which the clock is looked at, and does not go on.

In virtual time a limiter that waits without letting time pass waits for ever, and one that wakes
every microsecond takes almost as long. The loop itself looks at its clock at each turn, so that
counting looks finds both, and always at the same look.
"""

from __future__ import annotations

import math
from typing import Final

from tests.virtual import VirtualLoop

_LOOKS: Final = 100_000
"""So many looks at the clock in a second of its time are no work. Decent limiters need 6000."""


class Stalled(RuntimeError):
    """The clock is looked at, and does not go on."""


class GuardedLoop(VirtualLoop):
    """A loop in virtual time, which stalls in public. Its state: the looks in this second."""

    def __init__(self) -> None:
        self._second = -1
        self._looks = 0
        super().__init__()

    def time(self) -> float:
        """Seconds of virtual time. Raises ``Stalled`` if they do not pass, again and again."""
        now = super().time()
        second = math.floor(now)
        if second != self._second:
            self._second, self._looks = second, 0
        self._looks += 1
        if self._looks > _LOOKS:
            raise Stalled(f"at {now:.3f} s")
        return now

    def pardon(self) -> None:
        """Let it go on, so that what is left can be cleared away."""
        self._looks = 0
