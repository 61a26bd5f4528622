"""By what name the exchange calls a group, and so, which headers speak of it.

The names of the documents differ from those on the wire, and the exchange has changed names before.
So a header is believed whatever name it gives, until one has given the name that we ask under. From
then on another name is another group, and says nothing of this one; unless it comes so often in a
row that the group must have been renamed.
"""

from __future__ import annotations

from typing import Final

_RENAMED: Final = 20
"""Headers in a row with one other name. An endpoint that is counted in a group of its own, and is
asked beside others of ours, brings fewer: the others' headers come between."""


class Naming:
    """The name of one group.

    Its state: the newest name, how often in a row, and whether our name for it is the exchange's.
    """

    def __init__(self, group: str) -> None:
        self.newest: str | None = None
        """The name that the newest header gave; ``None`` before the first."""
        self._group = group
        self._in_a_row = 0
        self._confirmed = False

    def means_us(self, name: str) -> bool:
        """Whether a header of this name speaks of the group."""
        return name == self._group or not self._confirmed

    def hear(self, name: str) -> None:
        """Note the name in a header."""
        self._in_a_row = self._in_a_row + 1 if name == self.newest else 1
        self.newest = name
        if name == self._group:
            self._confirmed = True
        elif self._in_a_row >= _RENAMED:
            self._confirmed = False
