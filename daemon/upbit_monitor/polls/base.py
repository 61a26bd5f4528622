"""What every poll is: a question asked at intervals, and what it shows of the answer.

A poll asks and shows. It does not time, retry, log failures or catch them: ``poller`` does.
Watching more is one module with one poll in it, and one line in ``POLLS``.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NewType, Protocol, TypeVar

from upbit_monitor.exchange import REGIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from upbit_monitor.exchange import Endpoint, Region
    from upbit_monitor.logs import Logger
    from upbit_monitor.metrics import Board, Family
    from upbit_monitor.polls.listing import Listing

T = TypeVar("T")
OptionsT = TypeVar("OptionsT")

_SPREAD_OVER: Final = 0.75
"""The part of an interval over which the questions of a run are spread."""

_LONGEST_STEP: Final = 5.0
"""Seconds between two of them, at most: who asks by hand does not want to wait for longer."""

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
    poll: str
    region: Region
    board: Board
    log: Logger
    listing: Listing
    """What is listed; shared by the polls of a target."""
    key_id: str | None = None
    """Short hash of the target's access key, if it has a key."""
    wall: Callable[[], float] = time.time
    """Unix time, in seconds."""
    exchange_time: Callable[[], float] = time.time
    """Unix time by the exchange's clock as far as it is known, in seconds."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a person should look at although the exchange answers: what is so, and what to do.

    ``what`` may change with its numbers; ``remedy`` is the same as long as the concern is.
    """

    what: str
    remedy: str
    told: bool = False
    """Whether the log has events of its own for it."""


class Poll(ABC, Generic[OptionsT]):
    """One thing to watch of one target.

    Its state, beside what a kind of poll adds: what its last successful run saw, for people.
    """

    name: ClassVar[str]
    """The value of the label ``poll``, and its key in the configuration."""
    summary: ClassVar[str]
    """One sentence for the configuration's reference."""
    private: ClassVar[bool]
    """Whether it needs a key."""
    permission: ClassVar[str | None] = None
    """The permission that the key needs, as the exchange calls it; none: any key will do."""
    regions: ClassVar[frozenset[str]] = frozenset(REGIONS)
    """Where the exchange has what it asks for."""
    priority: ClassVar[int] = 1
    """Who goes first in the same group: the lower number."""
    cost: ClassVar[str] = "One request a run."
    """What a run asks, and which options change that: for the configuration's reference."""
    options: ClassVar[type[Any]]
    """A frozen dataclass, made with ``option``; its first field is ``every``."""
    endpoints: ClassVar[tuple[Endpoint[Any], ...]]
    families: ClassVar[tuple[Family, ...]]

    gist: str = ""
    """What the last successful run saw, in a few words without any secret; empty before it."""
    concerns: Sequence[Concern] = ()
    """What of it a person should look at."""

    def __init__(self, context: Context, options: OptionsT) -> None:
        self._context = context
        self._options = options

    @classmethod
    def requests(
        cls,
        options: Any,  # noqa: ANN401 -- its own options
        region: Region,
    ) -> Mapping[Endpoint[Any], float]:
        """Give the requests that one run sends at most, as far as that is known before it."""
        del options, region
        return dict.fromkeys(cls.endpoints, 1.0)

    @abstractmethod
    async def run(self, exchange: Exchange) -> None:
        """Ask, and show what came. Raises what ``exchange`` raises."""


async def spread(items: Sequence[T], every: float) -> AsyncIterator[T]:
    """Give items one by one, at equal steps over most of an interval; the first at once.

    Whoever takes longer over one than a step gets the next at once.
    """
    clock = asyncio.get_running_loop().time
    step = min(_SPREAD_OVER * every / max(len(items), 1), _LONGEST_STEP)
    began = clock()
    for place, item in enumerate(items):
        await asyncio.sleep(max(began + place * step - clock(), 0.0))
        yield item


def key_id(access_key: str) -> str:
    """Give a short hash by which a key can be told from others, and by which nobody finds it."""
    return sha256(f"upbit-monitor/{access_key}".encode()).hexdigest()[:8]


@lru_cache(maxsize=4096)  # asked for every market, every second
def quote_of(market: str) -> str:
    """Give the quote currency of a market's code: ``KRW`` of ``KRW-BTC``."""
    quote, dash, base = market.partition("-")
    return quote if dash and quote and base else "other"
