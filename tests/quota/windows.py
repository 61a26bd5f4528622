"""Windows to begin a test with."""

from __future__ import annotations

from upbit_monitor.quota import Quota, Window


def known(quota: Quota, *, share: float = 1.0) -> Window:
    """Give a window at rest whose probe came back well long before 0."""
    window = Window(quota, share=share)
    answered(window, -100.0, -100.0)
    return window


def answered(window: Window, departed_at: float, landed_at: float) -> None:
    window.depart(departed_at)
    window.accept(departed_at, landed_at)
    window.land(departed_at, landed_at)


def heard(window: Window, left: int, departed_at: float, landed_at: float) -> None:
    """Let a request go and come back with a header."""
    window.depart(departed_at)
    window.correct(left, departed_at, landed_at)
    window.accept(departed_at, landed_at)
    window.land(departed_at, landed_at)
