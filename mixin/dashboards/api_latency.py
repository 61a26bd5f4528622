"""How fast is the API, where does the time go, and what goes wrong on the way?"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.colours import BAD, GOOD, GRAVE, NOTICE, PLAIN, WARN
from mixin.dashboards.dashboard import Dashboard
from mixin.dashboards.expressions import age, quantile, rule, total
from mixin.dashboards.layout import Section, shelf
from mixin.dashboards.panels import Bound, Column, Query, stat, table, timeline, timeseries
from mixin.dashboards.variables import COMMON
from mixin.recording import errors, slow
from mixin.thresholds import (
    AVAILABILITY,
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
_ERRORS: Final = rule(errors("5m"))
_SLOW_BOUNDS: Final = (
    Bound(SLOW_BURN * (1 - LATENCY), WARN),
    Bound(FAST_BURN * (1 - LATENCY)),
)
_ERROR_BOUNDS: Final = (
    Bound(SLOW_BURN * (1 - AVAILABILITY), WARN),
    Bound(FAST_BURN * (1 - AVAILABILITY)),
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
        Query(f"max({quantile('0.5', _DURATION, 'target')})"),
        unit="s",
        decimals=3,
        nothing="not known",
    ),
    stat(
        "p99 latency",
        "How long do the slowest hundredth of requests take, where they take longest?",
        Query(f"max({quantile('0.99', _DURATION, 'target')})"),
        unit="s",
        decimals=2,
        bounds=_LIMIT,
        nothing="not known",
    ),
    stat(
        "Slow requests",
        f"What part of requests takes more than {SLOW_SECONDS:g} s, where it is worst?",
        Query(f"max(\n{_SLOW}\n)"),
        unit="percentunit",
        decimals=1,
        bounds=_SLOW_BOUNDS,
        nothing="not known",
    ),
    stat(
        "Failed requests",
        "What part of requests fails by the exchange's fault or the way's, where it is worst?",
        Query(f"max(\n{_ERRORS}\n)"),
        unit="percentunit",
        decimals=1,
        bounds=_ERROR_BOUNDS,
        nothing="not known",
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
        Query(
            "max(clamp_min(abs(upbit_clock_skew_seconds) - upbit_clock_skew_uncertainty_seconds, 0))"
        ),
        unit="s",
        decimals=1,
        bounds=(Bound(SKEW_SECONDS, WARN),),
        nothing="not known",
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

_WRONG: Final = (
    shelf(
        9,
        timeseries(
            "Responses by status",
            "What does the exchange answer?",
            Query(
                f"{total('upbit_api_responses_total', 'target', 'code')} > 0", "{{target}} {{code}}"
            ),
            unit="reqps",
            colours=colours.CODES,
            style="area",
        ),
        timeseries(
            "Failures by reason",
            "How do requests fail? Those for dns, connect or tls never reached the wire.",
            Query(total("upbit_api_failures_total", "target", "reason"), "{{target}} {{reason}}"),
            unit="reqps",
            colours=colours.REASONS,
            style="bars",
        ),
        timeseries(
            "Failed requests of each target",
            "What part of what was tried failed by the exchange's fault or the way's?",
            Query(_ERRORS, "{{target}} {{instance}}"),
            unit="percentunit",
            bounds=_ERROR_BOUNDS,
        ),
    ),
    shelf(
        9,
        timeline(
            "Endpoints up",
            "Which endpoint gave no valid answer to its last request, and since when?",
            Query("upbit_api_up", "{{target}} {{endpoint}}"),
            words=colours.UP,
        ),
        table(
            "Errors that the exchange names",
            "What does the exchange call its refusals, within the time shown above?",
            Column(
                name="Answers",
                expr="sum by (job, instance, target, endpoint, error) "
                "(increase(upbit_api_exchange_errors_total[$__range])) > 0",
                unit="short",
                decimals=0,
            ),
            keys={"target": "Target", "endpoint": "Endpoint", "error": "Error"},
            sort="Answers",
            nothing="",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Age of the last valid answer",
            "Is anything no longer asked, or no longer answered?",
            Query(age("upbit_api_last_success_timestamp_seconds"), "{{target}} {{endpoint}}"),
            unit="s",
        ),
        timeseries(
            "Requests of each endpoint",
            "What is asked, and how often?",
            Query("rate(upbit_api_attempts_total[$__rate_interval])", "{{target}} {{endpoint}}"),
            unit="reqps",
        ),
        timeseries(
            "Bytes received",
            "How much does the exchange send, and do answers get shorter?",
            Query(
                "rate(upbit_api_response_bytes_total[$__rate_interval])", "{{target}} {{endpoint}}"
            ),
            unit="Bps",
        ),
    ),
)

_WAY: Final = (
    shelf(
        8,
        timeline(
            "They or we",
            "Does each exchange answer, and does the host that the second opinion asks?",
            Query("upbit_api_reachable", "{{target}}"),
            Query("upbit_monitor_second_opinion_up", "second opinion"),
            words=colours.UP,
        ),
        timeseries(
            "Way to them, and to another host",
            "Whose network is slow? The p99 of finding and reaching the exchange, and the host of "
            "the second opinion.",
            *(
                Query(
                    quantile(
                        "0.99",
                        "upbit_api_phase_duration_seconds",
                        "target",
                        only=f'phase="{phase}"',
                    ),
                    f"{{{{target}}}} {phase}",
                )
                for phase in ("resolve", "connect", "tls")
            ),
            Query(
                quantile("0.99", "upbit_monitor_second_opinion_duration_seconds", "phase"),
                "second opinion {{phase}}",
            ),
            unit="s",
            dashed="/^second opinion/",
        ),
        timeseries(
            "Failures of the second opinion",
            "Does the other host fail, too, and how?",
            Query(
                "rate(upbit_monitor_second_opinion_failures_total[$__rate_interval])",
                "{{reason}} {{instance}}",
            ),
            unit="cps",
            style="bars",
        ),
    ),
    shelf(
        8,
        timeseries(
            "Connections",
            "Are connections kept, or closed by something on the way?",
            Query(total("upbit_api_connections_total", "target", "state"), "{{target}} {{state}}"),
            unit="cps",
            colours={"/ new$/": WARN, "/ reused$/": GOOD},
            style="area",
        ),
        timeseries(
            "Clock skew",
            "Is this host's clock right? Dashed is what is still possible: only what lies beyond "
            "zero on both sides is proven.",
            Query("upbit_clock_skew_seconds", "{{target}} middle"),
            Query(
                "upbit_clock_skew_seconds + upbit_clock_skew_uncertainty_seconds",
                "{{target}} at most",
            ),
            Query(
                "upbit_clock_skew_seconds - upbit_clock_skew_uncertainty_seconds",
                "{{target}} at least",
            ),
            unit="s",
            low=None,
            bounds=(Bound(-SKEW_SECONDS, WARN), Bound(SKEW_SECONDS, WARN)),
            dashed="/at (most|least)$/",
        ),
        timeseries(
            "Certificate",
            "When does the exchange's certificate end, and was it renewed?",
            Query(
                "(upbit_api_certificate_not_after_timestamp_seconds - time()) / 86400", "{{target}}"
            ),
            unit="d",
            decimals=0,
            bounds=(Bound(CERTIFICATE_DAYS, BAD, below=True),),
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
        Section("What goes wrong", _WRONG),
        Section("The way to it", _WAY),
    ),
)
