"""From a bucket of the latency to the one line of the log: an exemplar is followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.dashboards import Run
    from e2e.prometheus import Prometheus

_BUCKETS: Final = "upbit_api_request_duration_seconds_bucket"

OF: Final = "slow"
"""Whose requests are looked at: those that are slow are in a bucket of their own."""


async def followed(prometheus: Prometheus, run: Run, logs: Mapping[str, str]) -> list[str]:
    """Follow every exemplar of the slow requests; give what is wrong, in words."""
    daemon = run.scenarios[OF].daemon
    begin, end = run.spans[OF]
    found = await prometheus.exemplars(f'{_BUCKETS}{{target="{OF}"}}', begin, end)
    exemplars = [(series["seriesLabels"], one) for series in found for one in series["exemplars"]]
    if not exemplars:
        return [f"Prometheus has no exemplar of {_BUCKETS} of {OF}: does it read OpenMetrics?"]
    lines = by_request(Path(logs[daemon]))
    return [
        fault for labels, one in exemplars
        if (fault := wrong(labels["le"], one, lines)) is not None
    ]  # fmt: skip


def by_request(log: Path) -> dict[str, list[dict[str, object]]]:
    """Read the lines of a log that are about a request, by its id."""
    lines: dict[str, list[dict[str, object]]] = {}
    for text in log.read_text("utf-8").splitlines():
        if '"request_id"' in text:
            line = json.loads(text)
            lines.setdefault(line["request_id"], []).append(line)
    return lines


def wrong(
    le: str, exemplar: Mapping[str, object], lines: Mapping[str, list[dict[str, object]]]
) -> str | None:
    """Say why an exemplar does not lead to its line; ``None`` if it does."""
    labels = exemplar["labels"]
    request = labels.get("request_id") if isinstance(labels, dict) else None
    if request is None:
        return f"an exemplar of bucket {le} has no request_id: {labels}"
    there = lines.get(request, [])
    if len(there) != 1:
        return f"request {request} has {len(there)} lines in the log, not one"
    seconds = float(str(there[0]["latency_ms"])) / 1000
    told = float(str(exemplar["value"]))
    if abs(seconds - told) > 0.001:  # noqa: PLR2004 -- the log rounds to a microsecond
        return f"request {request} took {seconds} s by the log, and {told} s by the exemplar"
    if told > float(le):
        return f"request {request} took {told} s and stands in the bucket up to {le}"
    return None
