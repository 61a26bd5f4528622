"""What mutes what, asked of a real Alertmanager: each pair of alerts, each label between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from tests.stack.stack import CONFIG, ask, flags, serving, until
from tests.tool import ALERTMANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [ALERTMANAGER.needed, pytest.mark.slow]

# REPLACE by the names of the rules' own alerts, sorted, once they are there.
ALERTS: Final = (
    "UpbitApiDown",
    "UpbitApiErrorBudgetBurnFast",
    "UpbitApiErrorBudgetBurnSlow",
    "UpbitApiKeyExpiring",
    "UpbitApiLatencyBudgetBurnFast",
    "UpbitApiLatencyBudgetBurnSlow",
    "UpbitApiMaintenance",
    "UpbitAuthFailing",
    "UpbitBlocked",
    "UpbitCandlesLate",
    "UpbitCertificateExpiring",
    "UpbitClockSkew",
    "UpbitDataStale",
    "UpbitDepositSuspended",
    "UpbitEndpointDown",
    "UpbitForeignQuotaUse",
    "UpbitMarketDelisted",
    "UpbitMarketMissing",
    "UpbitMarketWarning",
    "UpbitMonitorAbsent",
    "UpbitMonitorConfigReloadFailed",
    "UpbitMonitorDown",
    "UpbitMonitorEventLoopBlocked",
    "UpbitMonitorLogsLost",
    "UpbitMonitorMemoryHigh",
    "UpbitMonitorOffline",
    "UpbitMonitorPollsMisfiring",
    "UpbitMonitorPollsOverlapping",
    "UpbitMonitorRestarting",
    "UpbitMonitorSeriesCapped",
    "UpbitMonitorStateUnusable",
    "UpbitOpenOrderStuck",
    "UpbitOrderMarketInactive",
    "UpbitOrderbookIrregular",
    "UpbitPollParked",
    "UpbitRateLimitHeaderErrors",
    "UpbitRateLimitHeadroomLow",
    "UpbitThrottled",
    "UpbitTickerImplausible",
    "UpbitTickerStale",
    "UpbitWithdrawalSuspended",
    "Watchdog",
)

BURNS: Final = tuple(name for name in ALERTS if "BudgetBurn" in name)

OF_DAEMON: Final = ("job", "instance")
OF_TARGET: Final = (*OF_DAEMON, "target")


@dataclass(frozen=True)
class Inhibition:
    """An alert, the labels that must be the same, and what it mutes."""

    source: str
    equal: tuple[str, ...]
    muted: tuple[str, ...]


INHIBITIONS: Final = (
    Inhibition(
        "UpbitMonitorDown",
        OF_DAEMON,
        tuple(name for name in ALERTS if name not in ("UpbitMonitorDown", "Watchdog")),
    ),
    Inhibition(
        "UpbitMonitorOffline",
        OF_DAEMON,
        ("UpbitApiDown", "UpbitEndpointDown", *BURNS, "UpbitDataStale"),
    ),
    Inhibition(
        "UpbitApiDown",
        OF_TARGET,
        ("UpbitEndpointDown", *BURNS, "UpbitMonitorPollsOverlapping", "UpbitDataStale"),
    ),
    Inhibition(
        "UpbitBlocked",
        OF_TARGET,
        (
            "UpbitThrottled", "UpbitApiDown", "UpbitEndpointDown", "UpbitRateLimitHeadroomLow",
            "UpbitDataStale",
        ),
    ),
    Inhibition("UpbitAuthFailing", OF_TARGET, ("UpbitPollParked", "UpbitDataStale")),
    Inhibition("UpbitAuthFailing", (*OF_TARGET, "endpoint"), ("UpbitEndpointDown",)),
    Inhibition("UpbitApiMaintenance", OF_TARGET, ("UpbitEndpointDown", "UpbitDataStale")),
    Inhibition("UpbitPollParked", (*OF_TARGET, "poll"), ("UpbitDataStale",)),
    Inhibition("UpbitApiErrorBudgetBurnFast", OF_TARGET, ("UpbitApiErrorBudgetBurnSlow",)),
    Inhibition(
        "UpbitApiLatencyBudgetBurnFast",
        OF_TARGET,
        ("UpbitMonitorPollsOverlapping", "UpbitApiLatencyBudgetBurnSlow"),
    ),
)  # fmt: skip

SOURCES: Final = tuple(dict.fromkeys(rule.source for rule in INHIBITIONS))

LABELS: Final = {
    "job": "upbit-monitor",
    "instance": "127.0.0.1:10931",
    "target": "korea",
    "endpoint": "ticker",
    "poll": "tickers",
    "group": "ticker",
    "error": "none",
    "market": "KRW-BTC",
}


@dataclass(frozen=True)
class Pair:
    """Two alerts that differ by name, and perhaps by one label. Does the first mute the other?"""

    source: str
    other: str
    differs: str = ""

    @property
    def expected(self) -> bool:
        return any(
            rule.source == self.source
            and self.other in rule.muted
            and self.differs not in rule.equal
            for rule in INHIBITIONS
        )


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of an Alertmanager with our configuration, started as compose.yml says."""
    folder = tmp_path_factory.mktemp("alertmanager")
    places = {"/etc/alertmanager": CONFIG / "alertmanager", "/alertmanager": folder / "data"}
    with serving(ALERTMANAGER, flags("alertmanager", places), folder / "log") as url:
        yield url


def muted(alertmanager: str, pairs: list[Pair]) -> list[Pair]:
    """Let both alerts of each pair fire, each pair in a world of its own; give the muted pairs.

    A pair's world is the value of its label ``instance``. In each world stands a witness, which the
    first alert mutes and which mutes nothing: once it is muted, what is not so yet never will be.
    """
    fired = []
    witness = {
        source: next(name for name in ALERTS if name not in SOURCES and Pair(source, name).expected)
        for source in SOURCES
    }
    for number, pair in enumerate(pairs):
        here = LABELS | {"instance": f"{pair.source}/{pair.differs}/{number}"}
        there = here | ({pair.differs: "another"} if pair.differs else {})
        if pair.differs == "instance":
            there |= {"instance": here["instance"] + "/another"}
        fired += [
            here | {"alertname": pair.source, "role": "source"},
            here | {"alertname": witness[pair.source], "role": "witness"},
            there | {"alertname": pair.other, "role": "other", "world": here["instance"]},
        ]
    ask(f"{alertmanager}/api/v2/alerts", [{"labels": labels} for labels in fired])

    worlds = [labels["world"] for labels in fired if labels["role"] == "other"]

    def inhibited(role: str) -> set[str]:
        return {
            labels.get("world", labels["instance"])
            for alert in ask(f"{alertmanager}/api/v2/alerts")
            for labels in [alert["labels"]]
            if labels["role"] == role and alert["status"]["inhibitedBy"]
        }

    until(lambda: inhibited("witness") >= {*worlds})
    told = inhibited("other")
    return [pair for pair, world in zip(pairs, worlds, strict=True) if world in told]


@pytest.mark.parametrize("source", SOURCES)
def test_an_alert_mutes_what_follows_from_it_and_nothing_else(
    alertmanager: str, source: str
) -> None:
    pairs = [Pair(source, other) for other in ALERTS]
    assert muted(alertmanager, pairs) == [pair for pair in pairs if pair.expected]


@pytest.mark.parametrize("source", SOURCES)
def test_it_mutes_that_only_where_it_is_of_the_same_thing(alertmanager: str, source: str) -> None:
    follow = [other for other in ALERTS if Pair(source, other).expected]
    pairs = [Pair(source, other, differs) for differs in LABELS for other in follow]
    assert muted(alertmanager, pairs) == [pair for pair in pairs if pair.expected]
