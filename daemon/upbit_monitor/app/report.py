"""What ``once`` saw, as text for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.app.story import line
from upbit_monitor.exposition import certificate, clock, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_WRONG_BY: Final = 2.0
"""Seconds by which our clock is certainly wrong before that is marked; as on the page."""


def report(seen: Mapping[str, Any]) -> str:
    """Render what ``once`` gave: a block a target, a line a value."""
    lines = [line for name, target in seen["targets"].items() for line in _target(name, target)]
    lines += _opinion(seen.get("second_opinion"))
    return "\n".join([*lines, _verdict(seen)])


def _verdict(seen: Mapping[str, Any]) -> str:
    polls = [poll for target in seen["targets"].values() for poll in target["polls"].values()]
    concerns = sum(len(poll["concerns"]) for poll in polls)
    look = f", and {counted(concerns, 'thing')} to look at, marked with !" if concerns else ""
    failed = sum(not poll["ok"] for poll in polls)
    if failed:
        return f"{failed} of {counted(len(polls), 'poll')} failed{look}."
    return f"All polls succeeded{look}."


def _target(name: str, target: Mapping[str, Any]) -> Iterator[str]:
    yield f"{name} · region {target['region']} · {target['base_url']}"
    if ours := target["clock"]:
        ahead, give = ours["ahead_seconds"], ours["give_or_take"]
        wrong = abs(ahead) - give > _WRONG_BY
        yield f"{'! ' if wrong else '  '}clock {clock((ahead, give))}"
    if theirs := target["certificate"]:
        yield f"  certificate {certificate(theirs['seconds_left'])}"
    for poll, result in target["polls"].items():
        yield f"  {'ok  ' if result['ok'] else 'FAIL'}  {poll}" + (
            f": {result['gist']}" if result["gist"] else ""
        )
        if result["why"]:
            yield f"          {result['why']}"
        for concern in result["concerns"]:
            yield f"        ! {poll} {concern['what']}. {concern['remedy']}"
        for row in result["saw"]:
            labels = " ".join(f"{key}={value}" for key, value in row["labels"].items())
            yield f"          {row['metric']:<52} {labels:<28} {row['value']:.15g}"
    for poll, why in target["off"].items():
        yield f"  off   {poll}: {why}"
    for group in target["limiter"]:
        yield f"  quota {_quota(group)}"
    if target.get("decisions"):
        yield "  what the limiter decided:"
        yield from (f"    {line(event)}" for event in target["decisions"])
    yield ""


def _opinion(opinion: Mapping[str, Any] | None) -> Iterator[str]:
    if opinion is None:
        return
    found = {True: "reached", False: f"not reached: {opinion['why']}"}.get(opinion["up"], "unknown")
    yield f"second opinion · {opinion['address']} · {found}"
    yield ""


def _quota(group: Mapping[str, Any]) -> str:
    called = group["called"] not in (None, group["group"])
    name = f"{group['group']} (the exchange says {group['called']})" if called else group["group"]
    parts = [f"{name}: {group['limit']} allowed, {group['ours_at_most']} ours at most"]
    if group["remaining"] is not None:
        parts.append(f"{group['remaining']} left after our last request")
    if group["taken_by_others"]:
        parts.append(f"others took at least {group['taken_by_others']}")
    if group["pace"] is not None:
        parts.append(f"others expected to take {group['others_expected']:.1f} a window")
        parts.append(f"{group['pace']:.3g} ours at most beside others")
    for why, number in group["not_let_go"].items():
        if number:
            parts.append(f"{number} not let go ({why})")
    if group["shut_for_seconds"]:
        parts.append(f"shut for {group['shut_for_seconds']} s")
    return ", ".join(parts)
