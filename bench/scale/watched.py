"""What the daemons of the bench watch, and how: the only place that names polls and intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.simulator import REGIONS, Key

if TYPE_CHECKING:
    from collections.abc import Mapping

SEED: Final = 20_261_125
"""Of every exchange: whoever makes one with it has the same markets."""

ACCOUNTS: Final = tuple(
    Key(access=f"access-key-of-account-{number}", secret=f"secret-of-account-{number}-" * 4)
    for number in (1, 2)
)


@dataclass(frozen=True, slots=True)
class Watched:
    """One target: where, by which account, and its polls as in the configuration file."""

    region: str
    polls: Mapping[str, Mapping[str, Any]]
    account: Key | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one daemon watches, by target."""

    name: str
    targets: Mapping[str, Watched]
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def regions(self) -> tuple[str, ...]:
        """Each region once."""
        return tuple(dict.fromkeys(one.region for one in self.targets.values()))

    def config(self, urls: Mapping[str, str]) -> Mapping[str, Any]:
        """Give the configuration file as data. ``urls``: where each region's exchange is."""
        return {
            "targets": {
                name: {"region": one.region, "base_url": urls[one.region], "polls": one.polls}
                for name, one in self.targets.items()
            },
            "web": {"listen_address": "127.0.0.1:0"},
            "metrics": self.metrics,
        }

    def environ(self) -> Mapping[str, str]:
        """Give the keys of the accounts, as the daemon finds them in its environment."""
        keys = {name.upper(): one.account for name, one in self.targets.items() if one.account}
        return {
            f"UPBIT_MONITOR_{name}_{what}_KEY": text
            for name, key in keys.items()
            for what, text in (("ACCESS", key.access), ("SECRET", key.secret))
        }


def _everything(region: str) -> Mapping[str, Mapping[str, Any]]:
    """Give public polls of every market there is, each of them watched."""
    money = REGIONS[region].fiat
    bitcoin = f"{money}-BTC"
    return {
        "markets": {"every": "10s", "watch": ["*"]},
        "tickers": {"every": "1s", "watch": ["*"]},
        "orderbook": {"every": "10s", "watch": [bitcoin], "quotes": [money, "BTC", "USDT"]},
        "trades": {"every": "10s", "watch": [bitcoin]},
        "candles": {"every": "10s", "watch": [bitcoin]},
    }


_PRIVATE: Final[Mapping[str, Mapping[str, Any]]] = {
    "open_orders": {"every": "1s"},
    "accounts": {"every": "10s"},
    "wallet_status": {"every": "10s"},
}


def idle() -> Scenario:
    """Give the daemon that has next to nothing to do."""
    return Scenario("idle", {"korea": Watched("kr", {"markets": {"every": "10s"}})})


def full() -> Scenario:
    """Give the daemon that watches all there is: four regions, two accounts."""
    one, two = ACCOUNTS
    return Scenario(
        "full",
        {
            "korea": Watched("kr", {**_everything("kr"), **_PRIVATE}, one),
            "trader": Watched("kr", _PRIVATE, two),
            "singapore": Watched("sg", _everything("sg")),
            "indonesia": Watched("id", _everything("id")),
            "thailand": Watched("th", _everything("th")),
        },
        {"series_cap": 10_000},
    )
