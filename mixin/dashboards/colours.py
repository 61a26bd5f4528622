"""Colours and words, each with one meaning on every dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD: Final = "green"
NOTICE: Final = "yellow"
WARN: Final = "orange"
BAD: Final = "red"
GRAVE: Final = "dark-red"
THEIRS: Final = "purple"
"""The exchange's own faults, such as 5xx."""
PLAIN: Final = "blue"
"""Neither good nor bad."""
OFF: Final = "#6e7079"
"""Does not apply, or is not known."""
CLEAR: Final = "transparent"

CODES: Final[Mapping[str, str]] = {
    r"/\b2\d\d$/": GOOD,
    r"/\b4\d\d$/": WARN,
    r"/\b429$/": BAD,
    r"/\b418$/": GRAVE,
    r"/\b5\d\d$/": THEIRS,
}
"""Responses by status; of several that fit a series, the last one holds."""

FAULTS: Final[Mapping[str, str]] = {
    "the exchange": THEIRS,
    "the way to it": WARN,
    "our request": NOTICE,
    "the quota": BAD,
}
"""Whose fault a failure is."""

REASONS: Final[Mapping[str, str]] = {
    r"/\b(dns|connect|tls)$/": WARN,
    r"/\b(timeout|disconnect|http_5xx|payload)$/": THEIRS,
    r"/\bhttp_4xx$/": NOTICE,
    r"/\bthrottled$/": BAD,
    r"/\bblocked$/": GRAVE,
    r"/\bcancelled$/": OFF,
}
"""The same, by reason."""

STATES: Final[Mapping[str, str]] = {
    "fresh": GOOD,
    "waiting": PLAIN,
    "late": NOTICE,
    "failing": BAD,
    "parked": THEIRS,
    "no_key": OFF,
    "not_here": OFF,
}
"""States of a poll: the better ones first, then those of polls that are off."""


def words(*meanings: tuple[float, str, str]) -> list[dict[str, Any]]:
    """Give mappings from values to a word and a colour each."""
    options = {
        f"{value:g}": {"text": text, "color": colour, "index": index}
        for index, (value, text, colour) in enumerate(meanings)
    }
    return [{"type": "value", "options": options}]


UNKNOWN: Final = [
    {
        "type": "special",
        "options": {"match": "null+nan", "result": {"text": "-", "color": CLEAR, "index": 99}},
    }
]
"""For what has no value: Grafana would take it for less than any bound."""
UP: Final = words((1, "up", GOOD), (0, "DOWN", BAD))
YES: Final = words((1, "yes", GOOD), (0, "NO", BAD))
STATE: Final = words(*((code, name, STATES[name]) for code, name in enumerate(STATES, start=1)))
"""What ``poll_state`` gives."""


def poll_state(*, worst: bool = False) -> str:
    """Give, for each poll, the number that ``STATE`` puts into a word.

    ``worst``: of each target that of the poll that is worst off, without those that are off.
    """
    numbered = "\n  or ".join(
        f'(upbit_monitor_poll_state{{state="{name}"}} == 1) * {code}'
        for code, name in enumerate(STATES, start=1)
        if not worst or STATES[name] != OFF
    )
    kept = "job, instance, target" if worst else "job, instance, target, poll"
    return f"max by ({kept}) (\n  {numbered}\n)"
