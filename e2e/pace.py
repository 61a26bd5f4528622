"""How much faster than in earnest a run goes, and how long its parts take."""

from __future__ import annotations

from typing import Final

TIMES: Final = 30.0
"""Rules and routes are so many times faster: five minutes are ten seconds."""

SCRAPE: Final = 2.0
"""Seconds between two scrapes: five to the window of five minutes, where in earnest it is twenty.
"""

LOOK: Final = 1.0
"""Seconds between two evaluations of rules, and between two looks at what fires."""

QUIET: Final = 25.0
"""Seconds without a fault: more than two windows of five minutes, and what alerts wait for."""

LONGEST: Final = 150.0
"""Seconds that the faults may take to be told. The slowest alert waits for an hour: 120 s."""

HOLD: Final = 5.0
"""Seconds for which faults go on once all is told: what ought not to come may still come."""

CALM: Final = 90.0
"""Seconds in which all must resolve. A poll backs off by up to a minute, and its windows follow."""
