"""Tells how fast the API is, where the time goes, and what goes wrong on the way."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from mixin.dashboards.colours import BAD, GOOD, GRAVE, NOTICE, PLAIN, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import known, quantile, rule
from mixin.dashboards.failures import FAILURES
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Query, stat, timeseries
from mixin.dashboards.variables import COMMON
from mixin.dashboards.verdict import BURNING, ERRORS, SKEW
from mixin.dashboards.way import WAY
from mixin.recording import slow
from mixin.thresholds import (
    CERTIFICATE_DAYS,
    FAST_BURN,
    LATENCY,
    SKEW_SECONDS,
    SLOW_BURN,
    SLOW_SECONDS,
)

_DURATION: Final = "upbit_api_request_duration_seconds"
_PHASES: Final = ("queue", "resolve", "connect", "tls", "processing", "transfer")
_SLOW: Final = rule(slow("5m"))
_SLOW_BOUNDS: Final = (
    Bound(SLOW_BURN * (1 - LATENCY), WARN),
    Bound(FAST_BURN * (1 - LATENCY)),
)
_LIMIT: Final = (Bound(SLOW_SECONDS),)

_EDGES: Final = (0.05, 0.1, 0.25, 0.5, SLOW_SECONDS, 2.5)
"""Bounds of the histogram's buckets between which requests are told apart, in seconds."""


def _bands() -> dict[str, str]:
    """Give, for each span of durations, its name and the part of requests that fall into it."""
    below = [f'sum(rate({_DURATION}_bucket{{le="{edge}"}}[$__rate_interval]))' for edge in _EDGES]
    every = f"sum(rate({_DURATION}_count[$__rate_interval]))"
    names = [f"below {_EDGES[0]:g} s", *(f"to {edge:g} s" for edge in _EDGES[1:]), "longer"]
    spans = [
        below[0],
        *(f"({more} - {less})" for less, more in pairwise(below)),
        f"({every} - {below[-1]})",
    ]
    return {name: f"{span} / {every}" for name, span in zip(names, spans, strict=True)}


_BANDS: Final = _bands()
_BAND_COLOURS: Final = dict(
    zip(
        _BANDS,
        ("dark-green", GOOD, "light-green", NOTICE, WARN, BAD, GRAVE),
        strict=True,
    )
)

_NOW: Final = shelf(
    4,
    stat(
        "Median latency",
        "How long does a request take as a rule, where it takes longest?",
        Query(f"max({known(quantile('0.5', _DURATION, 'target'))})"),
        unit="s",
    ),
    stat(
        "p99 latency",
        "How long do the slowest hundredth of requests take, where they take longest?",
        Query(f"max({known(quantile('0.99', _DURATION, 'target'))})"),
        unit="s",
        bounds=_LIMIT,
    ),
    stat(
        "Slow requests",
        f"What part of requests takes more than {SLOW_SECONDS:g} s, where it is worst?",
        Query(f"max({known(_SLOW)})"),
        unit="percentunit",
        decimals=1,
        bounds=_SLOW_BOUNDS,
    ),
    stat(
        "Failed requests",
        "What part of requests fails by the exchange's fault or the way's, where it is worst?",
        Query(f"max({known(ERRORS)})"),
        unit="percentunit",
        decimals=1,
        bounds=BURNING,
    ),
    stat(
        "Certificate ends in",
        "How many days is the exchange's certificate still good for?",
        Query("min((upbit_api_certificate_not_after_timestamp_seconds - time()) / 86400)"),
        unit="d",
        decimals=0,
        bounds=(Bound(CERTIFICATE_DAYS, BAD, below=True),),
        nothing="no TLS",
    ),
    stat(
        "Proven clock skew",
        "By how much do this host's clock and the exchange's differ for certain?",
        Query(f"max(clamp_min({SKEW}, 0))"),
        unit="s",
        decimals=1,
        bounds=(Bound(SKEW_SECONDS, WARN),),
    ),
)

_SPEED: Final = (
    shelf(
        9,
        timeseries(
            "Latency of each target",
            "How long does a request take, as a rule and at worst? The line is the objective.",
            *(
                Query(quantile(part, _DURATION, "target"), f"{{{{target}}}} {name}", exemplar=True)
                for part, name in (("0.5", "p50"), ("0.9", "p90"), ("0.99", "p99"))
            ),
            unit="s",
            bounds=_LIMIT,
            dashed="/p50$/",
        ),
        timeseries(
            "p99 latency of each endpoint",
            "Which endpoint is slow?",
            Query(
                quantile("0.99", _DURATION, "target", "endpoint"),
                "{{target}} {{endpoint}}",
                exemplar=True,
            ),
            unit="s",
            bounds=_LIMIT,
        ),
    ),
    shelf(
        9,
        timeseries(
            "Where the time goes",
            "In which phase does a request spend its time? Means over all that is chosen above: "
            "connect is the network's, tls and processing the exchange's, queue our own.",
            *(
                Query(
                    f'sum(rate(upbit_api_phase_duration_seconds_sum{{phase="{phase}"}}'
                    f"[$__rate_interval]))\n/ sum(rate({_DURATION}_count[$__rate_interval]))",
                    phase,
                )
                for phase in _PHASES
            ),
            unit="s",
            colours=dict(
                zip(
                    _PHASES,
                    (BAD, NOTICE, WARN, "semi-dark-purple", PLAIN, "light-blue"),
                    strict=True,
                )
            ),
            style="area",
        ),
        timeseries(
            "How requests are spread",
            "What part of requests is how fast? Over all that is chosen above.",
            *(Query(expr, name) for name, expr in _BANDS.items()),
            unit="percentunit",
            high=1,
            colours=_BAND_COLOURS,
            style="area",
        ),
    ),
    shelf(
        9,
        timeseries(
            "Slow requests of each target",
            f"What part of requests takes more than {SLOW_SECONDS:g} s? Lines: the paces at which "
            "a month's budget is gone within five and two days.",
            Query(_SLOW, "{{target}} {{instance}}"),
            unit="percentunit",
            bounds=_SLOW_BOUNDS,
        ),
        timeseries(
            "Latency budget burn, one hour",
            "How many times faster than it lasts is the latency budget used? Needs the rules.",
            Query(f"{slow('1h')} / {1 - LATENCY:.3g}", "{{target}} {{instance}}"),
            unit="none",
            decimals=1,
            bounds=(Bound(SLOW_BURN, WARN), Bound(FAST_BURN)),
        ),
        timeseries(
            "Requests on the wire",
            "Does the exchange leave requests hanging?",
            Query("upbit_api_in_flight_requests", "{{target}} {{endpoint}}"),
            unit="none",
            decimals=0,
        ),
    ),
)

API_LATENCY: Final = Dashboard(
    file="api-latency",
    title="API latency",
    description="How fast is the API, where does the time go, and what goes wrong on the way?",
    variables=(*COMMON, "endpoint"),
    sections=(
        Section("", (_NOW, *_SPEED)),
        Section("What goes wrong", FAILURES),
        Section("The way to it", WAY),
    ),
)
