"""The metrics page, rendered in slices so that the event loop never waits for it.

Rendering costs about 7 µs a series, 60 ms for a page of 9,000. In one piece that would hold up
every request in flight and falsify the latencies that the page is there to show. So the renderer
gives way to the loop after each slice. It does so on the loop, not in a thread: polls replace
their gauges in one step on the loop, and a thread would see half of a replacement.

One family is collected in one step, and so is consistent in itself. The board's families make
their samples only as the pieces of text ask for them; ``metrics.series`` keeps them as they were.

The text is prometheus_client's own, byte for byte.
"""

from __future__ import annotations

import asyncio
import copy
import zlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from prometheus_client.exposition import generate_latest as text
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from upbit_monitor.exposition.negotiate import Format
from upbit_monitor.metrics import Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
    from prometheus_client.samples import Sample

SLICE_SAMPLES: Final = 50
"""Samples rendered between two turns of the loop: half a millisecond of work at most."""

_ENCODERS: Final[Mapping[Format, Callable[[Collector], bytes]]] = {
    Format.TEXT: text,
    Format.OPENMETRICS: openmetrics,
}
_EOF: Final = b"# EOF\n"
_GZIP: Final = 31  # zlib's window size that means a gzip header; it carries no time stamp
_GZIP_LEVEL: Final = 4  # level 6 takes half as long again to save 1 %
_MOVED_BY_TEXT: Final = ("_created", "_gsum", "_gcount")


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """Some samples of one family, as prometheus_client wants to be given them."""

    family: Metric

    @classmethod
    def of(cls, family: Metric, samples: list[Sample]) -> _Excerpt:
        part = copy.copy(family)
        part.samples = samples
        return cls(part)

    def collect(self) -> Iterable[Metric]:
        return (self.family,)

    def render(self, form: Format) -> bytes:
        return _ENCODERS[form](self).removesuffix(_EOF)


def slices(registry: CollectorRegistry, form: Format) -> Iterator[bytes]:
    """Give the page in pieces. A family is collected when its first piece is asked for."""
    for family in registry.collect():
        yield from _family(family, form)
    if form is Format.OPENMETRICS:
        yield _EOF


def _family(family: Metric, form: Format) -> Iterator[bytes]:
    if len(family.samples) <= SLICE_SAMPLES or _keeps_in_one_piece(family):
        yield _Excerpt(family).render(form)
        return
    head = _Excerpt.of(family, []).render(form)
    yield head
    rest = iter(family.samples)
    while samples := list(islice(rest, SLICE_SAMPLES)):
        yield _Excerpt.of(family, samples).render(form).removeprefix(head)


def _keeps_in_one_piece(family: Metric) -> bool:
    """Whether a family has samples of OpenMetrics that the text format moves to the end.

    They get a heading of their own there, and the move needs them all. The board has none.
    """
    samples: Sequence[Sample] = family.samples
    if isinstance(samples, Samples):
        return False
    moved = {family.name + suffix for suffix in _MOVED_BY_TEXT}
    return any(sample.name in moved for sample in samples)


class MetricsPage:
    """Answers scrapes, one render at a time. Its state is the renders not yet finished.

    Scrapers of one format and encoding that come while a render is going on share the next one.
    So any number of them costs one render after another, never many at once, and yet nobody is
    shown a value from before it asked.
    """

    def __init__(self, registry: CollectorRegistry, on_render: Callable[[float], None]) -> None:
        """Take what to render, and whom to tell the seconds that each render took."""
        self._registry = registry
        self._on_render = on_render
        self._turn = asyncio.Lock()
        self._next: dict[tuple[Format, bool], asyncio.Task[bytes]] = {}
        self._unfinished: set[asyncio.Task[bytes]] = set()

    async def body(self, form: Format, *, gzip: bool) -> bytes:
        """Render the page as it is from now on. To cancel the wait does not cancel the render."""
        key = (form, gzip)
        if key not in self._next:
            task = asyncio.create_task(self._in_turn(key), name=f"render {form.name.lower()}")
            self._next[key] = task
            self._unfinished.add(task)
            task.add_done_callback(self._unfinished.discard)
        return await asyncio.shield(self._next[key])

    async def close(self) -> None:
        """Give up the renders that are not finished."""
        unfinished = tuple(self._unfinished)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _in_turn(self, key: tuple[Format, bool]) -> bytes:
        async with self._turn:
            del self._next[key]  # it begins now: whoever asks from here on needs a later one
            return await self._render(*key)

    async def _render(self, form: Format, gzip: bool) -> bytes:  # noqa: FBT001 -- half of the key
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        squeeze = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP) if gzip else None
        body = bytearray()
        for piece in slices(self._registry, form):
            body += squeeze.compress(piece) if squeeze else piece
            await asyncio.sleep(0)
        body += squeeze.flush() if squeeze else b""
        self._on_render(loop.time() - began_at)
        return bytes(body)
