from __future__ import annotations

import pytest

from tests.app.wall import Wall


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Give the wall clock, for APScheduler too."""
    clock = Wall()
    clock.rule(monkeypatch)
    return clock
