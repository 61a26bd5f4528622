"""A simulated exchange: a second opinion that shares no code with the client it answers.

Pure: `SimulatedExchange.answer(Arrival, now) -> Reply`. Over HTTP: `SimulatorServer`.
"""

from .exchange import SimulatedExchange
from .knobs import KnobError, Knobs, parse_knobs
from .manual import manual
from .messages import Arrival, Fault, Headers, Query, Reply
from .server import SimulatorServer
from .tokens import PERMISSIONS, Key
from .windows import Anchored, Bucket, Calendar, Law, Sliding, Window, window
from .world import REGIONS

__all__ = [
    "PERMISSIONS",
    "REGIONS",
    "Anchored",
    "Arrival",
    "Bucket",
    "Calendar",
    "Fault",
    "Headers",
    "Key",
    "KnobError",
    "Knobs",
    "Law",
    "Query",
    "Reply",
    "SimulatedExchange",
    "SimulatorServer",
    "Sliding",
    "Window",
    "manual",
    "parse_knobs",
    "window",
]
