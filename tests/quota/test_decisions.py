"""What a limiter tells of its decisions, and of what it hears."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.quota.callers import (
    Caller,
    blocked,
    departed,
    in_the_instant_after,
    settled,
    throttled,
    well,
)
from tests.virtual import in_virtual_time
from upbit_monitor.quota import BlockState, Decision, Kind, Quota, RateLimiter, Remaining

if TYPE_CHECKING:
    from tests.quota.callers import Deed


@dataclass
class Desk:
    """A limiter with a listener. Its state: all that it was told."""

    share: float = 1.0
    limit: int = 10
    heard: list[Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        quotas = {"ticker": Quota(self.limit), "market": Quota(self.limit)}
        self.limiter = RateLimiter(
            quotas, share=self.share, dice=lambda: 0.0, tell=self.heard.append
        )

    @property
    def kinds(self) -> list[str]:
        return [decision.kind.value for decision in self.heard]

    async def ask(self, *deeds: Deed, group: str = "ticker", patience: float = math.inf) -> Caller:
        """Let one ask, and end with these deeds."""
        caller = Caller(self.limiter, group, patience=patience)
        caller.end(*deeds)
        await settled()
        return caller

    async def known(self) -> None:
        """Let a probe come back well, and its slot come free; forget that it was told."""
        await self.ask(well(9, 10))
        await asyncio.sleep(5)
        self.heard.clear()


@in_virtual_time
async def test_the_first_request_goes_at_once_as_a_probe() -> None:
    desk = Desk()
    await asyncio.sleep(3)
    await desk.ask(departed)
    granted, *_ = desk.heard
    assert (granted.kind, granted.at, granted.state.group) == (Kind.GRANTED, 3.0, "ticker")
    assert (granted.waited, granted.why, granted.ahead, granted.probe) == (0.0, "", 0, True)
    assert (granted.state.held, granted.state.budget, granted.left) == (1, 10, None)


@in_virtual_time
async def test_once_the_group_is_known_a_request_is_no_probe() -> None:
    desk = Desk()
    await desk.known()
    await desk.ask(well(9, 10))
    assert desk.kinds == ["granted", "answered"]
    assert not desk.heard[0].probe


@in_virtual_time
async def test_one_who_waited_tells_how_long_and_why_and_behind_how_many() -> None:
    desk = Desk()
    await desk.known()
    asked = asyncio.get_running_loop().time()
    for _ in range(6):
        Caller(desk.limiter).end(departed)
    await asyncio.sleep(1)
    granted = [decision for decision in desk.heard if decision.kind is Kind.GRANTED]
    at_once = [decision for decision in granted if not decision.waited]
    later = granted[len(at_once) :]
    assert [decision.why for decision in at_once] == [""] * len(at_once)
    assert [decision.ahead for decision in later] == [*range(len(later))]
    for decision in later:
        assert decision.why == "spaced from the last request"
        assert decision.waited == decision.at - asked > 0


@in_virtual_time
async def test_those_who_wait_for_a_probe_say_so() -> None:
    desk = Desk()
    probe, _ = Caller(desk.limiter), Caller(desk.limiter)
    await settled()
    probe.end(well())
    await asyncio.sleep(1)
    granted = [decision for decision in desk.heard if decision.kind is Kind.GRANTED]
    assert [decision.why for decision in granted] == ["", "a probe is under way"]


@pytest.mark.parametrize(
    ("deeds", "end"),
    [
        ((well(9, 10),), Kind.ANSWERED),
        ((well(),), Kind.ANSWERED),
        ((throttled(),), Kind.REFUSED),
        ((blocked(),), Kind.BLOCKED),
        ((departed,), Kind.LOST),
        ((), Kind.UNSENT),
    ],
    ids=lambda each: str(each) if isinstance(each, Kind) else "",
)
@in_virtual_time
async def test_what_was_granted_has_one_end(deeds: tuple[Deed, ...], end: Kind) -> None:
    desk = Desk()
    await desk.ask(*deeds)
    assert desk.kinds == ["granted", end.value]


@in_virtual_time
async def test_an_answer_tells_what_its_header_leaves() -> None:
    desk = Desk()
    await desk.ask(well(7, 8))
    answered = desk.heard[-1]
    assert (answered.left, answered.called, answered.state.limit) == (7, "ticker", 8)


@in_virtual_time
async def test_an_answer_without_a_header_tells_nothing_of_what_is_left() -> None:
    desk = Desk()
    await desk.known()
    await desk.ask(well())
    answered = desk.heard[-1]
    assert (answered.left, answered.called, answered.state.remaining) == (None, None, 9)


@in_virtual_time
async def test_of_a_header_that_is_not_believed_only_the_name_is_told() -> None:
    desk = Desk()
    for name in ("ticker", "order"):
        async with desk.limiter.permit("ticker") as permit:
            permit.departed()
            permit.settle(Remaining(name, 9, 10))
        await asyncio.sleep(1)
    answered = desk.heard[-1]
    assert (answered.left, answered.called) == (None, "order")


@in_virtual_time
async def test_one_whose_patience_ends_tells_how_long_it_waited_and_for_what() -> None:
    desk = Desk()
    holder = Caller(desk.limiter)
    await settled()
    await desk.ask(patience=0.5)
    await asyncio.sleep(1)
    (withheld,) = (decision for decision in desk.heard if decision.kind is Kind.WITHHELD)
    assert (withheld.at, withheld.waited, withheld.why) == (0.5, 0.5, "a probe is under way")
    holder.end()


@in_virtual_time
async def test_one_who_cannot_outwait_a_refusal_tells_so() -> None:
    desk = Desk()
    await desk.ask(throttled(30.0))
    await desk.ask(patience=5.0)
    withheld = desk.heard[-1]
    assert (withheld.kind, withheld.waited, withheld.why) == (
        Kind.WITHHELD, 0.0, "the exchange has refused us (429)",
    )  # fmt: skip
    assert withheld.state.shut_for == 30.0


@in_virtual_time
async def test_one_who_cannot_outwait_a_block_tells_so_in_every_group() -> None:
    desk = Desk()
    await desk.ask(blocked(60.0))
    await desk.ask(patience=5.0, group="market")
    withheld = desk.heard[-1]
    assert (withheld.state.group, withheld.why) == ("market", "the exchange has blocked us (418)")


@in_virtual_time
async def test_one_that_is_shut_out_while_it_connects_is_withheld_and_was_never_sent() -> None:
    desk = Desk()
    await desk.known()
    connecting = Caller(desk.limiter)
    await asyncio.sleep(1)
    await desk.ask(throttled())
    desk.heard.clear()
    connecting.end(departed)
    await settled()
    assert desk.kinds == ["withheld", "unsent"]


@in_virtual_time
async def test_a_refusal_alone_is_unexplained_and_tells_the_ledger() -> None:
    desk = Desk(share=0.5)
    await desk.known()
    for _ in range(3):
        await desk.ask(departed)
        await asyncio.sleep(0.25)
    await desk.ask(throttled(3.0))
    refused = desk.heard[-1]
    assert (refused.kind, refused.cause) == (Kind.REFUSED, "unexplained")
    assert (refused.state.held, refused.state.foreign) == (4, 0)
    assert (refused.state.expected, refused.state.pace) == (0.0, math.inf)
    assert refused.state.shut_for == 3.0


@in_virtual_time
async def test_a_refusal_in_company_may_be_the_strangers_doing() -> None:
    desk = Desk()
    await desk.known()
    await desk.ask(well(2, 10))
    await asyncio.sleep(2)
    await desk.ask(throttled())
    refused = desk.heard[-1]
    assert (refused.kind, refused.cause) == (Kind.REFUSED, "strangers")
    assert refused.state.foreign > 0
    assert refused.state.expected > 0
    assert refused.state.pace < math.inf


@in_virtual_time
async def test_a_refusal_is_no_proof_of_strangers_for_the_next_one() -> None:
    desk = Desk()
    await desk.known()
    for _ in range(2):
        await desk.ask(throttled())
        await asyncio.sleep(5)
    refused = [each for each in desk.heard if each.kind is Kind.REFUSED]
    assert [each.cause for each in refused] == ["unexplained"] * 2


@in_virtual_time
async def test_a_refusal_tells_what_its_own_header_leaves() -> None:
    desk = Desk()
    await desk.ask(lambda permit: permit.correct(Remaining("ticker", 0, 10)), throttled())
    assert (desk.heard[-1].left, desk.heard[-1].state.remaining) == (0, 0)


@in_virtual_time
async def test_a_block_tells_for_how_long_everything_is_shut() -> None:
    desk = Desk()
    await desk.ask(blocked(100.0))
    assert (desk.heard[-1].kind, desk.heard[-1].state.shut_for) == (Kind.BLOCKED, 105.0)


@in_virtual_time
async def test_after_a_block_one_goes_as_a_probe_and_others_say_that_they_wait_for_it() -> None:
    desk = Desk()
    await desk.known()
    await desk.ask(blocked(10.0))
    await asyncio.sleep(15)
    desk.heard.clear()
    probe, other = Caller(desk.limiter, "market"), Caller(desk.limiter, "ticker")
    await settled()
    assert [(each.state.group, each.probe) for each in desk.heard] == [("market", True)]
    probe.end(well())
    other.end(well())
    await asyncio.sleep(1)
    (granted,) = (each for each in desk.heard[1:] if each.kind is Kind.GRANTED)
    assert granted.why == "a probe after a block is under way"


@in_virtual_time
async def test_a_grant_that_a_refusal_overtakes_is_told_once_when_it_holds() -> None:
    desk = Desk(limit=1)
    await desk.known()
    began = asyncio.get_running_loop().time()
    await desk.ask(well())
    waiter = Caller(desk.limiter)
    # In the instant in which its slot comes free, and before it has woken.
    in_the_instant_after(began + 1.0, lambda: desk.limiter.restore(BlockState(2.0, 1)))
    await asyncio.sleep(5)
    assert waiter.granted_at == began + 3.0
    granted = [decision for decision in desk.heard if decision.kind is Kind.GRANTED]
    assert [decision.at for decision in granted] == [began, began + 3.0]


@in_virtual_time
async def test_refusals_alone_are_told_if_asked() -> None:
    desk = Desk()
    desk.limiter.listen(desk.heard.append, to_refusals_alone=True)
    for deeds in ((well(),), (departed,), (throttled(),)):
        await desk.ask(*deeds)
        await asyncio.sleep(5)
    await desk.ask(blocked(10.0))
    await desk.ask(patience=1.0)
    assert desk.kinds == ["refused", "blocked"]


@in_virtual_time
async def test_nothing_is_told_to_who_listens_no_more() -> None:
    desk = Desk()
    desk.limiter.listen(None)
    await desk.ask(well())
    await desk.ask(throttled())
    assert desk.heard == []


@in_virtual_time
async def test_a_group_that_nobody_knew_is_told_of_too() -> None:
    desk = Desk()
    await desk.ask(well(), group="unheard-of")
    assert [decision.state.group for decision in desk.heard] == ["unheard-of"] * 2


@in_virtual_time
async def test_every_request_is_granted_or_withheld_and_every_grant_ends() -> None:
    desk = Desk()
    for number in range(60):
        deeds = [(well(),), (departed,), (), (throttled(),), (well(3, 10),)][number % 5]
        Caller(desk.limiter, patience=(math.inf, 0.3)[number % 2]).end(*deeds)
        await asyncio.sleep(0.01 * (number % 7))
    await asyncio.sleep(1000)
    kinds = desk.kinds
    withheld, granted = kinds.count("withheld"), kinds.count("granted")
    ends = sum(kinds.count(kind) for kind in ("answered", "refused", "lost", "unsent"))
    assert granted + withheld == 60
    assert ends == granted
    assert 0 < withheld < 60
