"""Every poll that is listed, in every region, over real HTTP against the simulated exchange.

A new poll is tried here by its line in ``POLLS``; the simulator must know its endpoints.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import FakeBoard, FakeLog
from upbit_monitor.errors import Mistaken
from upbit_monitor.exchange import REGIONS, ExchangeClient, HttpTransport, TokenSigner
from upbit_monitor.polls import POLLS, Context, Listing, key_id
from upbit_monitor.polls.candles import UNITS, Candles
from upbit_monitor.polls.markets import CAUTION, CAUTIONED
from upbit_monitor.quota import QUOTATION, RateLimiter, account
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange, SimulatorServer
from upbit_monitor.simulator.tokens import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_monitor.polls import Poll

KEY = Key(
    access="access-key-of-the-tests", secret="secret-of-the-tests-" * 4, expires_at=4_000_000_000
)
ONLY_KOREA = {CAUTIONED, CAUTION}
CHOSEN: dict[str, dict[str, Any]] = {
    "accounts": {"currencies": ("BTC",)},
    # Two: one of the simulated wallets rests at any time, and its chain is not told of.
    "wallet_status": {"watch": ("BTC", "ETH")},
}
"""Options that are not a list of markets."""
EXACT = {"order_chance"}
"""Polls whose list of markets has no patterns."""
EVERYWHERE = [(name, region) for name, poll in POLLS.items() for region in sorted(poll.regions)]


def options(poll: type[Poll[Any]], region: str) -> Iterable[Any]:
    """Give the options by which a poll may ask differently."""
    fields = {field.name for field in dataclasses.fields(poll.options)}
    yield poll.options()
    money = REGIONS[region].quotes[0]
    if "quotes" in fields:
        yield poll.options(quotes=(money, "BTC"))
    if poll.name in CHOSEN:
        yield poll.options(**CHOSEN[poll.name])
    elif "watch" in fields:
        if poll.name not in EXACT:
            yield poll.options(watch=(f"{money}-BT?",))
        yield poll.options(watch=(f"{money}-BTC",))
    if poll is Candles:
        for unit in UNITS:
            yield poll.options(unit=unit)


@dataclasses.dataclass
class Place:
    """Where a poll meets the simulated exchange."""

    exchange: SimulatedExchange
    board: FakeBoard = dataclasses.field(default_factory=FakeBoard)
    log: FakeLog = dataclasses.field(default_factory=FakeLog)

    async def run(self, name: str, region: str, *given: Any) -> None:  # noqa: ANN401 -- options
        async with SimulatorServer(self.exchange) as server, HttpTransport(server.url) as transport:
            client = ExchangeClient(
                target="target",
                poll=name,
                transport=transport,
                public=RateLimiter(QUOTATION),
                account=RateLimiter(account(region)),
                signer=TokenSigner(KEY.access, KEY.secret),
            )
            for options in given:
                context = Context(
                    target="target",
                    poll=name,
                    region=REGIONS[region],
                    board=self.board,
                    log=self.log,
                    listing=Listing(time.time),
                    key_id=key_id(KEY.access),
                )
                await POLLS[name](context, options).run(client)


@pytest.mark.parametrize(("name", "region"), EVERYWHERE)
async def test_a_poll_works_over_http(name: str, region: str) -> None:
    poll = POLLS[name]
    exchange = SimulatedExchange(region, seed=1, keys=(KEY,), knobs=Knobs(orders_per_minute=60))
    place = Place(exchange)
    await place.run(name, region, *options(poll, region))
    board, log = place.board, place.log
    assert exchange.ledger.keys() == {("GET", end.path, 200) for end in poll.endpoints}
    for family in poll.families:
        if region == "kr" or family not in ONLY_KOREA:
            suffix = "_count" if family.kind == "histogram" else ""
            assert board.series(family.name + suffix, *family.labels), family.name
    assert log.lines == []


PRIVATE = [name for name, poll in POLLS.items() if poll.private]


def permissions(name: str) -> frozenset[str]:
    """Give what a poll says that it needs, as the simulator spells it."""
    needed = POLLS[name].permission
    return frozenset({needed.lower().replace(" ", "_")} if needed else ())


@pytest.mark.parametrize("name", PRIVATE)
async def test_a_private_poll_needs_the_permission_that_it_names_and_no_other(name: str) -> None:
    key = dataclasses.replace(KEY, permissions=permissions(name))
    exchange = SimulatedExchange("kr", seed=1, keys=(key,))
    await Place(exchange).run(name, "kr", POLLS[name].options())
    assert {status for _, _, status in exchange.ledger} == {200}


@pytest.mark.parametrize("name", [name for name in PRIVATE if permissions(name)])
async def test_without_its_permission_a_private_poll_is_out_of_scope(name: str) -> None:
    key = dataclasses.replace(KEY, permissions=PERMISSIONS - permissions(name))
    exchange = SimulatedExchange("kr", seed=1, keys=(key,))
    with pytest.raises(Mistaken) as caught:
        await Place(exchange).run(name, "kr", POLLS[name].options())
    assert caught.value.name == "out_of_scope"
