"""An exemplar leads from a bucket of the latency to the one line of the log that it speaks of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.process import arrivals, daemon
from upbit_monitor.simulator import Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client.samples import Sample

CONFIG = """\
targets:
  korea:
    region: kr
    base_url: {url}
    polls:
      tickers: {{every: 100ms, watch: [KRW-BTC]}}
web: {{listen_address: "127.0.0.1:0"}}
log: {{requests: info}}
"""
BUCKET = "upbit_api_request_duration_seconds_bucket"
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}


def exemplars(page: str) -> Iterator[tuple[float, Sample]]:
    """Every bucket of the latency that has an exemplar, beside the bound below its own."""
    for family in text_string_to_metric_families(page):  # type: ignore[no-untyped-call]
        below = 0.0
        for sample in family.samples:
            if sample.name == BUCKET:
                bound = float(sample.labels["le"])
                below = below if bound > below else 0.0  # the next series begins
                if sample.exemplar:
                    yield below, sample
                below = bound


async def test_each_exemplar_is_one_request_of_the_log_and_lies_in_its_bucket(
    tmp_path: Path,
) -> None:
    knobs = Knobs(latency_ms=30.0, spike_rate=0.3, spike_ms=200.0)
    async with SimulatorServer(SimulatedExchange("kr", seed=3, knobs=knobs)) as server:
        config = tmp_path / "upbit-monitor.yml"
        config.write_text(CONFIG.format(url=server.url))
        async with daemon(config, {**os.environ}) as process:
            await arrivals(server.exchange, 15)
            async with (
                aiohttp.ClientSession() as session,
                session.get(process.url + "metrics", headers=OPENMETRICS) as answer,
            ):
                page = await answer.text()
            process.process.terminate()
            assert await process.end() == 0
    logged: dict[str, list[float]] = {}
    for line in process.events:
        if "request_id" in line:
            logged.setdefault(line["request_id"], []).append(line["latency_ms"] / 1000)
    found = list(exemplars(page))
    assert len(found) > 1
    for below, bucket in found:
        assert bucket.exemplar is not None
        (seconds,) = logged[bucket.exemplar.labels["request_id"]]
        assert seconds == pytest.approx(bucket.exemplar.value, abs=2e-6)
        assert below < bucket.exemplar.value <= float(bucket.labels["le"])
