"""What a Prometheus would have scraped, written down for promtool: a page each few seconds.

Only series that rules name are kept: nothing else can make an alert fire.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from prometheus_client import generate_latest

from mixin.alerts import GROUPS
from mixin.recording import RECORDING
from mixin.rule import Recording
from tests.mixin.selectors import selectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from prometheus_client import CollectorRegistry, Metric

_SUFFIX: Final = re.compile(r"_(total|bucket|count|sum)$")
_MOMENT: Final = "_timestamp_seconds"
_LINE: Final = re.compile(r"^([\w:]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def named() -> frozenset[str]:
    """Give the metrics that rules name, but for those that they record."""
    rules = [rule for group in (*RECORDING, *GROUPS) for rule in group.rules]
    recorded = {rule.record for rule in rules if isinstance(rule, Recording)}
    return frozenset(each.metric for rule in rules for each in selectors(rule.expr)) - recorded


class Film:
    """Pages, one each ``interval`` seconds. Its state: of each series what each page had.

    ``origin``: the Unix time of the first page. promtool's clock begins at 0, so moments are told
    from there; 0, which is none, stays.
    """

    def __init__(self, origin: float, interval: float, added: str) -> None:
        """``added``: the labels that the scrape adds, such as ``job="a"``."""
        self.interval = interval
        self._origin = origin
        self._added = added
        self._named = named()
        self._pages = 0
        self._series: dict[str, list[str]] = {}

    def take(self, registry: CollectorRegistry, more: str) -> None:
        """Scrape a page. ``more``: lines that stand beside what is in the registry."""
        page = generate_latest(_Only(registry, self._named)).decode() + more
        for name, labels, value in _LINE.findall(page):
            if name in self._named:
                series = f"{name}{{{self._added}{',' if labels else ''}{labels}}}"
                told = self._series.setdefault(series, [])
                told += ["_"] * (self._pages - len(told))
                told.append(self._shifted(value) if name.endswith(_MOMENT) else value)
        self._pages += 1

    @property
    def names(self) -> frozenset[str]:
        """The metrics of which it has series."""
        return frozenset(series.partition("{")[0] for series in self._series)

    def input_series(self) -> list[dict[str, str]]:
        """Give all in promtool's notation."""
        return [
            {"series": name, "values": " ".join(_notes(told, self._pages))}
            for name, told in sorted(self._series.items())
        ]

    def _shifted(self, value: str) -> str:
        return repr(float(value) - self._origin) if float(value) else value


class _Only:
    """A part of a registry, as far as ``generate_latest`` wants to know."""

    def __init__(self, registry: CollectorRegistry, names: frozenset[str]) -> None:
        self._registry = registry
        self._families = {_SUFFIX.sub("", name) for name in names}

    def collect(self) -> Iterable[Metric]:
        return (each for each in self._registry.collect() if each.name in self._families)


def _notes(told: list[str], pages: int) -> Iterator[str]:
    """Tell samples, and where a series ends, as a scrape that lacks it marks it: ``stale``."""
    before = "_"
    for value, same in groupby(told + ["_"] * (pages - len(told))):
        times = len([*same])
        if value == "_" and before != "_":
            yield "stale"
            times -= 1
        before = value
        if times:
            yield f"_x{times}" if value == "_" else f"{value}x{times - 1}"


def promtool_test(
    film: Film, *, rules: Iterable[Path], minutes: int, fired: Iterable[tuple[str, str]]
) -> str:
    """Give a file for ``promtool test rules``: exactly these alerts fired, at whatever time.

    ``fired``: the alert's name, and its target; "" if it has none.
    """
    firing = f'last_over_time(ALERTS{{alertstate="firing"}}[{minutes}m])'
    expected = [
        {"labels": f'{{alertname="{name}"{f", target={target!a}" if target else ""}}}', "value": 1}
        for name, target in fired
    ]
    question = {
        "expr": f"group by (alertname, target) ({firing})",
        "eval_time": f"{minutes}m",
        "exp_samples": expected,
    }
    test = {
        "interval": f"{film.interval:g}s",
        "input_series": film.input_series(),
        "promql_expr_test": [question],
    }
    whole = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": "30s",
        # What is recorded is there when alerts look.
        "group_eval_order": [group.name for group in (*RECORDING, *GROUPS)],
        "tests": [test],
    }
    return json.dumps(whole, indent=1)  # JSON is YAML
