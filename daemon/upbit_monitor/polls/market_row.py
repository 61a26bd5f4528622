"""One row of the market list: its shape, and where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from upbit_monitor.exchange import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping


class MarketEvent(msgspec.Struct):
    """Korea's marks on a market, only in an answer with details."""

    warning: bool | None = None
    caution: dict[str, bool | None] | None = None


class Market(msgspec.Struct):
    """One row. Korea has ``market_event``; the other regions have ``market_warning``."""

    market: str
    market_event: MarketEvent | None = None
    market_warning: str | None = None

    @property
    def warned(self) -> bool | None:
        """Whether the market is designated as an investment warning; none if that is not told."""
        if self.market_event is not None and self.market_event.warning is not None:
            return self.market_event.warning
        return self.market_warning != "NONE" if self.market_warning else None

    @property
    def cautions(self) -> Mapping[str, bool] | None:
        """Whether each kind of caution that is told of is active; none if none is."""
        told = (self.market_event and self.market_event.caution) or {}
        known = {kind.lower(): active for kind, active in told.items() if active is not None}
        return known or None


MARKET_ALL: Final = Endpoint(
    name="market_all",
    path="/v1/market/all",
    group="market",
    shape=list[Market],
    sample=(
        '[{"market":"KRW-BTC","korean_name":"비트코인","english_name":"Bitcoin",'
        '"market_event":{"warning":false,"caution":{"PRICE_FLUCTUATIONS":false,'
        '"TRADING_VOLUME_SOARING":false,"DEPOSIT_AMOUNT_SOARING":false,'
        '"GLOBAL_PRICE_DIFFERENCES":true,"CONCENTRATION_OF_SMALL_ACCOUNTS":false}}},'
        '{"market":"SGD-ETH","english_name":"Ethereum","market_warning":"CAUTION"}]'
    ).encode(),
)
