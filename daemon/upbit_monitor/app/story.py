"""The story of what the limiters decided, for a person who runs ``once --debug``.

Each decision is an object fit for JSON, and one of its fields is the sentence that a person reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.quota import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_monitor.quota import Decision


def story(decisions: Iterable[Decision], began: float) -> list[dict[str, Any]]:
    """Tell the decisions of one limiter in order of time, counted from when it ``began``."""
    seen: dict[str, int] = {}
    told = []
    for decision in sorted(decisions, key=lambda each: each.at):
        state = decision.state
        strangers = state.foreign - seen.get(state.group, 0)
        seen[state.group] = state.foreign
        told.append(_event(decision, strangers, began))
    return told


def line(event: dict[str, Any]) -> str:
    """Give one decision as a line of text."""
    return f"{event['at_seconds']:+.3f} s  {event['group']:<9} {event['text']}"


def _event(decision: Decision, strangers: int, began: float) -> dict[str, Any]:
    state = decision.state
    return {
        "at_seconds": round(decision.at - began, 3),
        "group": state.group,
        "decision": decision.kind.value,
        "text": _SENTENCES[decision.kind](decision, strangers),
        "waited_seconds": round(decision.waited, 3),
        "why": decision.why,
        "probe": decision.probe,
        "left": decision.left,
        "limit": state.limit,
        "ours_at_most": state.budget,
        "held": state.held,
        "taken_by_others": state.foreign,
        "others_expected": round(state.expected, 1),
        "pace": round(min(state.pace, state.budget), 3) if state.in_company else None,
        "shut_for_seconds": round(state.shut_for, 3),
    }


def _granted(decision: Decision, _: int) -> str:
    if not decision.waited:
        first = "goes at once"
    else:
        others = f", {decision.ahead} ahead of it" if decision.ahead else ""
        first = f"waited {decision.waited:.3f} s ({decision.why}{others}), goes"
    if not decision.probe:
        return first
    lost = "yet" if decision.state.remaining is None else "any more"
    return f"{first}: nothing is known {lost}, so this is a probe"


def _withheld(decision: Decision, _: int) -> str:
    after = f" after {decision.waited:.3f} s" if decision.waited else ""
    return f"does not go, given up{after}: {decision.why}"


def _answered(decision: Decision, strangers: int) -> str:
    state = decision.state
    if decision.left is None and decision.called is None:
        return "answered, without a word of what is left"
    if decision.left is None:
        return f'answered; its header speaks of another group, "{decision.called}": not believed'
    named = f' of "{decision.called}"' if decision.called != state.group else ""
    parts = [f"{decision.left} of {state.limit} left{named}"]
    if strangers:
        parts.append(f"others took at least {strangers}")
    elif state.limit - decision.left <= state.held:
        parts.append("ours explain it")
    if state.in_company:
        pace = min(state.pace, state.budget)
        parts.append(f"expects {state.expected:.1f} of others a period, sends at most {pace:.3g}")
    return "; ".join(parts)


def _refused(decision: Decision, _: int) -> str:
    what = "refused (429): shut" if decision.kind is Kind.REFUSED else "blocked (418): all is shut"
    state = decision.state
    ledger = f"{state.held} of our {state.budget} slots held"
    about = f"others are about, {state.foreign} seen" if state.in_company else "nobody else seen"
    return f"{what} for {state.shut_for:.1f} s; {ledger}; {about}"


def _lost(_: Decision, __: int) -> str:
    return "no answer: it may have been counted all the same"


def _unsent(_: Decision, __: int) -> str:
    return "never left: its slot is given back"


_SENTENCES: Final[dict[Kind, Callable[[Decision, int], str]]] = {
    Kind.GRANTED: _granted,
    Kind.WITHHELD: _withheld,
    Kind.ANSWERED: _answered,
    Kind.REFUSED: _refused,
    Kind.BLOCKED: _refused,
    Kind.LOST: _lost,
    Kind.UNSENT: _unsent,
}
