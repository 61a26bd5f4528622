"""The exchange refuses us, others use the quota, or its header is not what it was."""

from __future__ import annotations

from typing import Final

from mixin.alerts.steps import logged
from mixin.recording import HEADROOM
from mixin.rule import Alert
from mixin.thresholds import (
    FOREIGN_RATIO,
    HEADER_ERROR_RATIO,
    HEADROOM_RATIO,
    HELD_BACK_SECONDS,
)
from upbit_monitor.logs import Event

_HELD_BACK: Final = (
    "max by (job, instance, target) (upbit_ratelimit_blocked_until_timestamp_seconds) - time()"
)

ALERTS: Final = (
    Alert(
        name="UpbitThrottled",
        expr="increase(upbit_ratelimit_throttled_total[15m]) > 0",
        severity="warning",
        summary="{{ $labels.target }}: the exchange answered 429 in group {{ $labels.group }}",
        description='{{ $value | printf "%.0f" }} answers with status 429 at {{ $labels.target }}, '
        "group {{ $labels.group }}, within fifteen minutes. Alone, the daemon never causes one: "
        "somebody else uses this address or account, or the limit was cut. The likely cause, with "
        f"the ledger of that moment: {logged(Event.QUOTA_REFUSED)}.",
    ),
    Alert(
        name="UpbitBlocked",
        # The last part holds for a block that is long, and for one that a restart has inherited.
        expr=f"""\
clamp_min({_HELD_BACK}, 0)
and
(
  sum by (job, instance, target) (increase(upbit_ratelimit_blocked_total[5m])) > 0
  or
  {_HELD_BACK} > {HELD_BACK_SECONDS:g}
)""",
        keep="3m",  # until the end of a long block, which holds two minutes longer, and a probe
        severity="critical",
        summary="{{ $labels.target }}: the exchange has blocked this address or account (418)",
        description="{{ $labels.target }} answered 418, or holds us back for long: for another "
        "{{ $value | humanizeDuration }}. Stop every other client of this address or "
        "account: going on lengthens the block. Do nothing to the daemon, which waits by itself, "
        "until: curl -s http://{{ $labels.instance }}/metrics | grep ^upbit_ratelimit_blocked.",
    ),
    Alert(
        name="UpbitRateLimitHeadroomLow",
        expr=f"{HEADROOM} < {HEADROOM_RATIO}",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: the quota of group {{ $labels.group }} is nearly used up",
        description="In a tenth of the answers of {{ $labels.target }}, group {{ $labels.group }}, "
        "at most {{ $value | humanizePercentage }} of the limit were left. Others or we? Compare "
        "upbit_ratelimit_foreign_requests_total with upbit_ratelimit_requests_total; what our "
        "polls ask for: upbit-monitor check-config --plan.",
    ),
    Alert(
        name="UpbitForeignQuotaUse",
        # Not the rate of those seen: it is what our own answers happened to show, and a poll that
        # asks each ten seconds sees a tenth of the windows.
        expr="upbit_ratelimit_foreign_expected_requests\n"
        f">= {FOREIGN_RATIO} * upbit_ratelimit_limit_requests",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: somebody else uses the quota of group {{ $labels.group }}",
        description='At least {{ $value | printf "%.1f" }} requests a window at '
        f"{{{{ $labels.target }}}}, group {{{{ $labels.group }}}}, are not ours; that is "
        f"{FOREIGN_RATIO:.0%} of the limit or more. If it is your trader, lower `share`, and the "
        "daemon stays out of its way; if you do not know it, look for a second daemon or a key "
        "used elsewhere: upbit-monitor once --debug, which tells what the limiter sees.",
    ),
    Alert(
        name="UpbitRateLimitHeaderErrors",
        expr=f"""\
sum by (job, instance, target) (rate(upbit_ratelimit_header_errors_total[10m]))
/
sum by (job, instance, target) (rate(upbit_api_responses_total[10m]))
> {HEADER_ERROR_RATIO}""",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value | humanizePercentage }} of answers lack a sound "
        "Remaining-Req header",
        description="{{ $value | humanizePercentage }} of the answers of {{ $labels.target }} "
        "have no Remaining-Req header, a malformed one, or one of another group. The daemon keeps "
        "to its share of the documented limit, but sees neither strangers nor a new limit. What "
        "comes: curl -si https://api.upbit.com/v1/market/all | grep -i remaining-req; the host of "
        "this target stands at http://{{ $labels.instance }}/config.",
    ),
)
