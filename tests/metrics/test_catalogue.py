"""The rules for metrics, held against every family that there is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from upbit_monitor.exposition import PollState
from upbit_monitor.logs import Level, Mask
from upbit_monitor.metrics import CATALOGUE, Family
from upbit_monitor.metrics import catalogue as c
from upbit_monitor.metrics.document import document
from upbit_monitor.metrics.family import SERIES_LIMIT_HITS
from upbit_monitor.polls import POLLS

POLLED = tuple(family for poll in POLLS.values() for family in poll.families)
EVERYTHING = (*CATALOGUE, *POLLED)

CLOSED = {
    "target": "the targets of the configuration",
    "endpoint": "the endpoints of the polls",
    "poll": "the polls",
    "group": "the groups that the limiter knows",
    "code": "HTTP's statuses",
    "reason": "tuples in the catalogue",
    "error": "names in metrics.calls",
    "phase": "a tuple in the catalogue",
    "state": "new and reused, or the states of an order, a wallet or its chain",
    "quote": "the quote currencies of the region",
    "market": "the markets that the configuration watches, with a cap",
    "caution": "a tuple in the poll",
    "side": "bid and ask",
    "role": "taker and maker",
    "currency": "the currencies that the configuration names",
    "network": "the networks of these currencies",
    "key_id": "short hashes of the account's keys, of which the exchange allows ten",
    "own": "yes and no",
    "band": "the bands of the configuration",
    "condition": "a tuple beside the poll",
    "level": "a tuple in the catalogue",
    "kind": "the masks of the log",
    "metric": "the families",
    "version": "this build",
    "revision": "this build",
    "python_version": "this build",
    "aiohttp_version": "this build",
}
"""Every label that there may be, and what its values are. Never an id, a URL, a key, a message."""

each = pytest.mark.parametrize("family", EVERYTHING, ids=lambda family: family.name)


def test_the_catalogue_holds_every_family_that_the_room_declares() -> None:
    declared = [value for value in vars(c).values() if isinstance(value, Family)]
    assert {*declared, SERIES_LIMIT_HITS} == {*CATALOGUE}


def test_no_two_families_have_one_name() -> None:
    names = [family.name for family in EVERYTHING]
    assert len(names) == len(set(names))


@each
def test_its_name_says_whose_it_is_in_base_units(family: Family) -> None:
    assert re.fullmatch(r"upbit_[a-z]+(_[a-z]+)*", family.name)
    assert not re.search(
        r"_(ms|millis\w*|minutes?|hours?|days?|percent|kb|kilobytes|[kmg]ib)(_|$)", family.name
    )


@each
def test_only_counters_end_in_total(family: Family) -> None:
    assert family.name.endswith("_total") == (family.kind == "counter")


@pytest.mark.parametrize("family", EVERYTHING, ids=lambda family: family.name)
def test_it_says_in_a_sentence_or_two_what_to_do_when_it_moves(family: Family) -> None:
    assert re.fullmatch(r"[^\n|]{30,400}[^.]\.", family.advice)
    assert not family.advice.startswith(" ")
    assert "  " not in family.advice


@each
def test_a_label_with_closed_values_is_one_of_its_own(family: Family) -> None:
    assert family.values.keys() <= {*family.labels}
    for values in family.values.values():
        assert len(values) == len({*values}) > 1


@each
def test_its_help_is_full_sentences(family: Family) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", family.help)
    assert "\n" not in family.help
    assert "|" not in family.help, "METRICS.md is a table"


@each
def test_the_help_of_a_moment_says_that_it_is_one(family: Family) -> None:
    if family.name.endswith("_timestamp_seconds"):
        assert re.search(r"[Tt]ime", family.help)


@each
def test_its_labels_are_closed_sets(family: Family) -> None:
    assert set(family.labels) <= CLOSED.keys()
    assert len(family.labels) == len(set(family.labels))


@each
def test_it_names_the_target_first_unless_it_speaks_of_the_daemon_itself(family: Family) -> None:
    speaks_of_a_target = not family.name.startswith("upbit_monitor_") or "poll" in family.labels
    assert (family.labels[:1] == ("target",)) == speaks_of_a_target


@each
def test_buckets_are_what_a_histogram_has(family: Family) -> None:
    assert bool(family.buckets) == (family.kind == "histogram")
    assert list(family.buckets) == sorted(set(family.buckets))


def closed_sets() -> dict[str, Any]:
    return {name: value for name, value in vars(c).items() if isinstance(value, tuple)}


def test_no_closed_set_repeats_itself() -> None:
    for name, values in closed_sets().items():
        assert len(values) == len(set(values)), name


SECTION = re.compile(r"^### `(\w+)`\n\n(\w+) · (.*)\n\n((?:.+\n)+)(?:\n\*\*When .*)?", re.MULTILINE)


def test_the_document_has_a_section_for_every_family() -> None:
    by_name = {family.name: family for family in EVERYTHING}
    sections = SECTION.findall(document(POLLS.values()))
    assert sorted(name for name, *_ in sections) == sorted(by_name)
    for name, kind, labels, text in sections:
        family = by_name[name]
        assert kind == family.kind
        assert tuple(re.findall(r"`(\w+)`", labels)) == family.labels
        assert text.startswith(family.help)
        assert ("Buckets:" in text) == bool(family.buckets)
        for values in family.values.values():
            assert f"({', '.join(values)})" in labels


def test_the_document_says_what_to_do_when_a_family_moves() -> None:
    text = document(POLLS.values())
    for family in EVERYTHING:
        assert f"**When it moves:** {family.advice}\n" in text, family.name


def test_the_document_is_ordered_by_area_and_within_one_by_name() -> None:
    areas = re.split(r"^## ", document(POLLS.values()), flags=re.MULTILINE)[3:-1]
    assert len(areas) == 7
    for area in areas:
        names = re.findall(r"^### `(\w+)`", area, re.MULTILINE)
        assert names == sorted(names), area.splitlines()[0]


def test_every_link_within_the_document_leads_somewhere() -> None:
    text = document(POLLS.values())
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    assert {*re.findall(r"\]\(#(.*?)\)", text)} <= anchors


def test_a_label_whose_values_the_code_does_not_know_is_explained_at_the_head() -> None:
    explained = {*re.findall(r"^\| `(\w+)` \|", document(POLLS.values()), re.MULTILINE)}
    build = {"version", "revision", "python_version", "aiohttp_version", "metric"}
    for family in CATALOGUE:
        assert {*family.labels} <= {*family.values} | explained | build, family.name


def test_closed_sets_are_those_of_the_rooms_they_come_from() -> None:
    assert tuple(level.word for level in Level) == c.LEVELS
    assert tuple(mask.value for mask in Mask) == c.MASKS
    assert tuple(state.label for state in PollState) == c.POLL_STATES
