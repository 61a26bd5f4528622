from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeBoard
from upbit_monitor.metrics import Family
from upbit_monitor.metrics.family import SERIES_CAP, SERIES_LIMIT_HITS

PRICE = Family("upbit_test_price", "gauge", "A price.", ("target", "market"))
AGE = Family("upbit_test_age_seconds", "histogram", "An age.", ("target",), (1, 10))
SEEN = Family("upbit_test_seen_total", "counter", "What was seen.", ("target", "kind"))
OWN_GAUGE = Family("upbit_monitor_test_ready", "gauge", "Whether it is ready.")
OWN_COUNT = Family("upbit_monitor_test_lines_total", "counter", "Lines written.")
OWN_TIMES = Family("upbit_monitor_test_lag_seconds", "histogram", "A lag.", (), (1, 10))


def prices(board: FakeBoard) -> dict[tuple[str, ...], float]:
    return board.series(PRICE.name, "target", "market")


def hits(board: FakeBoard, family: Family) -> float | None:
    return board.value(SERIES_LIMIT_HITS.name, metric=family.name)


rows = st.dictionaries(st.tuples(st.sampled_from("abcdef")), st.floats(allow_nan=False))


@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), rows)))
def test_a_snapshot_is_replaced_as_a_whole_by_target(
    shows: list[tuple[str, dict[tuple[str, ...], float]]],
) -> None:
    board = FakeBoard()
    last = {}
    for target, shown in shows:
        board.show(PRICE, target, shown)
        last[target] = shown
    assert prices(board) == {
        (target, *labels): value
        for target, shown in last.items()
        for labels, value in shown.items()
    }


def test_to_put_one_row_keeps_the_others() -> None:
    board = FakeBoard()
    board.show(PRICE, "one", {("a",): 1, ("b",): 2})
    board.put(PRICE, "one", "b", value=3)
    board.put(PRICE, "two", "c", value=4)
    assert prices(board) == {("one", "a"): 1, ("one", "b"): 3, ("two", "c"): 4}


def test_what_was_shown_does_not_change_with_the_row_put_after_it() -> None:
    board = FakeBoard()
    shown: dict[tuple[str, ...], float] = {("a",): 1}
    board.show(PRICE, "one", shown)
    board.put(PRICE, "one", "b", value=2)
    assert shown == {("a",): 1}


def test_a_family_of_the_daemon_itself_has_no_target() -> None:
    board = FakeBoard()
    board.put(OWN_GAUGE, None, value=1)
    board.count(OWN_COUNT, None, by=2)
    board.observe(OWN_TIMES, None, values=(0.5, 5))
    assert board.value(OWN_GAUGE.name) == 1
    assert board.value(OWN_COUNT.name) == 2
    assert board.value(f"{OWN_TIMES.name}_sum") == 5.5


def test_rows_above_the_cap_are_left_out_and_counted() -> None:
    board = FakeBoard()
    board.show(PRICE, "one", {(str(number),): number for number in range(SERIES_CAP + 7)})
    board.show(PRICE, "two", {("a",): 1})
    assert len(prices(board)) == SERIES_CAP + 1, "the cap is each target's own"
    assert hits(board, PRICE) == 7
    board.put(PRICE, "one", "one more", value=1)
    assert len(prices(board)) == SERIES_CAP + 1
    assert hits(board, PRICE) == 8


def test_what_may_be_left_out_is_counted_from_zero() -> None:
    board = FakeBoard()
    board.declare(PRICE, SEEN)
    assert (hits(board, PRICE), hits(board, SEEN)) == (0, 0)


def test_a_value_outside_its_closed_set_is_folded_and_counted() -> None:
    board = FakeBoard()
    assert board.fold(SEEN, "known", ("known",)) == "known"
    assert hits(board, SEEN) is None
    assert board.fold(SEEN, "strange", ("known",)) == "other"
    assert board.fold(SEEN, "stranger", ("known",)) == "other"
    assert hits(board, SEEN) == 2


def test_counting_by_nothing_and_observing_nothing_make_a_series() -> None:
    board = FakeBoard()
    board.count(SEEN, "one", "known", by=0)
    board.observe(AGE, "one", values=())
    assert board.value(SEEN.name, target="one", kind="known") == 0
    assert board.value(f"{AGE.name}_count", target="one") == 0


@pytest.fixture
def full() -> FakeBoard:
    """Give a board on which two targets have everything."""
    board = FakeBoard()
    for target in ("one", "two"):
        board.show(PRICE, target, {("a",): 1})
        board.count(SEEN, target, "known", by=5)
        board.observe(AGE, target, values=(3,))
    board.put(OWN_GAUGE, None, value=1)
    board.count(OWN_COUNT, None)
    return board


def targets(board: FakeBoard) -> set[tuple[str, str]]:
    return {
        (metric.type, sample.labels["target"])
        for metric in board.registry.collect()
        for sample in metric.samples
        if "target" in sample.labels
    }


def test_to_forget_a_target_drops_all_its_series_and_no_others(full: FakeBoard) -> None:
    full.forget("one")
    assert targets(full) == {("gauge", "two"), ("counter", "two"), ("histogram", "two")}
    assert full.value(OWN_GAUGE.name) == full.value(OWN_COUNT.name) == 1
    full.forget("one")
    full.forget("nobody")


def test_to_forget_gauges_only_lets_counters_go_on(full: FakeBoard) -> None:
    full.forget("one", gauges_only=True)
    assert ("gauge", "one") not in targets(full)
    full.count(SEEN, "one", "known")
    assert full.value(SEEN.name, target="one", kind="known") == 6
    full.forget("one")
    assert {target for _, target in targets(full)} == {"two"}


def test_a_forgotten_target_can_come_back_and_begins_at_zero(full: FakeBoard) -> None:
    full.forget("one")
    full.count(SEEN, "one", "known")
    assert full.value(SEEN.name, target="one", kind="known") == 1


def test_no_series_says_when_another_was_created(full: FakeBoard) -> None:
    names = {sample.name for metric in full.registry.collect() for sample in metric.samples}
    assert not [name for name in names if name.endswith("_created")]


def test_to_register_a_gauge_does_not_claim_the_name_of_another(full: FakeBoard) -> None:
    twin = Family(PRICE.name, "gauge", "Another price.", ("target",))
    with pytest.raises(ValueError, match="Duplicated"):
        full.put(twin, "one", value=1)
