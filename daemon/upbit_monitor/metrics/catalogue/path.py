"""The path to the exchange: can it be reached, where time goes, its certificate, its clock."""

from __future__ import annotations

from typing import Final

from upbit_monitor.metrics.family import Family

PHASES: Final = ("queue", "resolve", "connect", "tls", "processing", "transfer")
OPINION_PHASES: Final = ("resolve", "connect")
OPINION_FAILURES: Final = ("dns", "connect", "timeout")
CONNECTION_STATES: Final = ("new", "reused")

_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

PHASE_DURATION: Final = Family(
    "upbit_api_phase_duration_seconds", "histogram",
    "Time spent in one phase of an attempt: queue (pool), resolve (DNS), connect (TCP), tls "
    "(handshake), processing (request sent to first byte), transfer (first byte to end of body). "
    "An attempt passes resolve, connect and tls only if it needs a new connection.",
    ("target", "endpoint", "phase"), _SECONDS,
    "A slow connect is the network's, a slow tls or processing the exchange's; compare connect "
    "with upbit_monitor_second_opinion_duration_seconds to see whose network it is. queue should "
    "be nothing: else our own connections are too few.",
    {"phase": PHASES},
)  # fmt: skip
CONNECTIONS: Final = Family(
    "upbit_api_connections_total", "counter",
    "Connections taken for a request, new or reused. An attempt that failed before it had one is "
    "not among them.",
    ("target", "state"), (),
    "Polls slower than the 15 s for which an idle connection is kept make a new one each time. "
    "Many new ones beside fast polls mean that the exchange, or something on the way, closes them.",
    {"state": CONNECTION_STATES},
)  # fmt: skip
REACHABLE: Final = Family(
    "upbit_api_reachable", "gauge",
    "Whether the last attempt got an answer of the exchange, of whatever status (1), or none (0); "
    "absent before the first. Attempts cancelled before an answer came are left out.", ("target",),
    advice="At 0 look at upbit_monitor_second_opinion_up: 1 says that the exchange is down, or "
    "the way to it, and 0 that we are offline. What failed stands in upbit_api_failures_total.",
)  # fmt: skip
CERTIFICATE_END: Final = Family(
    "upbit_api_certificate_not_after_timestamp_seconds", "gauge",
    "Unix time at which the exchange's TLS certificate ends, as the last new connection showed "
    "it; absent for plain HTTP and before the first.", ("target",),
    advice="It is the exchange's to renew; once it has ended, every attempt fails with the "
    "reason tls. If only this host sees an old or a strange one, somebody is in between.",
)  # fmt: skip
CLOCK_SKEW: Final = Family(
    "upbit_clock_skew_seconds", "gauge",
    "Seconds by which the local clock is ahead of the exchange's (behind, if negative): the "
    "middle of what the Date headers of its answers leave open. It is corrected by the round "
    "trip; one header has a resolution of one second, and the evidence of many is intersected. "
    "Absent before the first.", ("target",),
    advice="Believe it only as far as it exceeds upbit_clock_skew_uncertainty_seconds. Then look "
    "at this host's time service first; if other targets agree with the local clock, it is the "
    "exchange's clock that is wrong.",
)  # fmt: skip
CLOCK_SKEW_UNCERTAINTY: Final = Family(
    "upbit_clock_skew_uncertainty_seconds", "gauge",
    "Seconds by which upbit_clock_skew_seconds may be wrong to either side: half the width of "
    "what is left open. It grows while no answers come. Absent before the first.", ("target",),
    advice="Half a second is what one answer leaves open. It shrinks as answers come at different "
    "moments of a second, and jumps back when one contradicts the others: a clock was set, or "
    "servers of the exchange disagree.",
)  # fmt: skip
OPINION_UP: Final = Family(
    "upbit_monitor_second_opinion_up", "gauge",
    "Whether the host of the setting second_opinion could be reached when last asked (1) or not "
    "(0); absent if there is no such setting, and before the first answer.",
    advice="At 0 together with upbit_api_reachable at 0, we are offline: look at this host's "
    "network. At 0 alone, it is that host which is down: choose another if it stays so.",
)  # fmt: skip
OPINION_DURATION: Final = Family(
    "upbit_monitor_second_opinion_duration_seconds", "histogram",
    "Time taken to reach the host of the setting second_opinion: resolve (DNS), connect (TCP).",
    ("phase",), _SECONDS, values={"phase": OPINION_PHASES},
    advice="If it grows together with the same phases of upbit_api_phase_duration_seconds, the "
    "network or the resolver of this host is slow, and not the exchange.",
)  # fmt: skip
OPINION_FAILED: Final = Family(
    "upbit_monitor_second_opinion_failures_total", "counter",
    "Times that the host of the setting second_opinion could not be reached: dns (its name was "
    "not resolved), connect (refused or unreachable), timeout (not in time).",
    ("reason",), values={"reason": OPINION_FAILURES},
    advice="Failures of dns alone point at this host's resolver, others at its network or at "
    "that host.",
)  # fmt: skip
