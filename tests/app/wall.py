"""A wall clock that follows the loop's clock and can be set, and APScheduler made to read it."""

from __future__ import annotations

import asyncio
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import apscheduler.schedulers.base

from tests.fakes import NOW

if TYPE_CHECKING:
    import pytest


class Wall:
    """Its state: how far it has been set."""

    def __init__(self) -> None:
        self._set_by = 0.0

    def __call__(self) -> float:
        """Unix seconds."""
        return NOW + self._set_by + asyncio.get_running_loop().time()

    def set_by(self, seconds: float) -> None:
        """Set the clock forward, or back."""
        self._set_by += seconds

    def rule(self, patch: pytest.MonkeyPatch) -> None:
        """Let APScheduler take its time from here: it asks ``datetime.now`` and nobody else."""
        wall = self

        class Moment(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Moment:
                return cls.fromtimestamp(wall(), tz)

        patch.setattr(apscheduler.schedulers.base, "datetime", Moment)
