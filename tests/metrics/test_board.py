from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.fakes import FakeBoard
from upbit_monitor.metrics import Board, Family
from upbit_monitor.metrics.family import SERIES_CAP, SERIES_LIMIT_HITS

PRICE = Family("upbit_test_price", "gauge", "A price.", ("target", "market"))
AGE = Family("upbit_test_age_seconds", "histogram", "An age.", ("target",), (1, 10))
SEEN = Family("upbit_test_seen_total", "counter", "What was seen.", ("target", "kind"))
CODES = Family("upbit_test_codes_total", "counter", "Codes.", ("target", "endpoint", "code"))
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


def everything(board: FakeBoard) -> set[tuple[str, ...]]:
    return {
        (sample.name, *sample.labels.values())
        for metric in board.registry.collect()
        for sample in metric.samples
    }


def test_a_renewal_drops_a_target_that_nobody_asks_for_and_no_other(full: FakeBoard) -> None:
    with full.renewal():
        full.show(PRICE, "two", {("a",): 1})
        full.count(SEEN, "two", "known", by=0)
        full.observe(AGE, "two", values=())
    assert targets(full) == {("gauge", "two"), ("counter", "two"), ("histogram", "two")}
    assert full.value(OWN_GAUGE.name) == full.value(OWN_COUNT.name) == 1


def test_a_renewal_lets_counters_and_histograms_go_on_and_gauges_begin_anew(
    full: FakeBoard,
) -> None:
    with full.renewal():
        assert "gauge" not in {kind for kind, _ in targets(full)}
        full.count(SEEN, "one", "known", by=0)
        full.observe(AGE, "one", values=())
    full.count(SEEN, "one", "known")
    assert full.value(SEEN.name, target="one", kind="known") == 6
    assert full.value(f"{AGE.name}_sum", target="one") == 3
    assert "gauge" not in {kind for kind, _ in targets(full)}


def test_what_a_renewal_dropped_can_come_back_and_begins_at_zero(full: FakeBoard) -> None:
    with full.renewal():
        pass
    assert not targets(full)
    full.count(SEEN, "one", "known")
    assert full.value(SEEN.name, target="one", kind="known") == 1


def test_a_series_stays_if_its_first_label_is_asked_for_again(full: FakeBoard) -> None:
    for endpoint, code in (("kept", "200"), ("kept", "525"), ("gone", "200"), ("gone", "525")):
        full.count(CODES, "one", endpoint, code)
        full.count(CODES, "two", endpoint, code)
    with full.renewal():
        full.count(CODES, "one", "kept", "200", by=0)
    assert full.series(CODES.name, "target", "endpoint", "code") == {
        ("one", "kept", "200"): 1,
        ("one", "kept", "525"): 1,
    }


def test_a_renewal_that_goes_wrong_loses_no_count_and_the_next_one_is_whole(
    full: FakeBoard,
) -> None:
    def fail() -> None:
        with full.renewal():
            full.count(SEEN, "one", "known", by=0)
            raise OSError("no socket")

    with pytest.raises(OSError, match="no socket"):
        fail()
    for target in ("one", "two"):
        assert full.value(SEEN.name, target=target, kind="known") == 5
        assert full.value(f"{AGE.name}_count", target=target) == 1
    with full.renewal():
        full.count(SEEN, "two", "known", by=0)
    assert targets(full) == {("counter", "two")}
    assert full.value(SEEN.name, target="two", kind="known") == 5


@given(st.lists(st.sets(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))), max_size=6))
def test_however_often_it_is_renewed_there_is_what_was_asked_for_and_nothing_else(
    asked: list[set[tuple[str, str]]],
) -> None:
    board = FakeBoard()
    for times in asked:
        with board.renewal():
            for target, kind in times:
                board.count(SEEN, target, kind)
        assert {*board.series(SEEN.name, "target", "kind")} == times


def test_a_renewal_leaves_no_trace_of_itself(full: FakeBoard) -> None:
    before = everything(full)
    with full.renewal():
        for target in ("one", "two"):
            full.show(PRICE, target, {("a",): 1})
            full.count(SEEN, target, "known", by=0)
            full.observe(AGE, target, values=())
    assert everything(full) == before


def test_the_beginning_of_a_cut_is_told_once_for_each_target_until_it_was_over() -> None:
    told: list[tuple[str, str | None, int]] = []
    board = Board(CollectorRegistry(), on_cut=lambda *cut: told.append(cut))
    board.cap(2)

    def show(target: str, size: int) -> None:
        board.show(PRICE, target, {(str(number),): number for number in range(size)})

    for size in (2, 5, 6, 3):
        show("one", size)
    assert told == [(PRICE.name, "one", 3)]
    show("two", 3)
    assert told[1:] == [(PRICE.name, "two", 1)]
    board.put(PRICE, "one", "another", value=1)
    board.put(PRICE, "one", "0", value=1)
    board.put(PRICE, "one", "another", value=1)
    assert not told[2:], "to put a row does not say that all the others fit"
    show("one", 2)
    show("one", 4)
    assert told[2:] == [(PRICE.name, "one", 2)]
    with board.renewal():
        show("one", 4)
    assert told[3:] == [(PRICE.name, "one", 2)], "told anew with each configuration"


def test_no_series_says_when_another_was_created(full: FakeBoard) -> None:
    names = {sample.name for metric in full.registry.collect() for sample in metric.samples}
    assert not [name for name in names if name.endswith("_created")]


def test_to_register_a_gauge_does_not_claim_the_name_of_another(full: FakeBoard) -> None:
    twin = Family(PRICE.name, "gauge", "Another price.", ("target",))
    with pytest.raises(ValueError, match="Duplicated"):
        full.put(twin, "one", value=1)
