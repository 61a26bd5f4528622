from __future__ import annotations

import pytest

from upbit_monitor.polls.moments import utc


@pytest.mark.parametrize(
    "text",
    ["2026-07-30T07:41:00", "2026-07-30T16:41:00+09:00", "2026-07-30T07:41:00Z",
     "2026-07-30 07:41:00"],
)  # fmt: skip
def test_a_time_without_an_offset_is_utc(text: str) -> None:
    assert utc(text) == 1_785_397_260


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_time_is_an_error_or_a_number(text: str) -> None:
    try:
        assert utc(text) < 0
    except ValueError:
        return
