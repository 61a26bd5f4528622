"""The numbers that decide: each stands here once, for alerts, dashboards and their texts.

Durations of PromQL's own (windows, ``for``) stand in the rules; they are not thresholds.
"""

from __future__ import annotations

from typing import Final

AVAILABILITY: Final = 0.99
"""Objective: the part of attempts that the exchange, and the way to it, do not fail."""

LATENCY: Final = 0.99
"""Objective: the part of requests that are over within ``SLOW_SECONDS``."""

SLOW_SECONDS: Final = 1.0
"""A request is slow beyond this. It is a bound of a bucket of the histogram of durations."""

FAST_BURN: Final = 14.4
"""Times the budget's own pace: so a month's budget is gone in two days (SRE workbook, ch. 5)."""

SLOW_BURN: Final = 6.0
"""The same: a month's budget is gone in five days."""

KEY_DAYS: Final = 14
"""Days before its end at which a key wants to be renewed."""

CERTIFICATE_DAYS: Final = 7
"""Days before its end at which the exchange's certificate should long have been renewed."""

SKEW_SECONDS: Final = 2.0
"""Seconds of proven difference between the clocks that spoil ages of prices and orders."""

HEADROOM_RATIO: Final = 0.2
"""Remaining requests, as a part of the limit, below which a quota is nearly used up."""

FOREIGN_RATIO: Final = 0.3
"""Part of a limit that others may use before it matters; the landing page goes by it, too."""

HEADER_ERROR_RATIO: Final = 0.1
"""Part of the answers that may lack a sound ``Remaining-Req`` header."""

LOST_BEATS_RATIO: Final = 0.1
"""Part of a poll's beats that may be lost to overlaps or misfires."""

LOST_BEATS: Final = 2.5
"""Lost beats that may be any part: two, and what `increase()` adds to them."""

LOOP_LAG_SECONDS: Final = 0.5
"""Lag of the event loop, at the 99th percentile, from which measured latencies are not true."""

MEMORY_BYTES: Final = 256 * 2**20
"""Resident memory: half of what the systemd unit allows, and far above what was ever measured."""

RESTARTS: Final = 3
"""Restarts within half an hour that are not somebody's work on the machine."""

LATE_INTERVALS: Final = 3
"""Intervals without success after which a poll is stale if the daemon calls it late or failing."""

STALE_INTERVALS: Final = 10
"""Intervals without success after which a poll is stale, whatever the daemon says of itself."""

HELD_BACK_SECONDS: Final = 120.0
"""Seconds still to wait that only a 418 brings about, or 429s without an end."""
