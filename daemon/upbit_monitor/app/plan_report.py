"""The quota plan in words: a table for people, and what is wrong with it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.app.plan import ROUND_TRIP
from upbit_monitor.config import duration
from upbit_monitor.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upbit_monitor.app.plan import Ask, GroupPlan

_ROW: Final = "  {:<17} {:>9} {:>15} {:>8} {:>7}  {}"
_LONG: Final = 60.0
"""Seconds. No answer is waited for so long."""

_NOTE: Final = f"""\
share allows/s: what the share sustains while every round trip takes {ROUND_TRIP:g} s, for each
request holds its slot until one period after its answer. holds: the longest round trip at which
it still does, and at which each poll, asking one question after the other, ends a run within its
interval. All is counted by the documented limits, and for a daemon that is alone; beside other
clients it sends less. Of a list of pages one is counted: how many there are is not known before."""


def table(groups: Sequence[GroupPlan]) -> str:
    """Render the plan: a block a scope, a line a group, and below it who asks for how much."""
    if not groups:
        return "Nothing is planned: no poll asks for anything."
    lines: list[str] = []
    scope: tuple[str, ...] = ()
    for group in groups:
        if group.scope != scope:
            scope = group.scope
            lines += [_place(group)]
            lines += [
                _ROW.format("group", "planned/s", "share allows/s", "limit/s", "used", "holds")
            ]
        lines += [_row(group), *(f"    {_who(ask)}" for ask in group.asks)]
    return "\n".join([*lines, "", _NOTE])


def problems(groups: Iterable[GroupPlan]) -> Iterator[Problem]:
    """Tell each group of which more is planned than the share sustains, and each slow poll."""
    slow: dict[str, Ask] = {}  # told once, though it may ask several groups
    for group in groups:
        slow |= {_name(ask): ask for ask in group.slow}
        if group.exceeds:
            place = f"{_place(group)}, group {group.group}"
            yield Problem(place, _too_much(group), _for_share(group))
    for name, ask in slow.items():
        yield Problem(name, _too_slow(ask), _for_interval(ask))


def figures(group: GroupPlan) -> dict[str, Any]:
    """Give the plan of a group as fields of a log line; what does not apply is left out."""
    fields = {
        "base_url": group.base_url,
        "key_id": group.key_id,
        "group": group.group,
        "planned_per_second": round(group.planned, 3),
        "share_allows_per_second": round(group.sustained(), 3),
        "limit_per_second": round(group.limit, 3),
        "share": group.share,
        "polls": [_name(ask) for ask in group.asks],
        "remedy": remedy(group),
    }
    return {name: value for name, value in fields.items() if value is not None}


def remedy(group: GroupPlan) -> str:
    """Say what would make a plan hold that does not."""
    slow = [f"{_name(ask)}: {_for_interval(ask)}" for ask in group.slow]
    return "; ".join([*([_for_share(group)] if group.exceeds else []), *slow])


def _for_share(group: GroupPlan) -> str:
    times = _percent(group.used) / 100
    share = group.needed_share
    enough = "even the whole quota is too little" if share is None else f"share {share:g} would do"
    return f"make the intervals {times:g} times as long or watch fewer markets ({enough})"


def _for_interval(ask: Ask) -> str:
    # Upwards: a longer interval reads the market list in a greater part of its runs.
    enough = math.ceil(round(10 * ROUND_TRIP * ask.questions, 6)) / 10
    return f"make its interval {duration(enough)} or longer, or watch fewer markets"


def _name(ask: Ask) -> str:
    return f"{ask.target}/{ask.poll}"


def _place(group: GroupPlan) -> str:
    return group.base_url if group.key_id is None else f"{group.base_url}, key {group.key_id}"


def _row(group: GroupPlan) -> str:
    return _ROW.format(
        group.group,
        _number(group.planned),
        _number(group.sustained()),
        _number(group.limit),
        f"{_percent(group.used)} %",
        _holds(group),
    )


def _holds(group: GroupPlan) -> str:
    if not group.holds:
        return "NO"
    longest = group.longest_round_trip
    return "yes" if longest > _LONG else f"yes, up to {_floor(longest)} s"


def _who(ask: Ask) -> str:
    requests = f"{_number(ask.requests)} request{'' if ask.requests == 1 else 's'}"
    return f"{_name(ask)}: {requests} every {duration(ask.every)}"


def _too_much(group: GroupPlan) -> str:
    who = ", ".join(f"{_name(ask)} {_number(ask.rate)}" for ask in group.asks)
    return (
        f"{_number(group.planned)} requests a second are planned ({who}), and share "
        f"{group.share:g} of {_number(group.limit)} sustains {_number(group.sustained())}"
    )


def _too_slow(ask: Ask) -> str:
    took = ROUND_TRIP * ask.questions
    return (
        f"a run asks {_number(ask.questions)} questions one after the other: {_number(took)} s at "
        f"a round trip of {ROUND_TRIP:g} s, and its interval is {duration(ask.every)}"
    )


def _number(value: float) -> str:
    """Three digits, and no exponent for what is common."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"  # noqa: PLR2004 -- three digits


def _percent(part: float) -> int:
    """Whole percent; never less than is true, but for what floats add."""
    return math.ceil(round(100 * part, 6))


def _floor(seconds: float) -> str:
    """Hundredths of a second; never more than is true."""
    return f"{math.floor(100 * seconds) / 100:g}"
