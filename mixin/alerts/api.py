"""The API is down, wrong or slow; the key does not fit; the way to it is ill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixin.alerts.steps import asked, logged
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
from upbit_monitor.logs import Event
from upbit_monitor.polls import POLLS

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDPOINTS: Final = tuple(end for poll in POLLS.values() for end in poll.endpoints)
_PRIVATE: Final = "|".join(sorted({end.name for end in _ENDPOINTS if end.private}))
"""Endpoints that need a key: if they alone fail, the API is not down."""

_PUBLIC_GROUPS: Final = "|".join(sorted({end.group for end in _ENDPOINTS if not end.private}))

_KEY_ERRORS: Final = (
    "no_authorization_token|invalid_access_key|jwt_verification|invalid_query_payload"
    "|expired_access_key|nonce_used|no_authorization_ip|out_of_scope"
    "|thirdparty_agreement_required"
)
"""Names of errors by which the exchange refuses a key or a signature."""

_DAY: Final = 86_400

_OURS: Final = 'target="{{{{ $labels.target }}}}"'
_BY_REASON: Final = (
    f"sum by (reason, endpoint) (increase(upbit_api_failures_total{{{{{_OURS}}}}}[{{window}}])) > 0"
)
_BY_PHASE: Final = (
    "topk(3, sum by (endpoint, phase) "
    f"(rate(upbit_api_phase_duration_seconds_sum{{{{{_OURS}}}}}[{{window}}])))"
)


def _burn(rule: Callable[[str], str], short: str, long: str, pace: float, objective: float) -> str:
    """Give what holds while both windows burn the budget so many times too fast.

    The long one proves that it matters, the short one that it still goes on (SRE workbook, ch. 5).
    """
    budget = f"{pace:g} * {1 - objective:.3g}"
    return f"{rule(short)} > {budget}\nand\n{rule(long)} > {budget}"


def _down() -> str:
    """Give how many public endpoints fail, if none of the others is known to be well.

    ``upbit_api_up`` keeps its value while nothing is asked: a market list that is read each ten
    minutes would deny for as long that the API is down. So it is down if the newest valid answer
    of all is one of an endpoint that fails by now. Refusals by quota are no fault of the API.
    """
    by = "by (job, instance, target)"
    public = f'{{endpoint!~"{_PRIVATE}"}}'
    fails = f"upbit_api_up{public} == 0"
    success = f"upbit_api_last_success_timestamp_seconds{public}"
    group = f'{{group=~"{_PUBLIC_GROUPS}"}}'
    return f"""\
(
  count {by} ({fails})
  unless
  max {by} ({success})
  >
  max {by} (
    {success}
    and {fails}
    or {fails}
  )
)
unless on (job, instance, target)
(
  upbit_ratelimit_blocked_until_timestamp_seconds{group} > 0
  or
  increase(upbit_ratelimit_throttled_total{group}[5m]) > 0
)"""


ALERTS: Final = (
    Alert(
        name="UpbitApiDown",
        expr=_down(),
        wait="2m",
        keep="5m",  # budgets burn for as long after it
        severity="critical",
        summary="{{ $labels.target }}: the exchange's API is down",
        description="{{ $value }} public endpoints of {{ $labels.target }} fail, and none has "
        "given a valid answer since. See why: curl -s http://{{ $labels.instance }}/readyz; then "
        "`upbit-monitor once markets` on that host, which asks once and tells phase and reason.",
    ),
    Alert(
        name="UpbitApiMaintenance",
        expr="""\
sum by (job, instance, target) (
  increase(upbit_api_exchange_errors_total{error="market_offline"}[15m])
  and on (job, instance, target, endpoint)
  upbit_api_up == 0
) > 0""",
        severity="warning",
        summary="{{ $labels.target }}: the exchange says that it is closed for maintenance",
        description="{{ $labels.target }} answered market_offline "
        '{{ $value | printf "%.0f" }} times within a quarter of an hour. Read the exchange\'s '
        "notices for the end of it; the daemon asks ever less often meanwhile, and goes on by "
        f"itself. Its own words: {logged(Event.REQUEST_FAILED)}.",
    ),
    Alert(
        name="UpbitEndpointDown",
        # One failure alone is none: the next question of a slow poll may come an hour later. A
        # parked poll looks again within 16.5 minutes, so there are two of them in forty.
        expr="""\
sum by (job, instance, target, endpoint) (
  increase(upbit_api_failures_total{reason!~"throttled|blocked|cancelled"}[40m])
) > 1.5
and on (job, instance, target, endpoint)
upbit_api_up == 0""",
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.endpoint }} gives no valid answer",
        description="{{ $labels.endpoint }} at {{ $labels.target }} has given no valid answer for "
        'five minutes; {{ $value | printf "%.0f" }} requests failed within forty. The exchange\'s '
        "own words: " + logged(where='.endpoint=="{{ $labels.endpoint }}" and .error') + ".",
    ),
    Alert(
        name="UpbitApiErrorBudgetBurnFast",
        expr=_burn(errors, "5m", "1h", FAST_BURN, AVAILABILITY),
        wait="2m",
        severity="critical",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of requests fail",
        description="{{ $value | humanizePercentage }} of what was tried at {{ $labels.target }} "
        f"within five minutes failed by the exchange's fault or the way's; {1 - AVAILABILITY:.0%} "
        "may. At this pace a month's budget is gone within two days. By reason: "
        + asked(_BY_REASON.format(window="5m"))
        + ".",
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
        "may. At this pace a month's budget is gone within five days. By reason: "
        + asked(_BY_REASON.format(window="30m"))
        + ".",
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
        "and orders are as old as the answers. Where the time goes: "
        + asked(_BY_PHASE.format(window="5m"))
        + ".",
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
        "time goes: " + asked(_BY_PHASE.format(window="30m")) + ".",
    ),
    Alert(
        name="UpbitAuthFailing",
        # A parked poll looks again each quarter of an hour: until then nothing new is counted. What
        # fails for another reason by now says nothing of the key, which may long be mended.
        expr=f"""\
increase(upbit_api_exchange_errors_total{{error=~"{_KEY_ERRORS}"}}[20m]) > 0
and on (job, instance, target, endpoint)
upbit_api_up == 0
unless on (job, instance, target, endpoint)
increase(upbit_api_failures_total{{reason!~"http_4xx|cancelled"}}[5m]) > 0""",
        wait="1m",  # a single refusal, such as nonce_used, may be over by then
        keep="1m",  # parked polls are seen to be well up to one evaluation later
        severity="critical",
        summary="{{ $labels.target }}: the exchange refuses the key ({{ $labels.error }})",
        description="{{ $labels.endpoint }} of {{ $labels.target }} was refused "
        '{{ $value | printf "%.0f" }} times with {{ $labels.error }} within twenty minutes. '
        "Nothing is known of the account until it is mended. Try the key: upbit-monitor once "
        "api_keys open_orders --debug; mend it, and reload: curl -X POST "
        "http://{{ $labels.instance }}/-/reload.",
    ),
    Alert(
        name="UpbitApiKeyExpiring",
        # One that has ended may be listed for ever; if it is ours, UpbitAuthFailing tells.
        expr=f"0 < upbit_api_key_expiry_timestamp_seconds - time() < {KEY_DAYS} * {_DAY}",
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
        summary="{{ $labels.target }}: the exchange's certificate has "
        "{{ $value | humanizeDuration }} left",
        description="The certificate that {{ $labels.target }} showed has "
        "{{ $value | humanizeDuration }} left; once it has ended, every request fails. Compare "
        "with what other networks see: openssl s_client -connect api.upbit.com:443 </dev/null | "
        "openssl x509 -noout -enddate -issuer; the host of this target stands at "
        "http://{{ $labels.instance }}/config.",
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
        wait="1m",  # before UpbitApiDown, which it explains
        keep="5m",
        severity="critical",
        summary="{{ $labels.instance }}: the daemon is offline",
        description="No exchange gave {{ $labels.instance }} an answer of any status (best of all "
        "targets: {{ $value }}), and the host of second_opinion cannot be reached either: the "
        "network of this host is down, and nothing is known of the exchange. Look at it: "
        "ip route get 1.1.1.1; resolvectl query api.upbit.com.",
    ),
)
