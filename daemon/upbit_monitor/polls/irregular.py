"""Which order books are out of order, and what of that concerns people. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from upbit_monitor.polls.base import Concern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from upbit_monitor.polls.book import Sides

CONDITIONS: Final = ("crossed", "one_sided", "empty", "missing", "stale")

_OF_ANY: Final = ("crossed", "missing")
"""What is no matter of a quiet market, and so concerns people wherever it is seen."""
_MOST_NAMES: Final = 5
"""Markets that a concern calls by name."""
_REMEDIES: Final = {
    "crossed": "Trust no price of a crossed book; if it stays so, ask the exchange.",
    "one_sided": "Nobody buys, or nobody sells: look at the market before you trade there.",
    "empty": "There is no order: look at the exchange's notices before you trade there.",
    "missing": "See on the exchange's site whether there is still trade in what is missing.",
    "stale": "If the market is a busy one, the exchange serves it late: do not trade on it.",
}


class Seen(NamedTuple):
    """A book that came, sorted, and how old it was then, in seconds, if it tells that."""

    market: str
    sides: Sides
    age: float | None


def irregular(
    seen: Sequence[Seen], missing: Iterable[str], stale_after: float
) -> Sequence[tuple[str, str]]:
    """Give each condition with each market that is in it; a stale book may be in another too."""
    return [
        *(("missing", market) for market in missing),
        *((one.sides.flaw, one.market) for one in seen if one.sides.flaw is not None),
        *(("stale", one.market) for one in seen if (one.age or 0) > stale_after),
    ]


def concerns(found: Iterable[tuple[str, str]], watched: Collection[str]) -> Iterable[Concern]:
    """Tell what concerns people of conditions and the markets that are in them.

    Of markets that nobody watches, only what cannot be right.
    """
    told = [pair for pair in found if pair[0] in _OF_ANY or pair[1] in watched]
    for condition in CONDITIONS:
        markets = [market for kind, market in told if kind == condition]
        if markets:
            names = ", ".join(markets[:_MOST_NAMES]) + (", …" if markets[_MOST_NAMES:] else "")
            word = condition.replace("_", "-")
            number = "1 book is" if len(markets) == 1 else f"{len(markets)} books are"
            yield Concern(f"{number} {word}: {names}", _REMEDIES[condition])
