"""One pass over real HTTP: what it describes, in values fit for JSON."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.house import settings, target
from upbit_monitor.app import Instruments, once
from upbit_monitor.app.status import status
from upbit_monitor.config import Idle
from upbit_monitor.polls import POLLS, Concern
from upbit_monitor.simulator import SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from upbit_monitor.config import Settings
    from upbit_monitor.exposition import Status

OPTIONS = {name: POLLS[name].options() for name in ("markets", "tickers")}


@pytest.fixture
async def wanted() -> AsyncIterator[Settings]:
    async with SimulatorServer(SimulatedExchange("kr", seed=7)) as server:
        off = {"open_orders": Idle.NO_KEY, "tickers": Idle.NOT_HERE}
        markets = {"markets": OPTIONS["markets"]}
        yield settings(target("korea", markets, base_url=server.url, idle=off))


async def succeeds(*_: object) -> None:
    """Stand in for a poll's run."""


async def described(wanted: Settings, *only: str) -> dict[str, Any]:
    instruments = Instruments.for_settings(wanted, io.StringIO(), state=None)
    seen = await once(wanted, instruments, only)
    assert json.loads(json.dumps(seen)) == seen
    korea: dict[str, Any] = seen["targets"]["korea"]
    return korea


async def test_it_tells_what_a_poll_saw_and_wants_looked_at(
    wanted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    concern = Concern("shows a caution", "Look at it.")
    monkeypatch.setattr(POLLS["markets"], "gist", "812 markets")
    monkeypatch.setattr(POLLS["markets"], "concerns", (concern,))
    monkeypatch.setattr(POLLS["markets"], "run", succeeds)
    markets = (await described(wanted))["polls"]["markets"]
    assert markets["ok"]
    assert markets["gist"] == "812 markets"
    assert markets["concerns"] == [{"what": "shows a caution", "remedy": "Look at it."}]


async def test_polls_that_are_off_say_why_unless_others_were_asked_for(wanted: Settings) -> None:
    off = {
        "open_orders": "it needs a key, and the target has none",
        "tickers": "the region has nothing of the kind",
    }
    assert (await described(wanted))["off"] == off
    assert (await described(wanted, "markets"))["off"] == {}
    assert (await described(wanted, "markets", "tickers"))["off"] == {"tickers": off["tickers"]}


async def test_the_clock_is_told_and_the_certificate_if_there_is_one(
    wanted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    korea = await described(wanted)
    assert 0 < korea["clock"]["give_or_take"] <= 1
    assert korea["certificate"] is None

    def known(*given: Any, **more: Any) -> Status:  # noqa: ANN401 -- those of ``status``
        seen = status(*given, **more)
        (one,) = seen.targets
        one = replace(one, skew=(0.2, 0.1), certificate_not_after=seen.now + 90.0)
        return replace(seen, targets=(one,))

    # The package's name for the module is the function's.
    monkeypatch.setattr(sys.modules["upbit_monitor.app.once"], "status", known)
    korea = await described(wanted)
    assert korea["clock"] == {"ahead_seconds": 0.2, "give_or_take": 0.1}
    assert korea["certificate"]["seconds_left"] == pytest.approx(90.0)
