import asyncio
import gzip
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeHistogramMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from tests.exposition.examples import PAGES, unheard
from upbit_monitor.exposition.negotiate import Format
from upbit_monitor.exposition.render import SLICE_SAMPLES, MetricsPage, slices

EOF = b"# EOF\n"


def prices(registry: CollectorRegistry, count: int, name: str = "price") -> Gauge:
    gauge = Gauge(name, "Last price.", ["market"], registry=registry)
    for number in range(count):
        gauge.labels(f"KRW-{number}").set(number)
    return gauge


class Sizes:
    """A collector of a kind that the text format spells in three families."""

    def collect(self) -> Iterable[Metric]:
        family = GaugeHistogramMetricFamily("sizes", "Sizes.", labels=["side"])
        for number in range(SLICE_SAMPLES):
            family.add_metric([str(number)], [("1.0", 2.0), ("+Inf", 3.0)], gsum_value=4.0)
        return [family]


def every_kind() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("plain", "No labels.", registry=registry).inc()
    awkward = Counter("awkward", 'A "help"\nin two \\ lines.', ["text"], registry=registry)
    awkward.labels('a "quote", a \\ and\na line 업비트').inc(exemplar={"request_id": "00ff"})
    histogram = Histogram("seconds", "Duration.", ["endpoint"], registry=registry)
    for number in range(SLICE_SAMPLES):
        histogram.labels(f"/v1/{number}").observe(number / 7, {"request_id": f"{number:016x}"})
    Summary("size_bytes", "Size.", ["endpoint"], registry=registry).labels("/v1").observe(3e9)
    Info("build", "Build.", registry=registry).info({"version": "1", "revision": "x"})
    Enum("phase", "Phase.", states=["up", "down"], registry=registry).state("down")
    Gauge("empty", "Has labels and no series.", ["market"], registry=registry)
    gauge = Gauge("odd", "Numbers that are spelled in words.", ["of"], registry=registry)
    for value in ("nan", "inf", "-inf", "1e21", "-0.0"):
        gauge.labels(value).set(float(value))
    registry.register(Sizes())
    prices(registry, 3 * SLICE_SAMPLES + 1)
    return registry


@pytest.mark.parametrize("form", Format)
def test_the_slices_are_byte_for_byte_the_page_of_the_library(form: Format) -> None:
    registry = every_kind()
    assert b"".join(slices(registry, form)) == PAGES[form](registry)


@pytest.mark.parametrize("form", Format)
@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(0, 2 * SLICE_SAMPLES + 1), max_size=3))
def test_the_slices_make_the_page_at_every_family_size(form: Format, sizes: list[int]) -> None:
    registry = CollectorRegistry()
    for number, size in enumerate(sizes):
        prices(registry, size, f"price_{number}")
    assert b"".join(slices(registry, form)) == PAGES[form](registry)


def test_exemplars_show_in_openmetrics_alone() -> None:
    registry = every_kind()
    assert b'# {request_id="00ff"}' in b"".join(slices(registry, Format.OPENMETRICS))
    assert b"request_id" not in b"".join(slices(registry, Format.TEXT))


def test_openmetrics_ends_once_and_at_the_end() -> None:
    page = b"".join(slices(every_kind(), Format.OPENMETRICS))
    assert page.count(EOF) == 1
    assert page.endswith(EOF)
    assert EOF not in b"".join(slices(every_kind(), Format.TEXT))


def test_the_content_types_are_those_of_the_library() -> None:
    assert Format.TEXT.content_type == CONTENT_TYPE_PLAIN_0_0_4
    assert Format.OPENMETRICS.content_type == CONTENT_TYPE_LATEST


@pytest.mark.parametrize("form", Format)
def test_no_slice_is_long(form: Format) -> None:
    registry = CollectorRegistry()
    prices(registry, 1_000)
    heading_lines = 2
    for piece in slices(registry, form):
        assert piece.count(b"\n") <= SLICE_SAMPLES + heading_lines


def test_a_family_replaced_between_slices_is_shown_as_it_was() -> None:
    registry = CollectorRegistry()
    gauge = prices(registry, 3 * SLICE_SAMPLES)
    before = PAGES[Format.TEXT](registry)
    pieces = slices(registry, Format.TEXT)
    first = next(pieces)
    gauge.clear()
    gauge.labels("KRW-NEW").set(1)
    assert first + b"".join(pieces) == before


async def test_the_loop_turns_between_slices() -> None:
    registry = CollectorRegistry()
    prices(registry, 10 * SLICE_SAMPLES)
    page = MetricsPage(registry, unheard)
    render = asyncio.create_task(page.body(Format.TEXT, gzip=True))
    turns = 0
    while not render.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


@pytest.mark.parametrize("form", Format)
async def test_gzip_holds_the_same_page_and_no_time_stamp(form: Format) -> None:
    registry = every_kind()
    page = MetricsPage(registry, unheard)
    plain = await page.body(form, gzip=False)
    packed = await page.body(form, gzip=True)
    assert plain == PAGES[form](registry)
    assert gzip.decompress(packed) == plain
    assert packed[4:8] == bytes(4)


async def test_scrapes_of_the_same_moment_share_one_render() -> None:
    renders: list[float] = []
    page = MetricsPage(every_kind(), renders.append)
    bodies = await asyncio.gather(*(page.body(Format.TEXT, gzip=False) for _ in range(20)))
    assert len(set(bodies)) == 1
    assert len(renders) == 1


async def test_scrapes_during_a_render_share_the_next_and_see_what_happened_before_them() -> None:
    renders: list[float] = []
    registry = CollectorRegistry()
    count = Counter("asked", "Asked.", registry=registry)
    prices(registry, 5 * SLICE_SAMPLES)
    page = MetricsPage(registry, renders.append)
    early = asyncio.create_task(page.body(Format.TEXT, gzip=False))
    for _ in range(3):  # the family of the counter is rendered by now
        await asyncio.sleep(0)
    count.inc()
    late = await asyncio.gather(*(page.body(Format.TEXT, gzip=False) for _ in range(20)))
    assert b"asked_total 0.0" in await early
    assert all(b"asked_total 1.0" in body for body in late)
    assert len(renders) == 2


async def test_a_scraper_that_gives_up_spoils_nothing_for_the_others() -> None:
    page = MetricsPage(every_kind(), unheard)
    leaver = asyncio.create_task(page.body(Format.TEXT, gzip=False))
    stayer = asyncio.create_task(page.body(Format.TEXT, gzip=False))
    await asyncio.sleep(0)
    leaver.cancel()
    assert EOF not in await stayer
    assert leaver.cancelled()


async def test_a_collector_that_fails_fails_the_scrape_and_not_the_next_one() -> None:
    registry = CollectorRegistry()
    gauge = Gauge("level", "Level.", registry=registry)
    gauge.set_function(lambda: 1 / 0)
    page = MetricsPage(registry, unheard)
    with pytest.raises(ZeroDivisionError):
        await page.body(Format.TEXT, gzip=False)
    gauge.set_function(lambda: 1.0)
    assert b"level 1.0" in await page.body(Format.TEXT, gzip=False)


async def test_closing_ends_the_renders_under_way() -> None:
    page = MetricsPage(every_kind(), unheard)
    scrapes = [asyncio.create_task(page.body(form, gzip=False)) for form in Format]
    await asyncio.sleep(0)
    await page.close()
    await asyncio.wait(scrapes)
    assert all(scrape.cancelled() for scrape in scrapes)
    assert asyncio.all_tasks() == {asyncio.current_task()}
