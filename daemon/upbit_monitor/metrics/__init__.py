"""What is exposed: families as data, the board that shows them, and the daemon's own ones."""

from upbit_monitor.metrics.calls import CallMetrics
from upbit_monitor.metrics.catalogue import CATALOGUE
from upbit_monitor.metrics.family import Board, Family
from upbit_monitor.metrics.limits import LimiterMetrics
from upbit_monitor.metrics.series import Samples

__all__ = ["CATALOGUE", "Board", "CallMetrics", "Family", "LimiterMetrics", "Samples"]
