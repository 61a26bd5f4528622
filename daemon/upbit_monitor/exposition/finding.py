"""One thing that is not as it should be, and how serious it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_monitor.exposition.status import PollState


class Tone(StrEnum):
    """How serious something is, from calm to alarming."""

    IDLE = "idle"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"

    @property
    def rank(self) -> int:
        """Where it stands among all: the higher, the more serious."""
        return [*Tone].index(self)


TONES: Final = {
    PollState.FRESH: Tone.GOOD,
    PollState.WAITING: Tone.BUSY,
    PollState.LATE: Tone.WARN,
    PollState.FAILING: Tone.BAD,
    PollState.PARKED: Tone.BAD,
    PollState.NO_KEY: Tone.IDLE,
    PollState.NOT_HERE: Tone.IDLE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, what, the reason if known, what to do.

    ``where`` and ``what`` make one sentence, without its full stop. ``passing``: it is over in a
    moment by itself, and not worth a headline.
    """

    tone: Tone
    where: str
    what: str
    why: str | None
    remedy: str
    passing: bool = False
