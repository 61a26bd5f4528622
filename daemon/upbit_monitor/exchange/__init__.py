"""The exchange's side: how it is asked, signed for, reached and read."""

from upbit_monitor.exchange.client import ExchangeClient
from upbit_monitor.exchange.endpoint import Endpoint
from upbit_monitor.exchange.regions import REGIONS, Region
from upbit_monitor.exchange.signer import Algorithm, Signer, TokenSigner
from upbit_monitor.exchange.skew import Dated, ExchangeClock, Span
from upbit_monitor.exchange.transport import HttpTransport, Timeouts
from upbit_monitor.exchange.wire import Answer, Call, Flight, Observer, Query, Request, Transport

__all__ = [
    "REGIONS",
    "Algorithm",
    "Answer",
    "Call",
    "Dated",
    "Endpoint",
    "ExchangeClient",
    "ExchangeClock",
    "Flight",
    "HttpTransport",
    "Observer",
    "Query",
    "Region",
    "Request",
    "Signer",
    "Span",
    "Timeouts",
    "TokenSigner",
    "Transport",
]
