"""Faults of the quota: others use it, it is cut, it is shut, or its header is not what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from e2e.faults.means import done, pulsed, turned
from e2e.scenario import PUBLIC, QUOTA, Scenario, alerts
from e2e.venue import CALM

_BLOCKED_SECONDS: Final = 14.0
"""Seconds of a 418: so long that data grow old, and shorter than the alert outlasts its count."""

_OF_ACCOUNT: Final = ("open_orders", "accounts", "wallet_status", "api_keys", "order_chance")

_HEADER: Final = (("missing", "is gone"), ("malformed", "cannot be read"),
                  ("unexpected", "names a group that nobody knows"))  # fmt: skip

SCENARIOS: Final = (
    Scenario(
        daemon=QUOTA,
        name="throttled",
        story="429: a stranger uses all of the quota, each second",
        fault=turned(strangers={"ticker": 10.0}, strangers_burst=10),
        polls=PUBLIC | {"tickers": {**PUBLIC["tickers"], "every": "2s"}},
        lasts=36.0,  # the limiter asks once in 16 s then: those are not hastened
        told=alerts("Throttled", "ForeignQuotaUse", "DataStale", "MonitorPollsOverlapping"),
    ),
    Scenario(
        daemon=QUOTA,
        name="limit_cut",
        story="429: the limit is one request a second, without a word, for a second and a half",
        fault=pulsed(1.5, 600.0, limits={"ticker": 1}, remaining_form="missing"),
        polls={"tickers": {**PUBLIC["tickers"], "every": "500ms"}},
        told=alerts("Throttled"),
    ),
    Scenario(
        daemon=QUOTA,
        name="blocked",
        story="418: others have brought a block upon our address",
        fault=done(lambda exchange, _: exchange.block(("ip", "127.0.0.1"), _BLOCKED_SECONDS)),
        told=alerts("Blocked"),
        muted=alerts("DataStale"),
    ),
    Scenario(
        daemon=QUOTA,
        name="foreign_use",
        story="a trader uses half of the account's quota",
        fault=turned(strangers={"default": 15.0}),
        knobs=replace(CALM, strangers={"default": 0.1}),  # else those of ten seconds come at once
        polls={"tickers": PUBLIC["tickers"], "open_orders": {"every": "500ms"}},
        keyed=True,
        told=alerts("ForeignQuotaUse"),
    ),
    Scenario(
        daemon=QUOTA,
        name="headroom",
        story="the limit is cut to a bit more than we use",
        fault=turned(limits={"default": 6}),
        region="kr",
        polls={name: {"every": "1s"} for name in _OF_ACCOUNT},
        keyed=True,
        target={"share": 1.0},
        told=alerts("RateLimitHeadroomLow"),
    ),
    *(
        Scenario(
            daemon=QUOTA,
            name=f"header_{form}",
            story=f"the header Remaining-Req {what}",
            fault=turned(remaining_form=form),
            told=alerts("RateLimitHeaderErrors"),
        )
        for form, what in _HEADER
    ),
)
