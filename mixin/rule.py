"""What a rule is: a recording rule, an alert, a group of either; and how windows are scaled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["critical", "warning", "info", "none"]
"""critical wakes somebody, warning is looked at within the day, info is read, none is a sign."""

RUNBOOKS: Final = "https://github.com/upbit-monitor/upbit-monitor/blob/main/runbooks"
"""Where runbooks are published; ``python -m mixin --runbooks URL`` puts another in its place."""

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION: Final = re.compile(r"\d+(?:ms|[smhd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording rule. ``record`` is level:metric:operation, as Prometheus' guide names it."""

    record: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alerting rule.

    ``wait``: how long ``expr`` must hold (Prometheus' ``for``). ``keep``: how long the alert goes
    on when it holds no more (``keep_firing_for``): one that mutes others must outlast them, or they
    would be told when all is well. ``summary`` is one line, what is the matter and with what.
    ``description`` has the value and the next command to run.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    wait: str = "0s"
    keep: str = "0s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other, each ``interval``."""

    name: str
    rules: tuple[Recording | Alert, ...]
    interval: str = "30s"

    def hastened(self, times: float) -> Group:
        """Give this group with every window, wait, keep and interval so many times shorter.

        Thresholds stay: they speak of the exchange, whose seconds are not hastened. Names of
        recording rules stay too, and with them the windows that they are named after.
        """
        rules = tuple(_hastened(rule, times) for rule in self.rules)
        return replace(self, rules=rules, interval=hastened(self.interval, times))


def seconds(duration: str) -> float:
    """Give the seconds of a duration of one unit, such as 90s or 1h. Raises ``ValueError``."""
    if not _DURATION.fullmatch(duration):
        raise ValueError(f"{duration!r}: a duration is a number and one of {', '.join(_UNITS)}")
    number = duration.rstrip("hmsd")
    return int(number) * _UNITS[duration.removeprefix(number)]


def hastened(duration: str, times: float) -> str:
    """Give a duration so many times shorter, in whole milliseconds and at least one; 0 stays 0."""
    if not seconds(duration):
        return "0s"
    return f"{max(round(seconds(duration) / times * 1000), 1)}ms"


def windows(expr: str) -> tuple[str, ...]:
    """Give every duration in an expression of PromQL: of ranges, subqueries and offsets."""
    return tuple(match.group() for match in _WINDOW.finditer(expr))


_WINDOW: Final = re.compile(r"(?<=\[)[^\]]+(?=\])|(?<=\boffset )\d+[a-z]+")


def _hastened(rule: Recording | Alert, times: float) -> Recording | Alert:
    def shorter(match: re.Match[str]) -> str:
        return _DURATION.sub(lambda found: hastened(found.group(), times), match.group())

    expr = _WINDOW.sub(shorter, rule.expr)
    if isinstance(rule, Recording):
        return replace(rule, expr=expr)
    return replace(
        rule, expr=expr, wait=hastened(rule.wait, times), keep=hastened(rule.keep, times)
    )
