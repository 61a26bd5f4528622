from __future__ import annotations

import time
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upbit_monitor.exchange.penalty import pause

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400.0
WEEK = 7 * DAY
DATE = "Wed, 30 Jul 2025 17:00:00 GMT"
NOW = 1_753_894_800.0
"""The same moment, in Unix seconds."""


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("60.5", 60.5),
        ("604801", WEEK),
        ("9" * 5000, WEEK),
        ("Wed, 30 Jul 2025 17:01:30 GMT", 90.0),
        ("Wednesday, 30-Jul-25 17:01:30 GMT", 90.0),
        ("Thu, 31 Jul 2025 02:01:30 +0900", 90.0),
        ("Wed, 30 Jul 2025 16:00:00 GMT", 0.0),
        ("Wed, 30 Jul 2036 17:00:00 GMT", WEEK),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣٠", None),
        ("Wed, 30 Jul 99999 17:00:00 GMT", None),
        ("Wed, 30 Jul 99999999999999999999 17:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert pause({"Retry-After": value}, "", NOW) == seconds


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize("zone", ["GMT", "-0000", ""])
def test_a_date_without_a_zone_is_utc_wherever_we_run(zone: str) -> None:
    assert pause({"Retry-After": f"Wed, 30 Jul 2025 17:01:30 {zone}"}, "", NOW) == 90.0


def test_a_date_is_compared_with_the_clock_of_whoever_wrote_it() -> None:
    headers = {"Retry-After": "Wed, 30 Jul 2025 17:01:30 GMT", "Date": DATE}
    assert pause(headers, "", NOW + 1000) == 90.0


def test_a_date_is_compared_with_our_clock_where_there_is_no_other() -> None:
    headers = {"Retry-After": "Wed, 30 Jul 2025 17:01:30 GMT", "Date": "yesterday"}
    assert pause(headers, "", NOW + 30) == 60.0


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Blocked for 30 seconds.", 30.0),
        ("blocked for 1 seconds", 1.0),
        ("Try again in 1 second", 1.0),
        ("retry after 45s", 45.0),
        ("5 SECS", 5.0),
        ("Blocked for 10 minutes", 600.0),
        ("2 mins left", 120.0),
        ("1 m", 60.0),
        ("wait 3 hours", 10_800.0),
        ("12h", 43_200.0),
        ("1 day", DAY),
        ("3d", 3 * DAY),
        ("500ms", 0.5),
        ("250 milliseconds", 0.25),
        ("1.5 minutes", 90.0),
        ("1,000 seconds", 1000.0),
        ("1 hour 5 minutes 3 seconds", 3903.0),
        ("30초 동안 차단되었습니다.", 30.0),
        ("10분 후 다시 시도해주세요", 600.0),
        ("잠시 후 다시 30초", 30.0),
        ("1시간 30분", 5400.0),
        ("500밀리초", 0.5),
        ("1일", DAY),
        ("999999999 hours", WEEK),
        ("Please retry after 120", 120.0),
        ("try again within 5 minutes", 300.0),
        ("1분에 600회 초과. 10분간 차단", 600.0),
        ("[2025-07-30T16:59:00Z] Too many requests, wait 60 seconds", 60.0),
        ("Blocked from 2025-07-30T16:00:00Z to 2025-07-30T18:00:00Z", 3600.0),
        ("Too many requests. Try again in 90.", 90.0),
        ("blocked until 2025-07-31T02:01:30+09:00", 90.0),
        ("Blocked until 2025-07-30 17:01:30", 90.0),
        ("Blocked until 2025-07-30T17:01:30.5Z.", 90.5),
        ("10 requests per 1 second exceeded; blocked for 5 minutes", 300.0),
    ],
)
def test_a_message_is_read_in_english_and_korean(message: str, seconds: float) -> None:
    assert pause({}, message, NOW) == seconds


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Too many API requests.",
        "10 requests per second",
        "5 monkeys",
        "seconds",
        "IP 10.0.0.5 is blocked",
        "error 418",
        "Too many requests: exceeded 10 requests per 1 second. Your IP is blocked.",
        "limit 10 requests/1s",
        "10 requests in 1 second",
        "1초당 10회를 초과했습니다.",
        "retry after 10.0.0.5",
        "retry in 60 requests",
        "600 requests within the last 60 seconds",
        "1분에 600회 초과",
        "1초 당 10회",
        "1일 10회 초과",
        "[2025-07-30T17:00:00Z] Too many requests.",
        "2026-99-99T10:30:00+09:00",
        "2026년 11월 23일 10시 30분까지 차단",
        "5 ſeconds",  # noqa: RUF001 -- the long s, which `re` takes for an s
        "12345678901234567890 s",
    ],
)
def test_what_is_no_length_of_time_is_not_read_as_one(message: str) -> None:
    assert pause({}, message, NOW) is None


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error": {"name": "blocked", "message": "Blocked.", "block_time": 60}}', 60.0),
        (b'{"retryAfter": "12.5"}', 12.5),
        (b'{"remaining_requests": 0, "block_time": 60}', 60.0),
        (b'{"blocked": 1, "bandwidth": 100, "retry_count": 3, "block_id": 123456}', None),
        (b'{"error": {"message": "Blocked.", "id": 60}}', None),
        (b"\xff<html>", None),
    ],
)
def test_a_field_of_the_body_that_is_named_for_it_is_read(
    body: bytes, seconds: float | None
) -> None:
    assert pause({}, "Blocked.", NOW, body) == seconds


def test_the_header_goes_before_the_message() -> None:
    assert pause({"Retry-After": "7"}, "Blocked for 30 seconds.", NOW) == 7.0


def test_the_message_is_read_if_the_header_is_nonsense() -> None:
    assert pause({"Retry-After": "soon"}, "Blocked for 30 seconds.", NOW) == 30.0


_near_messages = st.lists(
    st.one_of(
        st.sampled_from(
            ["s", "sec", "seconds", "min", "h", "초", "분", "시간", "일", " ", ".", ","]
        ),
        st.from_regex(r"\d+", fullmatch=True),
        st.text(max_size=3),
    )
).map("".join)
_date_parts = ["Wed,", "21", "Oct", "2015", "07:28:00", "GMT", "-0000", "+9999", ":"]
_near_dates = st.one_of(
    st.text(),
    st.datetimes().map(format_datetime),
    st.lists(st.sampled_from(_date_parts)).map(" ".join),
)


@given(_near_dates, _near_dates, _near_messages, st.floats(0, 4e9))
@example("", "", "5 ſeconds", 0.0)  # noqa: RUF001 -- as above
@example("Mon, 01 Jan 0001 00:00:00 -0000", "", "", 0.0)
def test_whatever_it_reads_it_answers_in_bounds(
    retry_after: str, date: str, message: str, now: float
) -> None:
    seconds = pause({"Retry-After": retry_after, "Date": date}, message, now)
    assert seconds is None or 0.0 <= seconds <= WEEK
