"""What is known of each metric that rules and dashboards may name, from the one catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from mixin.recording import RECORDING
from mixin.rule import Recording
from upbit_monitor.metrics import CATALOGUE
from upbit_monitor.polls import POLLS
from upbit_monitor.quota.groups import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_monitor.metrics import Family

FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families))
}
RECORDED: Final[Mapping[str, Recording]] = {
    rule.record: rule for group in RECORDING for rule in group.rules if isinstance(rule, Recording)
}

_EVERYWHERE: Final[Mapping[str, frozenset[str]]] = {
    "endpoint": frozenset(end.name for poll in POLLS.values() for end in poll.endpoints),
    "group": frozenset(KNOWN),
    "poll": frozenset(POLLS),
}
"""Labels that have the same closed set in every family."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Powers of seconds and bytes, times a scale.

    ``moment``: Unix time. ``part``: a ratio, of the same to the same.
    """

    seconds: int = 0
    size: int = 0
    scale: float = 1
    moment: bool = False
    part: bool = False

    def times(self, other: Dimension, sign: int = 1) -> Dimension:
        seconds = self.seconds + sign * other.seconds
        size = self.size + sign * other.size
        plain = not seconds and not size
        cancelled = plain and bool(self.seconds or self.size)
        part = plain and (cancelled or sign < 0 or (self.part and other.part))
        moment = self.moment and other.of == COUNT.of
        return Dimension(seconds, size, self.scale * other.scale**sign, moment, part)

    def scaled(self, by: float) -> Dimension:
        return replace(self, scale=self.scale * by)

    @property
    def of(self) -> tuple[int, int, bool]:
        """What must be equal where one is added to the other, or compared."""
        return self.seconds, self.size, self.moment


COUNT: Final = Dimension()
SECONDS: Final = Dimension(seconds=1)
MOMENT: Final = Dimension(seconds=1, moment=True)
BYTES: Final = Dimension(size=1)
PART: Final = Dimension(part=True)

_SUFFIXES: Final = (
    ("_timestamp_seconds", MOMENT),
    ("_seconds", SECONDS),
    ("_bytes", BYTES),
    ("_ratio", PART),
    ("_per_second", Dimension(seconds=-1)),
)


@dataclass(frozen=True, slots=True)
class Metric:
    """``labels`` is ``None`` if any may be there. ``observed``: what a bucket counts."""

    kind: Literal["counter", "gauge"]
    labels: frozenset[str] | None
    dimension: Dimension
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    observed: Dimension | None = None


_SCRAPE: Final = frozenset({"job", "instance"})
FOREIGN: Final[Mapping[str, Metric]] = {
    "up": Metric("gauge", _SCRAPE, COUNT),
    "scrape_duration_seconds": Metric("gauge", _SCRAPE, SECONDS),
    "scrape_samples_scraped": Metric("gauge", _SCRAPE, COUNT),
    "process_start_time_seconds": Metric("gauge", _SCRAPE, MOMENT),
    "process_cpu_seconds_total": Metric("counter", _SCRAPE, SECONDS),
    "process_resident_memory_bytes": Metric("gauge", _SCRAPE, BYTES),
    "process_open_fds": Metric("gauge", _SCRAPE, COUNT),
    "prometheus_config_last_reload_successful": Metric("gauge", _SCRAPE, COUNT),
    "ALERTS": Metric("gauge", None, COUNT),
    "ALERTS_FOR_STATE": Metric("gauge", None, MOMENT),
}
"""Metrics of Prometheus and of its client library that a rule or panel may name."""


def dimension(name: str) -> Dimension:
    """By the name's suffix, as the naming guide of Prometheus has it."""
    base = name.removesuffix("_total")
    return next((unit for suffix, unit in _SUFFIXES if base.endswith(suffix)), COUNT)


@cache
def metric(name: str) -> Metric | None:
    """What is known of a metric by its full name, or ``None`` if there is none."""
    if name in FOREIGN:
        return FOREIGN[name]
    if family := FAMILIES.get(name):
        if family.kind == "histogram":
            return None
        values = _values(family)
        labels = _SCRAPE | {*family.labels}
        return Metric(family.kind, labels, dimension(name), values)
    base, part = re.fullmatch(r"(.+?)(_bucket|_sum|_count)?", name).groups()  # type: ignore[union-attr]  # anything fits
    if part and (family := FAMILIES.get(base)) and family.kind == "histogram":
        values = _values(family)
        labels = _SCRAPE | {*family.labels}
        observed = dimension(base)
        if part == "_bucket":
            bounds = frozenset({*(str(float(bound)) for bound in family.buckets), "+Inf"})
            return Metric("counter", labels | {"le"}, COUNT, {**values, "le": bounds}, observed)
        return Metric("counter", labels, observed if part == "_sum" else COUNT, values)
    return None


def _values(family: Family) -> Mapping[str, frozenset[str]]:
    everywhere = {label: known for label, known in _EVERYWHERE.items() if label in family.labels}
    return everywhere | {label: frozenset(known) for label, known in family.values.items()}


def family_of(name: str) -> str:
    """The family that a sample's name belongs to."""
    return name if name in FAMILIES else re.sub("_(bucket|sum|count)$", "", name)
