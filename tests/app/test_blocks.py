"""The file of blocks: never half written, never shortened, and no trouble when it is no good."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import NOW
from upbit_monitor.app import blocks
from upbit_monitor.app.blocks import (
    BlockFile,
    Records,
    StateError,
    decoded,
    encoded,
    merged,
    state_directory,
)
from upbit_monitor.quota import BlockState
from upbit_monitor.quota.block import Block

PUBLIC = ("https://api.upbit.com", "")
MINE = ("https://api.upbit.com", "0123456789abcdef")
HOUR = 3600.0

lengths = st.floats(0, 24 * HOUR)
rows = st.integers(1, 50)


@pytest.fixture
def file(tmp_path: Path) -> BlockFile:
    return BlockFile(tmp_path / "state")


def left(records: Records, scope: tuple[str, str], now: float) -> float:
    return records[scope].state(now).left


# --- what is kept ---------------------------------------------------------------------------------


def test_a_file_that_is_missing_is_normal(file: BlockFile) -> None:
    assert file.read() == {}
    assert not file.path.parent.exists(), "and reading makes none"


def test_what_was_added_is_read(file: BlockFile) -> None:
    file.add(PUBLIC, BlockState(63.0, 1), NOW)
    file.add(MINE, BlockState(126.0, 2), NOW + 1)
    records = BlockFile(file.path.parent).read()
    assert records[PUBLIC].state(NOW + 3) == BlockState(60.0, 1)
    assert records[MINE].state(NOW + 127) == BlockState(0.0, 2)


def test_the_file_is_what_a_person_would_expect(file: BlockFile) -> None:
    file.add(MINE, BlockState(63.0, 1), NOW)
    assert json.loads(file.path.read_text()) == {
        "version": 1,
        "blocks": [
            {
                "base_url": "https://api.upbit.com",
                "account": "0123456789abcdef",
                "told": NOW,
                "until": NOW + 63,
                "in_a_row": 1,
            }
        ],
    }


def test_nobody_else_may_read_it_and_nothing_lies_beside_it(file: BlockFile) -> None:
    for _ in range(3):
        file.add(PUBLIC, BlockState(63.0, 1), NOW)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    assert [*file.path.parent.iterdir()] == [file.path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another")
def test_what_root_writes_for_another_is_the_others(file: BlockFile) -> None:
    file.path.parent.mkdir()
    os.chown(file.path.parent, 65532, 65532)
    file.add(PUBLIC, BlockState(63.0, 1), NOW)
    assert (file.path.stat().st_uid, file.path.stat().st_gid) == (65532, 65532)


@given(lengths, rows, lengths, rows, st.floats(0, 30 * HOUR))
def test_a_merge_never_shortens_and_never_exceeds_the_longer(
    first: float, first_row: int, second: float, second_row: int, pause: float
) -> None:
    now = NOW + pause
    before = merged({}, PUBLIC, BlockState(first, first_row), NOW)
    after = merged(before, PUBLIC, BlockState(second, second_row), now)
    assert left(after, PUBLIC, now) == pytest.approx(max(first - pause, second), abs=1e-3)
    assert after[PUBLIC].in_a_row in (second_row, max(first_row, second_row))
    assert decoded(encoded(after)) == after


def test_a_merge_keeps_other_scopes_and_drops_what_is_long_over() -> None:
    old = merged({}, PUBLIC, BlockState(60.0, 7), NOW)
    within = merged(old, MINE, BlockState(60.0, 1), NOW + 60 + HOUR)
    assert within[PUBLIC] == old[PUBLIC]
    after = merged(old, MINE, BlockState(60.0, 1), NOW + 61 + HOUR)
    assert after.keys() == {MINE}
    again = merged(old, PUBLIC, BlockState(60.0, 1), NOW + 61 + HOUR)
    assert again[PUBLIC].in_a_row == 1


@given(
    st.lists(st.tuples(st.sampled_from([PUBLIC, MINE]), lengths, rows), min_size=1, max_size=6),
    st.permutations(range(6)),
)
def test_the_order_of_writers_does_not_matter(
    written: list[tuple[tuple[str, str], float, int]], order: list[int]
) -> None:
    ends: list[Records] = []
    for turns in (range(6), order):
        records: Records = {}
        for turn in turns:
            if turn < len(written):
                scope, seconds, row = written[turn]
                records = merged(records, scope, BlockState(seconds, row), NOW)
        ends.append(records)
    assert ends[0] == ends[1]


def test_writers_at_once_lose_nothing(file: BlockFile) -> None:
    scopes = [(f"http://host-{number}", "") for number in range(8)]
    threads = [
        threading.Thread(target=BlockFile(file.path.parent).add, args=(one, BlockState(9, 1), NOW))
        for one in scopes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read().keys() == {*scopes}


def test_a_writer_that_hangs_does_not_take_us_along(
    file: BlockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_LOCK_PAUSE", 0.001)
    file.rehearse()
    lock = os.open(file.path.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file.add(PUBLIC, BlockState(63.0, 1), NOW)
    finally:
        os.close(lock)
    assert file.read().keys() == {PUBLIC}


# --- the clock ------------------------------------------------------------------------------------


@given(lengths, st.floats(-1e6, 1e6))
def test_a_restart_waits_what_is_left_and_never_more_than_the_length(
    length: float, step: float
) -> None:
    records = merged({}, PUBLIC, BlockState(length, 1), NOW)
    waits = left(records, PUBLIC, NOW + step)
    assert waits <= length + 1e-3
    assert waits == pytest.approx(length - step if step >= 0 else length, abs=1e-3)


def test_a_clock_set_back_costs_one_length_and_not_one_a_start() -> None:
    records = merged({}, PUBLIC, BlockState(60.0, 1), NOW)
    records = merged(records, MINE, BlockState(100.0, 1), NOW)
    now = NOW - 30 * 24 * HOUR
    records = merged(records, PUBLIC, records[PUBLIC].state(now), now)
    assert left(records, PUBLIC, now + 20) == 40
    assert left(records, MINE, now + 20) == 80
    assert decoded(encoded(records)) == records, "no length has become absurd"


@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.none() | st.floats(0, 300), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_restarts_at_any_moment_change_no_end(
    days: list[tuple[float, float | None, bool]],
) -> None:
    """One block lives on; the other dies with its process, again and again."""
    lasting, records, wall = Block(), Records(), NOW
    for pause, seconds, blocked in days:
        wall += pause
        born = wall - 5.0  # each process has its own monotonic clock
        mortal = Block()
        if PUBLIC in records:
            mortal.restore(records[PUBLIC].state(wall), wall - born)
        assert mortal.until + born == pytest.approx(lasting.until, abs=1e-3) or not records
        if blocked and wall >= lasting.until:
            lasting.begin(wall, seconds, wall)
            mortal.begin(wall - born, seconds, wall - born)
            state = mortal.state(wall - born)
            assert state is not None
            records = merged(records, PUBLIC, state, wall)
            expected = lasting.state(wall)
            assert expected is not None
            assert state.in_a_row == expected.in_a_row
            assert state.left == pytest.approx(expected.left, abs=1e-3)


# --- what is no good ------------------------------------------------------------------------------


def text(**fields: Any) -> str:  # noqa: ANN401 -- anything can stand in a file
    block = {"base_url": "http://x", "told": NOW, "until": NOW + 60, "in_a_row": 1} | fields
    return json.dumps({"version": 1, "blocks": [block]})


BAD = [
    "",
    "{",
    "[]",
    '{"version": 2, "blocks": [], "more": 1}',
    '{"version": "1", "blocks": []}',
    '{"version": 1}',
    '{"x":' * 5000,
    text(until=NOW + 9 * 24 * HOUR),
    text(until=NOW - 1),
    text(until="tomorrow"),
    text(until=None),
    text(in_a_row=0),
    text(told=NOW).replace(str(NOW), "1e999"),
]


@pytest.mark.parametrize("content", BAD)
def test_a_bad_file_is_told_left_alone_and_kept_beside_when_a_block_must_be_written(
    file: BlockFile, content: str
) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)
    with pytest.raises(StateError) as caught:
        file.read()
    assert str(caught.value).startswith(f"{file.path}: cannot be used: ")
    assert "delete it" in str(caught.value)
    assert file.path.read_text() == content
    file.add(PUBLIC, BlockState(63.0, 1), NOW)
    assert file.read().keys() == {PUBLIC}
    assert file.path.with_name("blocks.json.bad").read_text() == content


def test_a_newer_version_is_called_by_its_name(file: BlockFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text('{"version": 7}')
    with pytest.raises(StateError, match="version 7"):
        file.read()


def test_a_file_that_cannot_be_read_is_told(file: BlockFile) -> None:
    file.path.mkdir(parents=True)
    with pytest.raises(StateError, match=r"blocks\.json: cannot be read \(Is a directory\)"):
        file.read()
    file.add(PUBLIC, BlockState(63.0, 1), NOW)
    assert file.read().keys() == {PUBLIC}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_is_read_or_told(content: bytes) -> None:
    try:
        decoded(content)
    except ValueError:
        return
    assert b"version" in content


def test_a_directory_that_cannot_be_written_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    file = BlockFile(tmp_path / "taken" / "state")
    for attempt in (file.rehearse, lambda: file.add(PUBLIC, BlockState(63.0, 1), NOW)):
        with pytest.raises(StateError, match=r"cannot be written .*--state\.directory") as caught:
            attempt()
        assert str(caught.value).startswith(str(tmp_path / "taken"))


def test_a_full_disk_leaves_the_old_file_and_no_rest(
    file: BlockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.add(PUBLIC, BlockState(63.0, 1), NOW)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left"):
        file.add(MINE, BlockState(63.0, 1), NOW)
    assert [*file.path.parent.iterdir()] == [file.path]
    assert file.read().keys() == {PUBLIC}


# --- where it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "environ", "where"),
    [
        ("/flag", {"STATE_DIRECTORY": "/systemd", "HOME": "/home/me"}, "/flag"),
        ("", {"STATE_DIRECTORY": "/first:/second", "XDG_STATE_HOME": "/xdg"}, "/first"),
        (None, {"XDG_STATE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg/upbit-monitor"),
        (None, {"XDG_STATE_HOME": "xdg", "HOME": "/h"}, "/h/.local/state/upbit-monitor"),
        (None, {"STATE_DIRECTORY": "", "HOME": "/h"}, "/h/.local/state/upbit-monitor"),
        (None, {"HOME": ""}, None),
        (None, {}, None),
    ],
)
def test_the_directory_is_as_told_or_systemds_or_the_homes(
    flag: str | None, environ: dict[str, str], where: str | None
) -> None:
    assert state_directory(flag, environ) == (None if where is None else Path(where))
