"""Kinds of poll with every type of option; the real ones change for reasons of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final

from upbit_monitor.config import PollKind
from upbit_monitor.exchange import REGIONS
from upbit_monitor.polls import Seconds


@dataclass(frozen=True, slots=True)
class PulseOptions:
    """How the pulse is taken."""

    every: Seconds = field(
        default=Seconds(60.0), metadata={"help": "Interval.", "minimum": 0.05, "maximum": 86_400}
    )
    depth: int = field(default=3, metadata={"help": "Depth.", "minimum": 1, "maximum": 5})
    ratio: float = field(default=0.5, metadata={"help": "Ratio."})
    strict: bool = field(default=False, metadata={"help": "Strict."})
    side: str = field(default="bid", metadata={"help": "Side.", "choices": ("bid", "ask")})
    note: str = field(default="", metadata={"help": "Free text."})
    quotes: tuple[str, ...] = field(default=(), metadata={"help": "Quotes.", "choices": ("KRW",)})
    watch: tuple[str, ...] = field(default_factory=tuple, metadata={"help": "Markets."})

    def __post_init__(self) -> None:
        if self.strict and not self.watch:
            raise ValueError("is strict about nothing; fill watch")


class Pulse:
    summary: ClassVar[str] = "A public poll with a default for everything."
    private: ClassVar[bool] = False
    regions: ClassVar[frozenset[str]] = frozenset(REGIONS)
    options: ClassVar[type] = PulseOptions


@dataclass(frozen=True, slots=True)
class LedgerOptions:
    """How the ledger is read."""

    every: Seconds = field(metadata={"help": "Interval.", "minimum": 0.05})
    account: str = field(default="main", metadata={"help": "Account."})


class Ledger:
    summary: ClassVar[str] = "A private poll that needs to be told its interval."
    private: ClassVar[bool] = True
    regions: ClassVar[frozenset[str]] = frozenset({"kr", "sg"})
    options: ClassVar[type] = LedgerOptions


KINDS: Final[Mapping[str, type[PollKind]]] = MappingProxyType({"pulse": Pulse, "ledger": Ledger})
