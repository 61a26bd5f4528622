"""Structured logs on one stream, with the last lock against secrets."""

from upbit_monitor.logs.calls import CallLog
from upbit_monitor.logs.decisions import DecisionLog
from upbit_monitor.logs.setup import Format, LevelWord, Logging, LogSettings
from upbit_monitor.logs.vocabulary import Event, Level, Logger, Mask

__all__ = [
    "CallLog",
    "DecisionLog",
    "Event",
    "Format",
    "Level",
    "LevelWord",
    "LogSettings",
    "Logger",
    "Logging",
    "Mask",
]
