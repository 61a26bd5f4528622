"""What there is to show: a daemon in good health, one with every trouble, and whole pages."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest as text
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from upbit_monitor.exposition import PollState, PollStatus, QuotaStatus, Status, TargetStatus
from upbit_monitor.exposition.negotiate import Format

NOW = 1_760_000_000.0


PAGES: dict[Format, Callable[[CollectorRegistry], bytes]] = {
    Format.TEXT: text,
    Format.OPENMETRICS: openmetrics,
}
"""The library's own pages, to compare ours with."""


def unheard(_: float) -> None:
    """Nobody wants to know how long a render took."""


def polls(*states: PollState) -> Status:
    """A daemon with one target and one poll in each of these states."""
    watched = tuple(PollStatus(f"poll_{place}", state, 15.0) for place, state in enumerate(states))
    return daemon(target(polls=watched))


def target(
    *,
    name: str = "korea",
    polls: tuple[PollStatus, ...] = (),
    quotas: tuple[QuotaStatus, ...] = (),
) -> TargetStatus:
    return TargetStatus(name, "kr", "https://api.example.test", "key", polls, quotas)


def daemon(*targets: TargetStatus, draining: bool = False) -> Status:
    return Status("0.1.0", "3f2a91c", NOW - 11_531, NOW, targets, draining)


WELL = daemon(
    target(
        polls=(
            PollStatus("markets", PollState.FRESH, 60.0, NOW - 12),
            PollStatus("tickers", PollState.FRESH, 5.0, NOW - 2),
        ),
        quotas=(QuotaStatus("ticker", limit=10, budget=5, left=7),),
    )
)
ILL = daemon(
    target(
        polls=(
            PollStatus("markets", PollState.FRESH, 60.0, NOW - 12, 1, "timeout"),
            PollStatus("tickers", PollState.FAILING, 5.0, NOW - 222, 31, "429 too_many_requests"),
            PollStatus("open_orders", PollState.PARKED, 15.0, None, 4, "401 <b>no</b> & never"),
            PollStatus("candles", PollState.LATE, 60.0, NOW - 400),
            PollStatus("trades", PollState.WAITING, 60.0),
            PollStatus("deposits", PollState.NO_KEY, 0.0, why="needs an API key"),
        ),
        quotas=(
            QuotaStatus("ticker", 10, 5, left=0, waiting=3, shut_until=NOW + 42, foreign=1_234),
            QuotaStatus("market", limit=10, budget=5),
        ),
    )
)
