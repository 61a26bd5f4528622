"""What the board keeps is to the byte what prometheus_client's own metrics would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from tests.exposition.examples import PAGES
from tests.fakes import FakeBoard
from upbit_monitor.exposition.negotiate import Format
from upbit_monitor.exposition.render import SLICE_SAMPLES, slices
from upbit_monitor.metrics import Board, Family, Samples

if TYPE_CHECKING:
    from collections.abc import Callable

PRICE = Family("price", "gauge", "A price.", ("target", "market"))
SEEN = Family("seen_total", "counter", 'What was "seen".', ("target", "kind"))
WAIT = Family("wait_seconds", "histogram", "A wait.", ("target", "kind"), (0, 0.25, 1, 10))
SWING = Family("swing", "histogram", "Up or down.", ("target", "kind"), (-1, 0, 1))
OWN = Family("lag_seconds", "histogram", "A lag.", (), (1, 2.5))

kinds = st.sampled_from(["a", "b", 'c "quoted"\n업비트'])


def twins() -> tuple[FakeBoard, CollectorRegistry]:
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return FakeBoard(), CollectorRegistry()


@given(st.lists(st.tuples(kinds, st.floats(0, 1e18) | st.integers(0, 9))))
def test_a_counter_is_the_librarys(counted: list[tuple[str, float]]) -> None:
    board, registry = twins()
    twin = Counter(SEEN.name, SEEN.help, SEEN.labels, registry=registry)
    board.count(SEEN, "one", "a", by=0)
    twin.labels("one", "a")
    for kind, number in counted:
        board.count(SEEN, "one", kind, by=number)
        twin.labels("one", kind).inc(number)
    for form in Format:
        assert PAGES[form](board.registry) == PAGES[form](registry)


@pytest.mark.parametrize("family", [WAIT, SWING], ids=lambda family: family.name)
@given(
    st.lists(st.tuples(kinds, st.lists(st.floats(-20, 20) | st.sampled_from([-1, 0, 0.25, 1, 10]))))
)
def test_a_histogram_is_the_librarys(
    family: Family, observed: list[tuple[str, list[float]]]
) -> None:
    board, registry = twins()
    twin = Histogram(
        family.name, family.help, family.labels, buckets=family.buckets, registry=registry
    )
    board.observe(family, "one", "a", values=())
    twin.labels("one", "a")
    for kind, values in observed:
        board.observe(family, "one", kind, values=values)
        child = twin.labels("one", kind)
        for value in values:
            child.observe(value)
    for form in Format:
        assert PAGES[form](board.registry) == PAGES[form](registry)


def test_an_exemplar_is_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_785_397_260.25)
    board, registry = twins()
    twin = Histogram(OWN.name, OWN.help, buckets=OWN.buckets, registry=registry)
    for value, example in ((0.5, {"request_id": "00"}), (2, None), (0.75, {"request_id": "ff"})):
        board.observe(OWN, None, values=(value,), exemplar=example)
        twin.observe(value, example)
    page = PAGES[Format.OPENMETRICS](board.registry)
    assert page == PAGES[Format.OPENMETRICS](registry)
    assert page.count(b"request_id") == 1


def show(board: Board, turn: int) -> None:
    board.show(PRICE, "one", {(f"{turn}/{one}",): turn for one in range(3 * SLICE_SAMPLES)})


def count(board: Board, turn: int) -> None:
    for number in range(3 * SLICE_SAMPLES + turn):
        board.count(SEEN, "one", str(number))


def observe(board: Board, turn: int) -> None:
    for number in range(SLICE_SAMPLES + turn):
        board.observe(WAIT, "one", str(number), values=(0.5,), exemplar={"request_id": str(turn)})


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("change", [show, count, observe])
def test_a_family_that_changes_while_it_is_rendered_is_shown_as_it_was(
    change: Callable[[Board, int], None], form: Format
) -> None:
    board = FakeBoard()
    change(board, 1)
    before = PAGES[form](board.registry)
    pieces = slices(board.registry, form)
    first = next(pieces)
    change(board, 2)
    with board.renewal():
        change(board, 3)
    with board.renewal():
        pass
    change(board, 3)
    assert first + b"".join(pieces) == before
    assert PAGES[form](board.registry) != before


def test_rows_are_as_they_were_given_whatever_the_giver_does_with_them_later() -> None:
    board = FakeBoard()
    rows: dict[tuple[str, ...], float] = {("a",): 1}
    board.show(PRICE, "one", rows)
    rows["b",] = 2
    assert board.series(PRICE.name, "market") == {("a",): 1}


@pytest.mark.parametrize("labels", [(), ("a", "b")])
def test_labels_that_are_not_the_familys_are_refused(labels: tuple[str, ...]) -> None:
    board = FakeBoard()
    with pytest.raises(ValueError, match="has the labels"):
        board.show(PRICE, "one", {labels: 1})
    with pytest.raises(ValueError, match="has the labels"):
        board.put(PRICE, "one", *labels, value=1)
    with pytest.raises(ValueError, match="has the labels"):
        board.count(SEEN, "one", *labels)
    with pytest.raises(ValueError, match="has the labels"):
        board.observe(WAIT, "one", *labels, values=(1,))
    assert not [sample for metric in board.registry.collect() for sample in metric.samples]


def test_a_counter_does_not_go_down() -> None:
    with pytest.raises(ValueError, match="cannot go down"):
        FakeBoard().count(SEEN, "one", "a", by=-1)


def test_the_samples_of_a_family_can_be_counted_and_gone_through_again_and_again() -> None:
    board = FakeBoard()
    board.observe(WAIT, "one", "a", values=(0.5,))
    board.observe(WAIT, "two", "a", values=())
    [metric] = board.registry.collect()
    assert isinstance(metric.samples, Samples)
    assert len(metric.samples) == len(list(metric.samples)) == 14
    assert metric.samples[-1] == [*metric.samples][13]
    assert metric.samples[:2] == [*metric.samples][:2]
