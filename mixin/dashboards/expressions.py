"""PromQL for panels: written without matchers of variables, which are put in from the catalogue.

A panel says ``rate(upbit_api_attempts_total[$__rate_interval])``. That this family has the labels
`target` and `endpoint`, and that the dashboard has variables of these names, is known already:
``filtered`` writes the matchers, so that none is ever forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mixin.recording import RECORDING
from mixin.rule import Recording
from upbit_monitor.metrics import CATALOGUE
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from upbit_monitor.metrics import Family

BY: Final = "job, instance, target"
"""What an aggregation keeps: two daemons see two ways, and a sum hides the one that is broken."""

FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (*CATALOGUE, *(family for poll in POLLS.values() for family in poll.families))
}
"""Every family of the daemon by its name."""

_RULES: Final[Mapping[str, str]] = {
    rule.record: rule.expr
    for group in RECORDING
    for rule in group.rules
    if isinstance(rule, Recording)
}

_SCRAPED: Final = re.compile(r"up|(?:scrape|process)_\w+")
_ALERTS: Final = ("ALERTS", "ALERTS_FOR_STATE")
_METRIC: Final = re.compile(
    r"""(?<![\w:"|$])
    (upbit_\w+ | instance(?:_[a-z]+)*:[\w:]+ | (?:scrape|process)_\w+ | up | ALERTS(?:_FOR_STATE)?)
    (?![\w:(])
    (?:\{([^{}]*)\})?""",
    re.VERBOSE,
)


def filtered(expr: str, variables: Collection[str]) -> str:
    """Give an expression with a matcher for each variable that is a label of the metric.

    Alerts need not have each of these labels: theirs match what is absent, too. Raises
    ``ValueError`` for a metric that nobody declares.
    """

    def matched(found: re.Match[str]) -> str:
        name, own = found.groups()
        absent = "|" if name in _ALERTS else ""
        labels = (label for label in labels_of(name) if label in variables)
        matchers = [f'{label}=~"${label}{absent}"' for label in labels]
        return f"{name}{{{','.join([*matchers, *([own] if own else [])])}}}"

    return _METRIC.sub(matched, expr)


def labels_of(metric: str) -> tuple[str, ...]:
    """Give the labels of a metric, those of the scrape first. Raises ``ValueError``."""
    if _SCRAPED.fullmatch(metric):
        return ("job", "instance")
    if metric in _ALERTS:
        return ("job", "instance", "target", "alertname", "severity")
    if metric in _RULES:
        level = metric.partition(":")[0]
        return ("job", *level.split("_"))
    family = FAMILIES.get(metric) or FAMILIES.get(re.sub("_(bucket|sum|count)$", "", metric))
    if family is None:
        raise ValueError(f"{metric}: no such metric; METRICS.md and mixin.recording have them all")
    return ("job", "instance", *family.labels)


def rule(record: str) -> str:
    """Give what a recording rule computes, over the dashboard's own interval.

    So a panel tells the same as the rule, and does so where the rules are not loaded, too.
    """
    return re.sub(r"\[\d+[a-z]+\]", "[$__rate_interval]", _RULES[record])


def quantile(part: str, family: str, *labels: str, only: str = "", within: str = "") -> str:
    """Give a quantile of a histogram for each daemon, and each value of ``labels``.

    ``only``: matchers, for a part of its series. ``within``: of so long, instead of just now.
    """
    kept = ", ".join(("job", "instance", *labels, "le"))
    buckets = f"{family}_bucket{_braced(only)}"
    seen = f"increase({buckets}[{within}])" if within else f"rate({buckets}[$__rate_interval])"
    return f"histogram_quantile({part}, sum by ({kept}) ({seen}))"


def known(expr: str) -> str:
    """Give what is a number: a ratio of nothing to nothing is none, and is left out."""
    return f"(\n{expr}\n) >= 0"


def age(family: str) -> str:
    """Give the seconds since a moment."""
    return f"time() - {family}"


def total(counter: str, *labels: str, only: str = "") -> str:
    """Give a counter's rate a second for each daemon, and each value of ``labels``.

    ``only``: matchers, for a part of its series.
    """
    kept = ", ".join(("job", "instance", *labels))
    return f"sum by ({kept}) (rate({counter}{_braced(only)}[$__rate_interval]))"


def _braced(matchers: str) -> str:
    return f"{{{matchers}}}" if matchers else ""
