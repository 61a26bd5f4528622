"""Faults of the API and of the way to it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from e2e.faults.means import nothing, pulsed, turned
from e2e.scenario import BURNS, PUBLIC, Scenario, alerts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from e2e.scenario import Stage

_DOWN: Final = alerts("EndpointDown", "DataStale")
_BURNT: Final = alerts("ApiErrorBudgetBurnFast", "ApiErrorBudgetBurnSlow")
_QUICK: Final = {name: {**options, "every": "500ms"} for name, options in PUBLIC.items()}
_ORDERLY: Final = {name: {**options, "every": "2s"} for name, options in PUBLIC.items()}


@asynccontextmanager
async def _shut(stage: Stage) -> AsyncIterator[None]:
    await stage.venue.shut()
    try:
        yield
    finally:
        await stage.venue.open()


@asynccontextmanager
async def _old_certificate(stage: Stage) -> AsyncIterator[None]:
    assert stage.front is not None  # noqa: S101 -- the scenario says `tls`
    await stage.front.show(5)
    try:
        yield
    finally:
        await stage.front.show(300)


SCENARIOS: Final = (
    Scenario(name="healthy", story="nothing at all", fault=nothing),
    Scenario(
        name="dead",
        story="every connection is refused",
        fault=_shut,
        told=alerts("ApiDown"),
        muted=_DOWN | _BURNT,
    ),
    Scenario(
        name="hanging",
        story="no request is ever answered",
        fault=turned(maintenance="hang"),
        told=alerts("ApiDown"),
        muted=_DOWN
        | _BURNT
        | alerts("ApiLatencyBudgetBurnFast", "ApiLatencyBudgetBurnSlow", "MonitorPollsOverlapping"),
    ),
    Scenario(
        name="maintenance_page",
        story="503 and a page in HTML, whatever is asked",
        fault=turned(maintenance="503_html"),
        told=alerts("ApiDown"),
        muted=_DOWN | _BURNT,
    ),
    Scenario(
        name="garbage",
        story="answers that are no JSON",
        fault=turned(garbage_rate=1.0),
        told=alerts("ApiDown"),
        muted=_DOWN | _BURNT,
    ),
    Scenario(
        name="maintenance_notice",
        story="403 market_offline, whatever is asked with a key",
        fault=turned(maintenance="offline"),
        keyed=True,
        polls=PUBLIC | {"open_orders": {"every": "1s"}},
        lasts=22.0,  # its looks become rarer, up to a minute: those are not hastened
        told=alerts("ApiMaintenance"),
        muted=_DOWN,
    ),
    Scenario(
        name="one_endpoint",
        daemon=BURNS,
        story="500, whenever order books are asked for",
        fault=turned(server_error_rate=1.0, befallen=frozenset({"/v1/orderbook"})),
        polls=_QUICK | {"orderbook": {"every": "1s"}},
        told=_DOWN,
    ),
    Scenario(
        name="burst_5xx",
        daemon=BURNS,
        story="5xx to a third of what is asked",
        fault=pulsed(1.8, 4.7, server_error_rate=1.0),
        polls=_QUICK,
        told=alerts("ApiErrorBudgetBurnFast"),
        muted=alerts("ApiErrorBudgetBurnSlow"),
    ),
    Scenario(
        name="slow_burn_5xx",
        daemon=BURNS,
        story="5xx to a tenth of what is asked",
        fault=pulsed(0.5, 4.7, server_error_rate=1.0),
        polls=_QUICK,
        told=alerts("ApiErrorBudgetBurnSlow"),
    ),
    Scenario(
        name="slow",
        daemon=BURNS,
        story="answers take 1.3 s",
        fault=turned(latency_ms=1300.0, latency_sigma=0.02),
        polls=_ORDERLY,
        told=alerts("ApiLatencyBudgetBurnFast"),
        muted=alerts("ApiLatencyBudgetBurnSlow"),
    ),
    Scenario(
        name="slow_burn",
        daemon=BURNS,
        story="a tenth of the answers take 1.3 s",
        fault=pulsed(2.0, 20.0, latency_ms=1300.0, latency_sigma=0.02),
        polls=_ORDERLY,
        told=alerts("ApiLatencyBudgetBurnSlow"),
    ),
    Scenario(
        name="overlapping",
        daemon=BURNS,
        story="answers take 0.65 s, and are asked for twice a second",
        fault=turned(latency_ms=650.0, latency_sigma=0.02),
        polls={"tickers": {**PUBLIC["tickers"], "every": "500ms"}},
        told=alerts("MonitorPollsOverlapping"),
    ),
    Scenario(
        name="clock_skew",
        story="the exchange's clock is five seconds ahead of ours",
        fault=turned(clock_offset_seconds=5.0),
        told=alerts("ClockSkew"),
    ),
    Scenario(
        name="certificate",
        story="the certificate has five days left",
        fault=_old_certificate,
        tls=True,
        told=alerts("CertificateExpiring"),
    ),
)
