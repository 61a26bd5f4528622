"""What every poll is: a question asked at intervals, and what it shows of the answer.

A poll asks and shows. It does not time, retry, log failures or catch them: ``poller`` does.
Watching more is one module with one poll in it, and one line in ``POLLS``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NewType, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.exchange import Endpoint, Region
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board, Family

T = TypeVar("T")

Seconds = NewType("Seconds", float)
"""A length of time in a poll's options; the configuration writes it as ``500ms`` or ``5s``."""


def option(text: str, default: Any, **limits: Any) -> Any:  # noqa: ANN401 -- as dataclasses.field
    """Declare one option: what it means, its default, and limits such as ``minimum=1``."""
    return field(default=default, metadata={"help": text, **limits})


def interval(default: float) -> Any:  # noqa: ANN401 -- as dataclasses.field
    """Declare the option that every poll has first: its interval, in seconds."""
    return option("Time between two runs.", Seconds(default), minimum=0.05)


class Exchange(Protocol):
    """Where a poll asks."""

    async def get(self, endpoint: Endpoint[T], *params: tuple[str, str]) -> T:
        """Give the typed answer, or raise an ``ExchangeError``."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Context:
    """Where a poll works: which target, where it shows, where it tells, what time it is."""

    target: str
    region: Region
    board: Board
    log: Logger
    wall: Callable[[], float] = time.time
    """Unix time, in seconds."""


class Poll(Protocol):
    """One thing to watch of one target."""

    name: ClassVar[str]
    """The value of the label ``poll``, and its key in the configuration."""
    summary: ClassVar[str]
    """One sentence for the configuration's reference."""
    private: ClassVar[bool]
    """Whether it needs a key."""
    priority: ClassVar[int]
    """Who goes first in the same group: the lower number."""
    options: ClassVar[type[Any]]
    """A frozen dataclass, made with ``option``; its first field is ``every``."""
    endpoints: ClassVar[tuple[Endpoint[Any], ...]]
    families: ClassVar[tuple[Family, ...]]

    def __init__(self, context: Context, options: Any) -> None:  # noqa: ANN401 -- its own options
        ...  # pragma: no cover

    async def run(self, exchange: Exchange) -> None:
        """Ask, and show what came. Raises what ``exchange`` raises."""
        ...  # pragma: no cover


def quote_of(market: str) -> str:
    """Give the quote currency of a market's code: ``KRW`` of ``KRW-BTC``."""
    quote, dash, base = market.partition("-")
    return quote if dash and quote and base else "other"
