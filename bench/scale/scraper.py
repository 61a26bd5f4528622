"""Scrapes a daemon as Prometheus does it."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import dataclass
from typing import Final
from urllib.request import Request, urlopen

_LIKE_PROMETHEUS: Final = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4",
    "Accept-Encoding": "gzip",
}
_RSS: Final = re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE)
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Scrape:
    """One answer of /metrics."""

    seconds: float
    packed: int
    """Bytes on the wire."""
    size: int
    """Bytes of text."""
    series: int
    rss: float
    """Resident memory of the daemon, in MiB."""


def scrape(url: str) -> Scrape:
    """Ask for the page. ``url``: of the landing page, with a slash at the end."""
    began = time.monotonic()
    with urlopen(Request(f"{url}metrics", headers=_LIKE_PROMETHEUS)) as answer:  # noqa: S310 -- our own daemon
        packed = answer.read()
    seconds = time.monotonic() - began
    page = gzip.decompress(packed)
    text = page.decode()
    rss = _RSS.search(text)
    if rss is None:
        raise LookupError("the page does not tell the daemon's memory")
    lines = text.splitlines()
    series = sum(not line.startswith("#") for line in lines)
    return Scrape(seconds, len(packed), len(page), series, float(rss[1]) / _MIB)
