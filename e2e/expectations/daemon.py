"""What the dashboard of the daemon should show."""

from __future__ import annotations

from typing import Final

from e2e.expectations.expected import at, calm, later

_FRESH, _FAILING, _PARKED = 1, 4, 5
_MIB = 2**20

PANELS: Final = {
    "Daemon": (calm("killed", 1, 1), at("killed", 0, 0), later("killed", 1, 1)),
    "Ready": (calm("offline", 1, 1), at("offline", 0, 0), later("offline", 1, 1)),
    "Last reload succeeded": (
        calm("bad_reload", 1, 1), at("bad_reload", 0, 0), later("bad_reload", 1, 1)
    ),
    "Up for": (calm("frozen", 1), later("killed", 0, 30)),
    "Restarts within half an hour": (calm("restarting", 0, 0), at("restarting", 4, 5)),
    "Errors logged within an hour": (calm("bad_reload", 0, 0), at("bad_reload", 0.5)),
    "Polls": (
        calm("dead", _FRESH, _FRESH, "A"), at("dead", _FAILING, _FAILING, "A"),
        at("expired_access_key", _PARKED, _PARKED, "A", poll="open_orders"),
        calm("dead", 0, 4, "B"), at("dead", 60, ref="B"),
        calm("slow_burn", 2, 2, "C"),
        calm("dead", 0, 4, "D"), at("dead", 60, ref="D"),
        at("hanging", 1, 1, "E"),
        at("slow", 1, 2.5, "F"),
        at("burst_5xx", 50, ref="G"),
        calm("dead", 0, 0, "H"), at("dead", 4, ref="H"),
        at("dead", 20, ref="I"),
        calm("overlapping", 0, 3, "J"), at("overlapping", 20, ref="J"),
        calm("stuttering", 0, 2, "K"), at("stuttering", 20, ref="K"),
        calm("delisted", 0, 0, "L"), at("delisted", 1, 1, "L", poll="tickers"),
    ),
    "State of each poll": (
        calm("dead", _FRESH, _FRESH), at("dead", _FAILING, _FAILING), later("dead", _FRESH, _FRESH)
    ),
    "Age of data in intervals": (calm("dead", 0, 4), at("dead", 60), later("dead", 0, 4)),
    "Duration of a run, p99": (calm("slow", 0, 1), at("slow", 1, 2.5)),
    "Failed runs": (
        calm("dead", 0, 0),
        at("dead", 0.1, reason="exchange"),
        at("starved", 0.1, reason="withheld"),
    ),
    "Runs a second": (calm("burst_5xx", 1, 3), at("dead", 0, 0.2)),
    "Beats lost to a run before": (calm("overlapping", 0, 0.3), at("overlapping", 0.3, 0.8)),
    "Beats lost to a standstill": (calm("stuttering", 0, 0.2), at("stuttering", 0.1, 0.9)),
    "Beats left out on purpose": (calm("dead", 0, 0), at("dead", 0.5, 1.1)),
    "Delay of a run's start, p99": (calm("stuttering", 0, 0.3), at("stuttering", 0.1)),
    "Event loop lag": (
        calm("stuttering", 0, 0.1, "A"), at("stuttering", 0.001, ref="A"),
        calm("stuttering", 0, 0.5, "B"), at("stuttering", 0.5, 1, "B"),
    ),
    "Memory": (
        calm("leaking", 30 * _MIB, 200 * _MIB), at("leaking", 300 * _MIB, 500 * _MIB),
        later("leaking", 30 * _MIB, 200 * _MIB),
    ),
    "CPU": (calm("leaking", 0.0001, 0.5),),
    "Open files": (calm("leaking", 5, 60),),
    "Asyncio tasks": (calm("leaking", 3, 60),),
    "Time that a scrape takes": (
        calm("leaking", 0.0001, 2, "A"), at("frozen", 1.9, ref="A"), calm("leaking", 0.0001, 2, "B")
    ),
    "Series": (calm("capped", 300), at("killed", 0, 0)),
    "Log lines by level": (
        calm("log_lost", 0.3, level="info"), at("bad_reload", 0.05, level="error")
    ),
    "Values masked in the log": (calm("healthy", 0, 0),),
    "What could not be written": (
        calm("log_lost", 0, 0, "A"), at("log_lost", 1, ref="A"), calm("stateless", 0, 0, "B"),
    ),
    "Builds": (calm("leaking", 1e12),),
    "Series left out": (
        at("capped", 10, metric="upbit_ticker_trade_price"),
        later("capped", 10, metric="upbit_ticker_trade_price"),
    ),
}  # fmt: skip
