"""Composition and lifetime: the only room where everything meets."""

from upbit_monitor.app.daemon import Daemon
from upbit_monitor.app.instruments import Instruments
from upbit_monitor.app.once import once

__all__ = ["Daemon", "Instruments", "once"]
