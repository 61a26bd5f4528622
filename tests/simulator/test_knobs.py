"""Knobs are turned by text, and a mistake is told in one line."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.simulator import KnobError, Knobs, manual, parse_knobs

TURNED = st.builds(
    Knobs,
    window=st.sampled_from(["anchored", "calendar", "sliding", "bucket"]),
    limits=st.dictionaries(st.sampled_from(["order", "ticker"]), st.integers(1, 99)),
    strangers=st.dictionaries(st.sampled_from(["order", "ticker"]), st.floats(0, 50)),
    clock_offset_seconds=st.floats(-1e6, 1e6),
    remaining_on=st.frozensets(st.sampled_from(["2xx", "401", "418"])),
    null_fields=st.booleans(),
    hang_rate=st.floats(0, 1),
    block_after_refusals=st.integers(0, 50),
)


@given(TURNED)
def test_what_is_written_reads_back_the_same(knobs: Knobs) -> None:
    assert Knobs().turned(knobs.texts()) == knobs


def test_settings_are_parsed_from_the_command_line() -> None:
    knobs = parse_knobs(("window=sliding", "limits=order:12,default:10", "null_fields=true"))
    assert knobs == Knobs(window="sliding", limits={"order": 12, "default": 10}, null_fields=True)


def test_later_settings_leave_earlier_knobs_as_they_stand() -> None:
    assert parse_knobs(("hang_rate=0.5",), Knobs(window="bucket")).window == "bucket"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("windows=sliding", "no knob 'windows'; did you mean 'window'?"),
        ("window", "'window': a knob is turned by name=value"),
        ("window=leaky", "window=leaky: must be one of anchored, calendar, sliding, bucket"),
        ("null_fields=perhaps", "null_fields=perhaps: must be true or false"),
        ("limits=order", "limits=order: must be a list like order:12,default:10"),
        ("limits=orders:9", "limits: no group 'orders'; did you mean 'order'?"),
        ("limits=order:0", "limits=order:0: must be at least 1"),
        ("strangers=order:nan", "strangers=order:nan: must be at least 0"),
        ("hang_rate=1.5", "hang_rate=1.5: a rate lies between 0 and 1"),
        ("hang_rate=-0.1", "hang_rate=-0.1: must be a number of at least 0.0"),
        ("latency_ms=inf", "latency_ms=inf: must be a number of at least 0.0"),
        ("remaining_on=2xx,4x", "remaining_on=4x: must be a list like 2xx,429"),
        ("strangers_burst=0", "strangers_burst=0: must be a number of at least 1"),
    ],
)
def test_a_mistake_names_the_knob_and_what_it_takes(setting: str, message: str) -> None:
    with pytest.raises(KnobError) as caught:
        parse_knobs((setting,))
    assert str(caught.value) == message


def test_a_word_that_is_not_a_number_names_the_knob() -> None:
    with pytest.raises(KnobError, match=r"^block_seconds=long: "):
        parse_knobs(("block_seconds=long",))


def test_every_knob_has_a_sentence_that_says_what_it_does() -> None:
    for knob in fields(Knobs):
        text = knob.metadata["help"]
        assert text.endswith("."), knob.name
        assert text[0].isupper() or text[0].isdigit(), knob.name


def test_the_manual_shows_each_knob_as_it_stands_with_its_help_and_its_choices() -> None:
    printed = manual()
    words = " ".join(printed.split())
    for name, position in Knobs().texts().items():
        assert f"  {name}={position}\n" in printed
    for knob in fields(Knobs):
        assert knob.metadata["help"] in words
    assert "One of anchored, calendar, sliding, bucket." in words
    assert max(map(len, printed.splitlines())) <= 96
