from __future__ import annotations

import msgspec
import pytest

from upbit_monitor.polls.moments import Milliseconds, utc


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


@pytest.mark.parametrize("text", [b"1785397260660", b"1785397260660.0", b"1.78539726066e12"])
def test_milliseconds_may_be_spelt_as_any_number(text: bytes) -> None:
    assert msgspec.json.decode(text, type=Milliseconds) == 1_785_397_260_660


@pytest.mark.parametrize("text", [b"-1", b"1e15", b"1e400", b"NaN", b'"1"', b"true"])
def test_what_is_no_moment_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(text, type=Milliseconds)
