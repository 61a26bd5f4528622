"""Every poll that is listed, in every region, over real HTTP against the simulated exchange.

A new poll is tried here by its line in ``POLLS``; the simulator must know its endpoints.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import FakeBoard, FakeLog
from upbit_monitor.exchange import REGIONS, ExchangeClient, HttpTransport, TokenSigner
from upbit_monitor.polls import POLLS, Context, Listing, key_id
from upbit_monitor.polls.candles import UNITS, Candles
from upbit_monitor.polls.markets import CAUTIONED
from upbit_monitor.quota import QUOTATION, RateLimiter, account
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_monitor.polls import Poll

KEY = Key(access="access-key-of-the-tests", secret="secret-of-the-tests-" * 4)
ONLY_KOREA = {CAUTIONED}


def options(poll: type[Poll[Any]], region: str) -> Iterable[Any]:
    """Give the options by which a poll may ask differently."""
    fields = {field.name for field in dataclasses.fields(poll.options)}
    yield poll.options()
    if "watch" in fields:
        yield poll.options(watch=(f"{REGIONS[region].quotes[0]}-BTC",))
    if poll is Candles:
        for unit in UNITS:
            yield poll.options(unit=unit)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", POLLS)
async def test_a_poll_works_over_http(name: str, region: str) -> None:
    poll, board, log = POLLS[name], FakeBoard(), FakeLog()
    exchange = SimulatedExchange(region, seed=1, keys=(KEY,), knobs=Knobs(orders_per_minute=60))
    async with SimulatorServer(exchange) as server, HttpTransport(server.url) as transport:
        client = ExchangeClient(
            target="target",
            poll=name,
            transport=transport,
            public=RateLimiter(QUOTATION),
            account=RateLimiter(account(region)),
            signer=TokenSigner(KEY.access, KEY.secret),
        )
        for given in options(poll, region):
            context = Context(
                target="target",
                poll=name,
                region=REGIONS[region],
                board=board,
                log=log,
                listing=Listing(time.time),
                key_id=key_id(KEY.access),
            )
            await poll(context, given).run(client)
    assert exchange.ledger.keys() == {("GET", end.path, 200) for end in poll.endpoints}
    for family in poll.families:
        if region == "kr" or family not in ONLY_KOREA:
            suffix = "_count" if family.kind == "histogram" else ""
            assert board.series(family.name + suffix, *family.labels), family.name
    assert log.lines == []
