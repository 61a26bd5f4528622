import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exposition.examples import ILL, NOW, WELL, daemon, target
from upbit_monitor.exposition import (
    Counted,
    Opinion,
    PollState,
    PollStatus,
    QuotaStatus,
    Status,
    TargetStatus,
)
from upbit_monitor.exposition.page import landing_page
from upbit_monitor.polls import Concern

LINKS = ("/metrics", "/readyz")
VOID = {"meta", "link"}
CSS = files("upbit_monitor.exposition").joinpath("page.css").read_text(encoding="utf-8")


class Document(HTMLParser):
    """The page as a tree of tags; fails on one that is not closed where it must be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def values(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def shown(status: Status) -> Document:
    return Document(landing_page(status, LINKS))


def test_the_headline_is_the_one_first_heading_and_in_the_title() -> None:
    page = shown(WELL)
    assert page.tags.count("h1") == 1
    assert page.words.count("Both polls are fresh") == 1
    assert "Both polls are fresh · upbit-monitor" in page.words


@pytest.mark.parametrize("state", PollState)
def test_every_state_is_told_in_words_and_has_a_shape(state: PollState) -> None:
    page = shown(daemon(target(polls=(PollStatus("markets", state, 60.0),))))
    assert state in page.words
    assert "path" in page.tags


def test_a_poll_shows_its_age_its_interval_its_failures_and_why() -> None:
    text = shown(ILL).text()
    for words in ("tickers every 5 s", "3 min 42 s ago", "31", "401 <b>no</b> & never", "never"):
        assert words in text


def test_a_group_shows_what_is_used_our_share_what_others_took_and_when_it_opens() -> None:
    page = shown(ILL)
    for words in (
        "10 of 10 used",
        "our share 5",
        "others took at least 1,234 since the start",
        "3 requests waiting",
        "shut for another 42 s",
        "no word yet of what is left, 10 allowed",
    ):
        assert words in page.text()
    assert "10 of 10 requests used; our share is 5; shut" in page.values("aria-label")


@given(
    limit=st.integers(0, 10_000),
    budget=st.integers(-5, 10_000),
    left=st.none() | st.integers(-5, 10_000),
)
def test_no_quota_draws_outside_its_bar(limit: int, budget: int, left: int | None) -> None:
    page = shown(daemon(target(quotas=(QuotaStatus("ticker", limit, budget, left),))))
    places = [value for name in ("x", "width", "x1") for value in page.values(name)]
    assert all(0 <= float(place.removesuffix("%")) <= 100 for place in places if "%" in place)


def test_the_page_needs_nothing_but_itself() -> None:
    page = shown(ILL)
    assert not {"script", "img", "iframe", "form"} & set(page.tags)
    assert not page.values("style")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    own = ("/", "data:")
    assert all(link.startswith(own) for link in page.values("href") + page.values("src"))
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_every_link_is_offered() -> None:
    assert set(LINKS) <= set(shown(WELL).values("href"))


def test_the_page_refreshes_unless_it_is_paused() -> None:
    running, paused = (landing_page(WELL, LINKS, refresh=refresh) for refresh in (True, False))
    assert 'http-equiv="refresh"' in running
    assert 'href="/?pause"' in running
    assert 'http-equiv="refresh"' not in paused
    assert "Resume" in paused


@settings(deadline=None)
@given(words=st.text(), name=st.text())
def test_no_text_from_outside_changes_the_structure_of_the_page(words: str, name: str) -> None:
    def page(why: str, poll: str) -> Document:
        failing = PollStatus(poll, PollState.FAILING, 5.0, NOW - 60, 3, why)
        return shown(daemon(replace(target(name=name, polls=(failing,)), base_url=why)))

    assert page(f"x{words}", name).tags == page("x", "poll").tags


def test_a_table_names_its_columns_and_rows() -> None:
    scopes = shown(WELL).values("scope")
    assert scopes.count("col") == 4
    assert scopes.count("row") == 2


def themes() -> list[dict[str, str]]:
    light, dark = CSS.split("prefers-color-scheme: dark", 1)
    colours = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
    return [dict(colours.findall(light)), dict(colours.findall(dark))]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_all_text_has_the_contrast_that_accessibility_asks_for(theme: dict[str, str]) -> None:
    tones = ("good", "busy", "warn", "bad", "idle")
    grounds = ("card", "ground", *(f"{tone}-soft" for tone in tones))
    pairs = [(text, ground) for text in ("text", "muted") for ground in grounds]
    pairs += [(tone, ground) for tone in tones for ground in ("card", f"{tone}-soft")]
    pairs += [("busy", "ground")]  # links
    poor = [pair for pair in pairs if contrast(theme[pair[0]], theme[pair[1]]) < 4.5]
    assert poor == []


def test_both_themes_give_every_colour() -> None:
    light, dark = themes()
    assert light.keys() == dark.keys()


def test_a_poll_shows_what_it_saw_last_in_a_row_of_its_own() -> None:
    watched = PollStatus("markets", PollState.FRESH, 60.0, NOW, gist="812 <markets>")
    page = shown(daemon(target(polls=(watched,))))
    assert "812 <markets>" in page.words
    assert page.values("class").count("gist") == 1


@pytest.mark.parametrize("state", [PollState.LATE, PollState.FAILING, PollState.PARKED])
def test_what_a_poll_saw_is_told_as_past_once_it_is_not_fresh(state: PollState) -> None:
    overdue = PollStatus("tickers", state, 5.0, NOW - 97, gist="284 prices")
    assert "at the last success: 284 prices" in shown(daemon(target(polls=(overdue,)))).words
    fresh = replace(overdue, state=PollState.FRESH)
    assert "284 prices" in shown(daemon(target(polls=(fresh,)))).words


def test_what_a_poll_wants_looked_at_is_marked_at_its_row_while_it_is_fresh() -> None:
    concern = Concern("has 2 orders that stand still", "See whether they are wanted.")

    def marks(state: PollState) -> int:
        poll = PollStatus("open_orders", state, 5.0, NOW, gist="17 open", concerns=(concern,))
        row = landing_page(daemon(target(polls=(poll,))), LINKS).partition('class="gist"')[2]
        return row.partition("</tr>")[0].count("badge warn")

    assert (marks(PollState.FRESH), marks(PollState.LATE)) == (1, 0)


@pytest.mark.parametrize("state", [PollState.NO_KEY, PollState.NOT_HERE])
def test_a_poll_that_is_off_says_why_in_place_of_its_last_success(state: PollState) -> None:
    off = PollStatus("deposits", state, 0.0, why="the region has nothing of the kind")
    text = shown(daemon(target(polls=(off,)))).text()
    assert f"{state}the region has nothing of the kind" in text
    assert "never" not in text


def test_a_reason_that_stands_at_the_top_is_not_repeated_in_each_row() -> None:
    parked = [PollStatus(name, PollState.PARKED, 5.0, why="401 no key") for name in ("a", "b")]
    assert shown(daemon(target(polls=tuple(parked)))).words.count("401 no key") == 1


def test_a_target_shows_its_clock_and_its_certificate_if_they_are_known() -> None:
    known = replace(target(), skew=(0.2, 0.1), certificate_not_after=NOW + 63.5 * 86_400)
    text = shown(daemon(known)).text()
    assert "clock 0.2 s ahead of the exchange (±0.1 s)" in text
    assert "certificate ends in 63 d" in text
    unknown = shown(WELL).text()
    assert "clock" not in unknown
    assert "certificate" not in unknown


def test_a_target_wears_the_gravest_tone_of_its_polls_or_that_of_its_own_trouble() -> None:
    def badge(*states: PollState) -> str:
        watched = tuple(PollStatus(str(state), state, 5.0) for state in states)
        return of(target(polls=watched))

    def of(ill: TargetStatus) -> str:
        page = landing_page(daemon(ill), LINKS)
        return page.partition("<h2")[2].partition('class="badge ')[2].partition('"')[0]

    silent = PollStatus(
        "markets", PollState.FRESH, 5.0, NOW - 9, failures=2, unreachable_since=NOW - 5
    )
    block = QuotaStatus("ticker", 10, 5, shut_until=NOW + 40, blocked=True)
    well = PollStatus("markets", PollState.FRESH, 5.0, NOW)
    assert of(target(polls=(silent,))) == "bad"
    assert of(target(polls=(well,), quotas=(block,))) == "bad"
    assert badge() == "idle"
    assert badge(PollState.FRESH, PollState.NO_KEY) == "good"
    assert badge(PollState.FRESH, PollState.LATE) == "warn"
    assert badge(PollState.PARKED, PollState.LATE) == "bad"


@pytest.mark.parametrize(
    ("up", "words"),
    [(True, "answers"), (False, "does not answer"), (None, "not asked yet")],
)
def test_a_second_opinion_is_shown_if_there_is_one(up: bool | None, words: str) -> None:  # noqa: FBT001 -- a field's value
    asked = replace(WELL, second_opinion=Opinion("1.1.1.1:443", up, NOW, None))
    assert f"second opinion 1.1.1.1:443: {words}" in shown(asked).text()
    assert "second opinion" not in shown(WELL).text()


def test_a_group_shows_what_our_polls_ask_and_what_others_take_now() -> None:
    quota = QuotaStatus("default", 30, 15, left=20, foreign=1_234, others=4.21, planned=1.44)
    text = shown(daemon(target(quotas=(quota,)))).text()
    assert "our polls ask 1.4/s" in text
    assert "others took at least 1,234 since the start, about 4.2 a window now" in text


def test_of_groups_that_only_a_block_shuts_those_that_nobody_uses_are_left_out() -> None:
    groups = (("market", None, 0), ("ticker", 3, 0), ("trade", None, 2))
    quotas = tuple(
        QuotaStatus(name, 10, 5, left, waiting, shut_until=NOW + 9, blocked=True,
                    counted_by=Counted.ADDRESS)
        for name, left, waiting in groups
    )  # fmt: skip
    words = shown(daemon(target(quotas=quotas))).words
    assert [word for word in words if word in {"market", "ticker", "trade"}] == ["ticker", "trade"]


def test_a_poll_that_is_not_enabled_shows_no_interval() -> None:
    off = PollStatus("open_orders", PollState.NO_KEY, 0.0)
    words = Document(landing_page(daemon(target(polls=(off,))), LINKS)).words
    assert "open_orders" in " ".join(words)
    assert "every 0" not in " ".join(words)
