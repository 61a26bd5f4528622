"""The landing page: is it all right, and if not, what to do. One HTML document, no scripts."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from upbit_monitor.exposition.diagnosis import diagnose
from upbit_monitor.exposition.finding import TONES, Tone
from upbit_monitor.exposition.markup import Html, element, joined
from upbit_monitor.exposition.quota_bar import quota_row
from upbit_monitor.exposition.reach import silent_since
from upbit_monitor.exposition.status import PollState
from upbit_monitor.exposition.words import ago, certificate, clock, counted, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upbit_monitor.exposition.diagnosis import Diagnosis
    from upbit_monitor.exposition.finding import Finding
    from upbit_monitor.exposition.status import (
        Opinion,
        PollStatus,
        QuotaStatus,
        Status,
        TargetStatus,
    )

REFRESH_SECONDS: Final = 10

_STYLE: Final = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""What a Content-Security-Policy names to let exactly this style sheet in (sha256)."""

_SHAPES: Final = {
    Tone.GOOD: "M2.5 6.4 5 9l4.6-5.6",
    Tone.BUSY: "M6 3v3l2 2",
    Tone.WARN: "M6 2.6v4.2M6 9.2v.3",
    Tone.BAD: "M3.3 3.3l5.4 5.4M8.7 3.3 3.3 8.7",
    Tone.IDLE: "M3 6h6",
}
"""Each tone has a shape as well as a colour, for those who do not see the colour."""

_TAB_COLOURS: Final = {
    Tone.GOOD: "#1f9d5f",
    Tone.BUSY: "#3b7ddd",
    Tone.WARN: "#d08700",
    Tone.BAD: "#d92d20",
    Tone.IDLE: "#8a94a3",
}


def landing_page(status: Status, links: Sequence[str], *, refresh: bool = True) -> str:
    """Show the daemon as of ``status.now``; ``links`` are the other paths that it answers."""
    diagnosis = diagnose(status)
    told = frozenset(finding.why for finding in diagnosis.findings)
    body = element(
        "body",
        _masthead(status, links),
        element(
            "main",
            _verdict(status, diagnosis),
            *(_target(target, status.now, told) for target in status.targets),
        ),
        _footer(status, refresh=refresh),
    )
    head = _head(diagnosis, refresh=refresh)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}"


def _head(diagnosis: Diagnosis, *, refresh: bool) -> Html:
    dot = f"<circle cx='6' cy='6' r='5' fill='{_TAB_COLOURS[diagnosis.tone]}'/>"
    icon = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 12'>{dot}</svg>"
    again = element("meta", http_equiv="refresh", content=str(REFRESH_SECONDS))
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("title", f"{diagnosis.headline} · upbit-monitor"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        again if refresh else Html(),
        element("link", rel="icon", href=f"data:image/svg+xml,{quote(icon)}"),
        element("style", Html(_STYLE)),
    )


def _masthead(status: Status, links: Sequence[str]) -> Html:
    return element(
        "header",
        element(
            "p",
            element("strong", "upbit-monitor"),
            " ",
            element("span", f"{status.version} · {status.revision}", class_="muted"),
        ),
        element(
            "nav",
            joined(*(element("a", path, href=path) for path in links)),
            aria_label="What else is served here",
        ),
    )


def _verdict(status: Status, diagnosis: Diagnosis) -> Html:
    watched = counted(len(status.targets), "target")
    off = sum(not poll.state.enabled for _, poll in status.polls())
    facts = [
        "ready" if status.ready else "not ready",
        watched,
        f"up {span(status.now - status.started_at)}",
    ]
    if off:
        facts.insert(2, f"{counted(off, 'poll')} off")
    if status.second_opinion is not None:
        facts.append(_opinion(status.second_opinion))
    return element(
        "section",
        _badge(diagnosis.tone, large=True),
        element(
            "div",
            element("h1", diagnosis.headline),
            element("p", " · ".join(facts), class_="muted"),
        ),
        element("ul", *map(_finding, diagnosis.findings), class_="findings")
        if diagnosis.findings
        else Html(),
        class_=f"verdict {diagnosis.tone}",
    )


def _opinion(opinion: Opinion) -> str:
    words = {True: "answers", False: "does not answer", None: "not asked yet"}
    return f"second opinion {opinion.address}: {words[opinion.up]}"


def _finding(finding: Finding) -> Html:
    return element(
        "li",
        _badge(finding.tone),
        element(
            "div",
            element("p", element("strong", finding.where), f" {finding.what}."),
            element("p", finding.why, class_="why") if finding.why else Html(),
            element("p", finding.remedy, class_="muted"),
        ),
    )


def _target(target: TargetStatus, now: float, told: frozenset[str | None]) -> Html:
    place = f"target-{target.name}"
    account = "with an API key" if target.account == "key" else "without an API key"
    facts = [target.region, target.base_url, account]
    if target.skew is not None:
        facts.append(f"clock {clock(target.skew)}")
    if target.certificate_not_after is not None:
        facts.append(f"certificate {certificate(target.certificate_not_after - now)}")
    return element(
        "section",
        element(
            "div",
            element("h2", _badge(_worst(target, now)), target.name, id=place),
            element("p", " · ".join(facts), class_="muted"),
            class_="line",
        ),
        element("div", _polls(target, now, told), _quotas(target.quotas, now), class_="halves"),
        class_="target",
        aria_labelledby=place,
    )


def _worst(target: TargetStatus, now: float) -> Tone:
    if silent_since(target) is not None or any(q.blocked_at(now) for q in target.quotas):
        return Tone.BAD
    tones = [TONES[poll.state] for poll in target.polls]
    tones += [Tone.WARN for poll in target.polls if poll.failures or poll.concerns]
    return max(tones, key=lambda tone: tone.rank, default=Tone.IDLE)


def _polls(target: TargetStatus, now: float, told: frozenset[str | None]) -> Html:
    if not target.polls:
        return element("p", "No poll is enabled.", class_="muted")
    columns = ("Poll", "State", "Last success", "Failures")
    table = element(
        "table",
        element("caption", f"Polls of {target.name}"),
        element("thead", element("tr", *(element("th", name, scope="col") for name in columns))),
        *(element("tbody", *_poll(poll, now, told)) for poll in target.polls),
    )
    return element("div", table)  # what scrolls, should a phone be too narrow


def _poll(poll: PollStatus, now: float, told: frozenset[str | None]) -> Iterator[Html]:
    """Give its rows. What is ``told`` at the top already is not said again."""
    tone = TONES[poll.state]
    beat = f"every {span(poll.every_seconds)}" if poll.state.enabled else ""
    head = (
        element(
            "th",
            poll.name,
            " ",
            element("span", beat, class_="muted"),
            scope="row",
        ),
        element("td", element("span", _badge(tone), poll.state, class_=f"state {tone}")),
    )
    if not poll.state.enabled:
        yield element("tr", *head, element("td", poll.why or "", colspan="2", class_="off"))
        return
    yield element(
        "tr",
        *head,
        element("td", _moment(poll.last_success_at, now)),
        element("td", str(poll.failures), class_="alarm" if poll.failures else "muted"),
    )
    if poll.gist:
        fresh = poll.state is PollState.FRESH
        mark = _badge(Tone.WARN) if poll.concerns and fresh else ""
        gist = poll.gist if fresh else f"at the last success: {poll.gist}"
        yield element("tr", element("td", mark, gist, colspan="4", class_="gist"))
    if poll.why and poll.why not in told:
        yield element("tr", element("td", poll.why, colspan="4", class_="why"))


def _quotas(quotas: Sequence[QuotaStatus], now: float) -> Html:
    # A block shuts every group: those that nobody uses have nothing to say beside that.
    told = [each for each in quotas if not each.blocked or each.left is not None or each.waiting]
    if not told:
        return Html()
    rows = (quota_row(quota, now) for quota in told)
    return element("div", element("h3", "Quota, at the last answer"), element("ul", *rows))


def _badge(tone: Tone, *, large: bool = False) -> Html:
    return element(
        "svg",
        element("circle", cx="6", cy="6", r="6"),
        element("path", d=_SHAPES[tone]),
        class_=f"badge {tone}" + (" large" if large else ""),
        viewBox="0 0 12 12",
        aria_hidden="true",
    )


def _moment(at: float | None, now: float) -> Html:
    if at is None:
        return element("span", "never", class_="muted")
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return element("time", ago(now - at), datetime=stamp, title=stamp)


def _footer(status: Status, *, refresh: bool) -> Html:
    clock = datetime.fromtimestamp(status.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    again = (
        (f"Refreshes every {REFRESH_SECONDS} s. ", element("a", "Pause", href="/?pause"))
        if refresh
        else ("Paused. ", element("a", "Resume", href="/"))
    )
    return element(
        "footer",
        element("p", f"As of {clock}. ", *again),
        element("p", "Looking at this page asks nothing of the exchange."),
    )
