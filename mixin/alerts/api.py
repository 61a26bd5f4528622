"""The API is down, wrong or slow; the key does not fit; the way to it is ill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixin.recording import errors, slow
from mixin.rule import Alert
from mixin.thresholds import (
    AVAILABILITY,
    CERTIFICATE_DAYS,
    FAST_BURN,
    KEY_DAYS,
    LATENCY,
    SKEW_SECONDS,
    SLOW_BURN,
    SLOW_SECONDS,
)
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Callable

_PRIVATE: Final = "|".join(
    sorted({end.name for poll in POLLS.values() for end in poll.endpoints if poll.private}
           - {end.name for poll in POLLS.values() for end in poll.endpoints if not poll.private})
)  # fmt: skip
"""Endpoints that need a key: if they alone fail, the API is not down."""

_KEY_ERRORS: Final = (
    "no_authorization_token|invalid_access_key|jwt_verification|invalid_query_payload"
    "|expired_access_key|nonce_used|no_authorization_ip|out_of_scope"
    "|thirdparty_agreement_required"
)
"""Names of errors by which the exchange refuses a key or a signature."""

_DAY: Final = 86_400


def _burn(rule: Callable[[str], str], short: str, long: str, pace: float, objective: float) -> str:
    """Give what holds while both windows burn the budget so many times too fast.

    The long one proves that it matters, the short one that it still goes on (SRE workbook, ch. 5).
    """
    budget = f"{pace} * {1 - objective:.3g}"
    return f"{rule(short)} > {budget}\nand\n{rule(long)} > {budget}"


_LOG: Final = "journalctl --unit upbit-monitor --output cat"

ALERTS: Final = (
    Alert(
        name="UpbitApiDown",
        expr=f'sum by (job, instance, target) (upbit_api_up{{endpoint!~"{_PRIVATE}"}}) == 0',
        wait="2m",
        severity="critical",
        summary="{{ $labels.target }}: the exchange's API is down",
        description="{{ $value }} public endpoints of {{ $labels.target }} gave a valid answer to "
        "their last request. See why: curl -s http://{{ $labels.instance }}/readyz; then "
        "`upbit-monitor once markets` on that host, which asks once and tells phase and reason.",
    ),
    Alert(
        name="UpbitApiMaintenance",
        expr="""\
increase(upbit_api_exchange_errors_total{error="market_offline"}[5m]) > 0
and on (job, instance, target, endpoint)
upbit_api_up == 0""",
        severity="warning",
        summary="{{ $labels.target }}: the exchange says that it is closed for maintenance",
        description="{{ $labels.endpoint }} of {{ $labels.target }} answered market_offline "
        "{{ $value | humanize }} times within five minutes. Read the exchange's notices for the "
        "end of it; the daemon asks ever less often meanwhile, and goes on by itself. Its own "
        f"words: {_LOG} | jq 'select(.event==\"request_failed\")'.",
    ),
    Alert(
        name="UpbitEndpointDown",
        expr="upbit_api_up == 0",
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.endpoint }} gives no valid answer",
        description="upbit_api_up of {{ $labels.endpoint }} at {{ $labels.target }} has been "
        "{{ $value }} for five minutes. The exchange's own words: "
        f"{_LOG} | jq 'select(.endpoint==\"{{{{ $labels.endpoint }}}}\" and .error)'.",
    ),
    Alert(
        name="UpbitApiErrorBudgetBurnFast",
        expr=_burn(errors, "5m", "1h", FAST_BURN, AVAILABILITY),
        wait="2m",
        severity="critical",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of requests fail",
        description="{{ $value | humanizePercentage }} of what was tried at {{ $labels.target }} "
        f"within five minutes failed by the exchange's fault or the way's; {1 - AVAILABILITY:.0%} "
        "may. At this pace a month's budget is gone within two days. By reason: promtool query "
        "instant http://localhost:9090 'sum by (reason, endpoint) "
        '(increase(upbit_api_failures_total{target="{{ $labels.target }}"}[5m])) > 0\'.',
    ),
    Alert(
        name="UpbitApiErrorBudgetBurnSlow",
        expr=_burn(errors, "30m", "6h", SLOW_BURN, AVAILABILITY),
        wait="15m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of requests have failed "
        "for half an hour",
        description="{{ $value | humanizePercentage }} of what was tried at {{ $labels.target }} "
        f"within half an hour failed by the exchange's fault or the way's; {1 - AVAILABILITY:.0%} "
        "may. At this pace a month's budget is gone within five days. By reason: promtool query "
        "instant http://localhost:9090 'sum by (reason, endpoint) "
        '(increase(upbit_api_failures_total{target="{{ $labels.target }}"}[30m])) > 0\'.',
    ),
    Alert(
        name="UpbitApiLatencyBudgetBurnFast",
        expr=_burn(slow, "5m", "1h", FAST_BURN, LATENCY),
        wait="2m",
        severity="critical",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of requests take more "
        f"than {SLOW_SECONDS:g} s",
        description="{{ $value | humanizePercentage }} of the requests to {{ $labels.target }} "
        f"within five minutes took more than {SLOW_SECONDS:g} s; {1 - LATENCY:.0%} may. Prices "
        "and orders are as old as the answers. Where the time goes: promtool query instant "
        "http://localhost:9090 'topk(3, sum by (endpoint, phase) "
        '(rate(upbit_api_phase_duration_seconds_sum{target="{{ $labels.target }}"}[5m])))\'.',
    ),
    Alert(
        name="UpbitApiLatencyBudgetBurnSlow",
        expr=_burn(slow, "30m", "6h", SLOW_BURN, LATENCY),
        wait="15m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of requests have taken "
        f"more than {SLOW_SECONDS:g} s for half an hour",
        description="{{ $value | humanizePercentage }} of the requests to {{ $labels.target }} "
        f"within half an hour took more than {SLOW_SECONDS:g} s; {1 - LATENCY:.0%} may. Where the "
        "time goes: promtool query instant http://localhost:9090 'topk(3, sum by (endpoint, "
        'phase) (rate(upbit_api_phase_duration_seconds_sum{target="{{ $labels.target }}"}[30m])))'
        "'.",
    ),
    Alert(
        name="UpbitAuthFailing",
        # A parked poll looks again each quarter of an hour: until then nothing new is counted.
        expr=f"""\
increase(upbit_api_exchange_errors_total{{error=~"{_KEY_ERRORS}"}}[20m]) > 0
and on (job, instance, target, endpoint)
upbit_api_up == 0""",
        severity="critical",
        summary="{{ $labels.target }}: the exchange refuses the key ({{ $labels.error }})",
        description="{{ $labels.endpoint }} of {{ $labels.target }} was refused "
        "{{ $value | humanize }} times with {{ $labels.error }}. Nothing is known of the account "
        "until it is mended. Try the key: upbit-monitor once api_keys open_orders --debug; mend "
        "it, and reload: curl -X POST http://{{ $labels.instance }}/-/reload.",
    ),
    Alert(
        name="UpbitApiKeyExpiring",
        expr=f"upbit_api_key_expiry_timestamp_seconds - time() < {KEY_DAYS} * {_DAY}",
        wait="1h",
        severity="warning",
        summary="{{ $labels.target }}: API key {{ $labels.key_id }} ends in "
        "{{ $value | humanizeDuration }}",
        description="Key {{ $labels.key_id }} of {{ $labels.target }} (used by the daemon itself: "
        "{{ $labels.own }}) ends in {{ $value | humanizeDuration }}, and cannot be prolonged. Make "
        "a new one on the exchange's site with the same permissions and addresses, put it in "
        "place, and reload: curl -X POST http://{{ $labels.instance }}/-/reload.",
    ),
    Alert(
        name="UpbitCertificateExpiring",
        expr="upbit_api_certificate_not_after_timestamp_seconds - time() "
        f"< {CERTIFICATE_DAYS} * {_DAY}",
        wait="1h",
        severity="warning",
        summary="{{ $labels.target }}: the exchange's certificate ends in "
        "{{ $value | humanizeDuration }}",
        description="The certificate that {{ $labels.target }} showed ends in "
        "{{ $value | humanizeDuration }}; then every request fails. Compare with what other "
        "networks see: openssl s_client -connect api.upbit.com:443 </dev/null | openssl x509 "
        "-noout -enddate -issuer.",
    ),
    Alert(
        name="UpbitClockSkew",
        expr="abs(upbit_clock_skew_seconds) - upbit_clock_skew_uncertainty_seconds "
        f"> {SKEW_SECONDS:g}",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: this host's clock and the exchange's differ by at least "
        "{{ $value | humanizeDuration }}",
        description="The clocks of {{ $labels.instance }} and {{ $labels.target }} differ by at "
        "least {{ $value | humanizeDuration }}. Look at this host first: timedatectl "
        "timesync-status, or chronyc tracking. If it is right, other targets show no skew.",
    ),
    Alert(
        name="UpbitMonitorOffline",
        expr="""\
max by (job, instance) (upbit_api_reachable) == 0
and on (job, instance)
upbit_monitor_second_opinion_up == 0""",
        wait="2m",
        severity="critical",
        summary="{{ $labels.instance }}: the daemon is offline",
        description="No exchange gave {{ $labels.instance }} an answer of any status (best of all "
        "targets: {{ $value }}), and the host of second_opinion cannot be reached either: the "
        "network of this host is down, and nothing is known of the exchange. Look at it: "
        "ip route get 1.1.1.1; resolvectl query api.upbit.com.",
    ),
)
