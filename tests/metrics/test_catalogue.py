"""The rules for metrics, held against every family that there is."""

from __future__ import annotations

import re
from typing import Any

import pytest

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
    "state": "new and reused, or the states of an order",
    "quote": "the quote currencies of the region",
    "market": "the markets that the configuration watches, with a cap",
    "caution": "a tuple in the poll",
    "side": "bid and ask",
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


def test_the_document_has_every_family_once_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", document(POLLED), re.MULTILINE)
    assert [name for name, *_ in rows] == sorted(family.name for family in EVERYTHING)
    by_name = {family.name: family for family in EVERYTHING}
    for name, kind, labels, text in rows:
        family = by_name[name]
        assert kind == family.kind
        assert tuple(re.findall(r"`(\w+)`", labels)) == family.labels
        assert text.startswith(family.help)
        assert ("Buckets:" in text) == bool(family.buckets)


def test_the_document_is_the_same_whatever_order_the_families_come_in() -> None:
    assert document(POLLED) == document(POLLED[::-1])
