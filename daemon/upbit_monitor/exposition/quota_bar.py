"""A rate-limit group as a bar: what is used, what is ours to use, what is kept for others.

The bar has one cell per request of the window. It is drawn in SVG, whose sizes are attributes and
not styles, so that the page's policy can forbid inline styles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_monitor.exposition.markup import Html, element, joined
from upbit_monitor.exposition.words import counted, span

if TYPE_CHECKING:
    from upbit_monitor.exposition.status import QuotaStatus

_MOST_CELLS: Final = 40
"""With more requests in a window the cells would be thinner than the gaps between them."""


def quota_row(quota: QuotaStatus, now: float) -> Html:
    """Draw one group with its words."""
    return element(
        "li",
        element("div", element("span", quota.group, class_="group"), _state(quota), class_="line"),
        _bar(quota, shut=bool(quota.shut_for(now))),
        element("div", *_notes(quota, now), class_="notes"),
        class_="quota",
    )


def _state(quota: QuotaStatus) -> Html:
    if quota.used is None:
        return element(
            "span", f"no word yet of what is left, {quota.limit} allowed", class_="muted"
        )
    return element("span", element("b", str(quota.used)), f" of {quota.limit} used")


def _notes(quota: QuotaStatus, now: float) -> list[Html]:
    notes = [element("span", f"our share {quota.budget}")]
    if quota.planned:
        alarm = "alarm" if quota.overplanned else None
        notes.append(element("span", f"our polls ask {quota.planned:.2g}/s", class_=alarm))
    if quota.foreign:
        lately = f", about {quota.others:.2g} a window now" if quota.others else ""
        told = f"others took at least {quota.foreign:,} since the start{lately}"
        notes.append(element("span", told, class_="alarm" if quota.crowded else None))
    if quota.waiting:
        notes.append(element("span", f"{counted(quota.waiting, 'request')} waiting"))
    if quota.shut_for(now) and not quota.blocked:  # a block is told once, above
        told = f"shut for another {span(quota.shut_for(now))}"
        notes.append(element("strong", told, class_="alarm"))
    return notes


def _bar(quota: QuotaStatus, *, shut: bool) -> Html:
    limit = max(quota.limit, 1)
    ours = min(max(quota.budget, 0), limit)
    used = quota.used or 0
    gaps = range(1, limit) if limit <= _MOST_CELLS else ()
    said = f"{used} of {quota.limit} requests used; our share is {quota.budget}"
    return element(
        "svg",
        _stretch("ours", 0, ours, limit),
        _stretch("kept", ours, limit, limit),
        _stretch("used", 0, used, limit),
        joined(*(_tick("gap", place, limit) for place in gaps)),
        _tick("share", ours, limit) if ours < limit else Html(),
        class_="bar shut" if shut else "bar",
        role="img",
        aria_label=f"{said}; shut" if shut else said,
    )


def _stretch(kind: str, start: int, end: int, whole: int) -> Html:
    return element(
        "rect",
        class_=kind,
        x=_percent(start, whole),
        width=_percent(end - start, whole),
        height="100%",
    )


def _tick(kind: str, place: int, whole: int) -> Html:
    x = _percent(place, whole)
    return element("line", class_=kind, x1=x, x2=x, y1="0", y2="100%")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.4g}%"
