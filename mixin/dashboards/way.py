"""The API's dashboard at the bottom: the way to the exchange, and whose clock is right."""

from __future__ import annotations

from typing import Final

from mixin.dashboards import colours
from mixin.dashboards.colours import BAD, GOOD, WARN
from mixin.dashboards.expressions import quantile, total
from mixin.dashboards.fields import Bound
from mixin.dashboards.layout import shelf
from mixin.dashboards.panels import Query, timeline, timeseries
from mixin.thresholds import CERTIFICATE_DAYS, SKEW_SECONDS

WAY: Final = (
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
            least=0.1,
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
