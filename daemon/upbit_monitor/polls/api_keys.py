"""The account's API keys: how many, and when each ends. Only Korea tells.

A key itself is a name that nobody should see: here it becomes a short hash at once, and neither
an error nor a gist has any of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from upbit_monitor.exchange import Endpoint
from upbit_monitor.metrics import Family
from upbit_monitor.polls import words
from upbit_monitor.polls.base import (
    Concern,
    Exchange,
    Poll,
    Seconds,
    interval,
    key_id,
    option,
)
from upbit_monitor.polls.moments import moment

if TYPE_CHECKING:
    from collections.abc import Mapping


class ApiKey(msgspec.Struct):
    """One row. A key without an end of its own has no ``expire_at``."""

    access_key: str
    expire_at: str | None = None

    def __repr__(self) -> str:
        return f"ApiKey({key_id(self.access_key)})"


API_KEYS: Final = Endpoint(
    name="api_keys",
    path="/v1/api_keys",
    group="default",
    shape=list[ApiKey],
    private=True,
    sample=(
        b'[{"access_key":"8f3a2c1d9b7e6a5c4d3f2e1a0b9c8d7e6f5a4b3c",'
        b'"expire_at":"2026-06-25T11:22:54+09:00"}]'
    ),
)

KEYS: Final = Family(
    "upbit_api_keys",
    "gauge",
    "API keys that the exchange lists for the account or pocket.",
    ("target",),
    advice="A key that nobody here made is an alarm: delete it on the exchange's site, then look "
    "at orders and withdrawals.",
)
EXPIRY: Final = Family(
    "upbit_api_key_expiry_timestamp_seconds",
    "gauge",
    "Unix time at which an API key ends; absent if it has no end. key_id is a short hash, never "
    "the key; own is yes for the key that this target uses.",
    ("target", "key_id", "own"),
    advice="A key cannot be prolonged: make a new one before this time, with the same permissions "
    "and addresses, and put it in place.",
)


@dataclass(frozen=True, slots=True)
class ApiKeysOptions:
    """How API keys are polled."""

    every: Seconds = interval(3600)
    warn_before: Seconds = option(
        "When the key in use ends sooner than this, the page says so.",
        Seconds(14 * 86_400),
        minimum=0,
    )


class ApiKeys(Poll[ApiKeysOptions]):
    """Polls the list of API keys."""

    name: ClassVar[str] = "api_keys"
    summary: ClassVar[str] = "When the account's API keys end; any key will do, in Korea only."
    private: ClassVar[bool] = True
    regions: ClassVar[frozenset[str]] = frozenset({"kr"})
    options: ClassVar[type[ApiKeysOptions]] = ApiKeysOptions
    endpoints: ClassVar[tuple[Endpoint[list[ApiKey]], ...]] = (API_KEYS,)
    families: ClassVar[tuple[Family, ...]] = (KEYS, EXPIRY)

    async def run(self, exchange: Exchange) -> None:
        """Ask for the keys, and show their ends."""
        ends = self._ends(*await exchange.get(API_KEYS))
        board, target, own = self._context.board, self._context.target, self._context.key_id
        board.show(KEYS, target, {(): len(ends)})
        board.show(
            EXPIRY,
            target,
            {
                (key, "yes" if key == own else "no"): end
                for key, end in ends.items()
                if end is not None
            },
        )
        self._tell(ends)

    def _ends(self, *keys: ApiKey) -> Mapping[str, float | None]:
        """Give the end of each key by its hash."""
        region = self._context.region
        return {
            key_id(key.access_key): None
            if key.expire_at is None
            else moment(key.expire_at, region, API_KEYS, "expire_at")
            for key in keys
        }

    def _tell(self, ends: Mapping[str, float | None]) -> None:
        own = self._context.key_id
        count = words.counted(len(ends), "key")
        if own is None or own not in ends:
            self.gist = f"{count}, the one in use not among them"
            self.concerns = (
                Concern(
                    "uses a key that the exchange does not list",
                    "See whether it was deleted on the exchange's site, and put another in its "
                    "place before it is refused.",
                ),
            )
            return
        end = ends[own]
        if end is None:
            self.gist, self.concerns = f"{count}, the one in use has no end", ()
            return
        left = end - self._context.exchange_time()
        rest = f"ends in {words.about(left)}" if left > 0 else "has ended"
        self.gist = f"{count}, the one in use {rest}"
        self.concerns = () if left >= self._options.warn_before else (_ending(rest),)


def _ending(rest: str) -> Concern:
    return Concern(
        f"uses a key that {rest}",
        "Make a new key on the exchange's site, with the same permissions and addresses, and put "
        "it in place of this one: a key cannot be prolonged.",
    )
