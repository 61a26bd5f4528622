"""What the daemon is told to do: read from a file, checked wholly, given as frozen values."""

from upbit_monitor.config.addresses import listen_address
from upbit_monitor.config.durations import render as duration
from upbit_monitor.config.load import OVERRIDES, load
from upbit_monitor.config.masked import masked
from upbit_monitor.config.reference import reference
from upbit_monitor.config.schema import schema
from upbit_monitor.config.settings import (
    Credentials,
    Idle,
    Log,
    Metrics,
    PollKind,
    SecondOpinion,
    Settings,
    Target,
    Web,
)

__all__ = [
    "OVERRIDES",
    "Credentials",
    "Idle",
    "Log",
    "Metrics",
    "PollKind",
    "SecondOpinion",
    "Settings",
    "Target",
    "Web",
    "duration",
    "listen_address",
    "load",
    "masked",
    "reference",
    "schema",
]
