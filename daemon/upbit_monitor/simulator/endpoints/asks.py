"""What an endpoint is given to answer a request, and how it reads the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_monitor.simulator.refusals import (
    CODE_NOT_FOUND,
    INVALID_PARAMETER,
    MISSING_PARAMETER,
    TYPE_MISMATCH,
    exchange_refusal,
    quotation_refusal,
)

if TYPE_CHECKING:
    from upbit_monitor.simulator.knobs import Knobs
    from upbit_monitor.simulator.messages import Query
    from upbit_monitor.simulator.tokens import Doorkeeper, Key
    from upbit_monitor.simulator.world import World
    from upbit_monitor.simulator.world.accounts import Account
    from upbit_monitor.simulator.world.markets import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to a Quotation endpoint. `tail` is the last part of the path."""

    world: World
    knobs: Knobs
    query: Query
    now: float
    tail: str

    def required(self, name: str) -> str:
        """A parameter that must be there. Refuses."""
        text = self.query.get(name)
        if text is None:
            raise quotation_refusal(MISSING_PARAMETER)
        return text

    def integer(self, name: str, default: int) -> int:
        """A number of at least one. Refuses."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            number = int(text)
        except ValueError:
            raise quotation_refusal(TYPE_MISMATCH) from None
        if number < 1:
            raise quotation_refusal(INVALID_PARAMETER)
        return number

    def truth(self, name: str) -> bool:
        """A flag, false when absent. Refuses."""
        text = self.query.get(name) or "false"
        if text.lower() not in {"true", "false"}:
            raise quotation_refusal(TYPE_MISMATCH)
        return text.lower() == "true"

    def market(self) -> Market:
        """The market that `market` names. Refuses with 404."""
        market = self.world.find(self.required("market"))
        if market is None:
            raise quotation_refusal(CODE_NOT_FOUND, 404)
        return market

    def markets(self) -> list[Market]:
        """The markets that `markets` lists, in that order.

        Whether one unknown code spoils the list is a knob. Refuses with 404.
        """
        found = [self.world.find(code) for code in self.required("markets").split(",")]
        known = [market for market in found if market is not None]
        spoilt = len(known) < len(found) and self.knobs.unknown_code == "fail"
        if spoilt or not known:
            raise quotation_refusal(CODE_NOT_FOUND, 404)
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateAsk(Ask):
    """A question to an Exchange endpoint, by the holder of a good key."""

    key: Key
    account: Account
    door: Doorkeeper

    def checked(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A parameter out of a few values. Refuses with validation_error."""
        text = self.query.get(name) or default
        if text is None:
            raise exchange_refusal("validation_error", f"{name} is missing, {name}")
        if text not in allowed:
            raise exchange_refusal("validation_error", name)
        return text

    def count(self, name: str, default: int, most: int) -> int:
        """A number from 1 to `most`. Refuses with validation_error."""
        text = self.query.get(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise exchange_refusal("validation_error", name)
        return int(text)

    def market_code(self) -> str | None:
        """The code of a listed market, if one is named. Refuses with notfoundmarket."""
        code = self.query.get("market")
        if code is not None and self.world.find(code) is None:
            raise exchange_refusal("notfoundmarket", code)
        return code
