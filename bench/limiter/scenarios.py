"""Everything that a limiter is judged in, as data.

Two lots. The *matrix* is whatever may happen: every window model with every round trip and all
kinds of strangers, and then one thing more at a time. The *summary* is six columns, each under
every window model that it is about; the figures that an early sketch of our limiter reached in
another simulation stand beside, as a mark to be measured by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bench.limiter.scenario import MODELS, Change, Scenario, Strangers

_NONE: Final = Strangers()
_CONSTANT: Final = Strangers(3.0)
_BURSTS: Final = Strangers(8 / 3, burst=8)
_SATURATING: Final = Strangers(14.0)
_TEN: Final = Strangers(10.0)


def _under_each_model(
    name: str, world: Scenario, models: tuple[str, ...] = MODELS
) -> tuple[Scenario, ...]:
    return tuple(replace(world, name=f"{name}, {model}", model=model) for model in models)


_COMPANY: Final = tuple(
    scenario
    for others, strangers in {
        "no strangers": _NONE,
        "strangers 3/s": _CONSTANT,
        "bursts of 8": _BURSTS,
        "strangers 14/s": _SATURATING,
    }.items()
    for way, round_trip in {"5 ms": 0.005, "50 ms": 0.05, "150 ms": 0.15}.items()
    for scenario in _under_each_model(
        f"{others}, {way}", Scenario(name="", strangers=strangers, round_trip=round_trip)
    )
)

_TROUBLE: Final = tuple(
    scenario
    for name, world in {
        "limit cut 10→5": Scenario(name="", change=Change(5)),
        "limit cut 10→5 silently": Scenario(name="", change=Change(5, announced=False)),
        "limit raised 8→12": Scenario(name="", limit=8, change=Change(12)),
        "limit raised 8→12 silently": Scenario(
            name="", limit=8, change=Change(12, announced=False)
        ),
        "1 in 2 s": Scenario(name="", limit=1, period=2.0),
        "418 after 5 refusals": Scenario(name="", strangers=_CONSTANT, block_after=5),
        "lost answers": Scenario(name="", losses=0.02),
        "header missing": Scenario(name="", header="missing"),
        "header malformed": Scenario(name="", header="malformed"),
        "header lying": Scenario(name="", header="lying"),
    }.items()
    for scenario in _under_each_model(name, world)
)

_BUCKETS: Final = tuple(
    Scenario(name=f"bucket 30/s, {others}", model="bucket", limit=30, strangers=strangers)
    for others, strangers in {"no strangers": _NONE, "strangers 10/s": _TEN}.items()
)

MATRIX: Final = (*_COMPANY, *_TROUBLE, *_BUCKETS)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the summary: one world, under each window model that it is about."""

    name: str
    scenarios: tuple[Scenario, ...]


SUMMARY: Final = tuple(
    Column(
        name,
        _under_each_model(
            f"summary, {name}",
            replace(world, round_trip=0.1, seconds=120.0),
            ("bucket",) if name.startswith("bucket") else MODELS,
        ),
    )
    for name, world in {
        "alone": Scenario(name=""),
        "limit cut 10→5": Scenario(name="", change=Change(5)),
        "strangers 3/s": Scenario(name="", strangers=_CONSTANT),
        "bursts of 8": Scenario(name="", strangers=_BURSTS),
        "strangers 14/s": Scenario(name="", strangers=_SATURATING),
        "bucket 30/s + 10/s": Scenario(name="", limit=30, strangers=_TEN),
    }.items()
)

SCENARIOS: Final = (*MATRIX, *(one for column in SUMMARY for one in column.scenarios))


@dataclass(frozen=True, slots=True)
class Published:
    """A row of another table, as it stands there."""

    name: str
    beside: str
    """Whose row it is to be compared with."""
    cells: tuple[str, ...]
    """In the order of ``SUMMARY``: utilisation/429s/harm, without the last where nobody is."""


PUBLISHED: Final = (
    Published(
        "  (a sketch)",
        "ours",
        ("92-99/0-1", "97/1", "85/3/7", "22/5/9", "68/7/10", "100/6/8"),
    ),
    Published(
        "  (it as a guest)",
        "ours, a guest",
        ("79/0", "72/1", "55/1/1", "14/3/9", "40/3/6", "102/3/3"),
    ),
)
"""What an early sketch reached in another simulation, phase-locked to calendar seconds."""
