"""Rules are hastened for trials: every window so many times shorter, and nothing else."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixin.alerts import GROUPS
from mixin.recording import RECORDING
from mixin.rule import Alert, Group, Recording, hastened, seconds, windows
from tests.mixin import selectors as promql

ALL: Final = (*RECORDING, *GROUPS)


@given(st.sampled_from(ALL), st.floats(1, 1000))
def test_to_hasten_divides_each_window_and_changes_nothing_else(group: Group, times: float) -> None:
    hasty = group.hastened(times)
    assert seconds(hasty.interval) == pytest.approx(seconds(group.interval) / times, abs=0.001)
    for slow, fast in zip(group.rules, hasty.rules, strict=True):
        assert promql.without_durations(fast.expr) == promql.without_durations(slow.expr)
        was, now = promql.durations(slow.expr), promql.durations(fast.expr)
        assert now == pytest.approx([each / times for each in was], abs=0.001)
        assert all(now)
        if isinstance(slow, Recording):
            assert isinstance(fast, Recording)
            assert (fast.record, fast.labels) == (slow.record, slow.labels)
            continue
        assert isinstance(fast, Alert)
        assert (fast.name, fast.severity) == (slow.name, slow.severity)
        assert (fast.summary, fast.description) == (slow.summary, slow.description)
        for before, after in ((slow.wait, fast.wait), (slow.keep, fast.keep)):
            assert seconds(after) == pytest.approx(seconds(before) / times, abs=0.001)
            assert (seconds(after) > 0) == (seconds(before) > 0)


@pytest.mark.parametrize(
    ("expr", "found", "hasty"),
    [
        ("rate(a[5m])", ("5m",), "rate(a[10000ms])"),
        ("max_over_time(a[1h:30s] offset 1d)", ("1h:30s", "1d"),
         "max_over_time(a[120000ms:1000ms] offset 2880000ms)"),
        ('a{b="[x]5m"} > 5', ("x",), 'a{b="[x]5m"} > 5'),
        ("a", (), "a"),
    ],
)  # fmt: skip
def test_windows_are_found_where_promql_has_them(
    expr: str, found: tuple[str, ...], hasty: str
) -> None:
    assert windows(expr) == found
    group = Group(name="g", rules=(Recording(record="a:b:c", expr=expr),))
    assert group.hastened(30).rules[0].expr == hasty


@given(st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]), st.floats(1, 10**9))
def test_a_hastened_duration_is_in_whole_milliseconds_and_never_none(
    number: int, unit: str, times: float
) -> None:
    text = hastened(f"{number}{unit}", times)
    assert re.fullmatch(r"[1-9]\d*ms", text)
    assert seconds(text) <= max(seconds(f"{number}{unit}") / times + 0.0005, 0.001)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1h30m", "-5m", "5y", "1.5h"])
def test_a_duration_of_another_form_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        seconds(text)
