"""The limiters in force, one for each thing that the exchange counts together.

They outlive a reload: a ledger that is forgotten is a burst. With a memory, their blocks outlive
the process, and those of the processes beside it hold for it too. Targets that share a scope share
its limiter, and the smallest of their shares.
"""

from __future__ import annotations

import asyncio
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from upbit_monitor.polls import key_id
from upbit_monitor.quota import QUOTATION, RateLimiter, account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from upbit_monitor.app.blocks import Scope
    from upbit_monitor.app.memory import Memory
    from upbit_monitor.config import Credentials, Target
    from upbit_monitor.quota import Quota, Tell

_SHORT: Final = 16
"""Hex digits of a fingerprint that go into a file: enough to tell accounts apart."""


class Scopes:
    """Its state: a limiter for each scope ever used.

    ``listener`` gives for a scope whom its limiter tells of its decisions.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        listener: Callable[[Scope], Tell] | None = None,
    ) -> None:
        self._limiters: dict[tuple[str, ...], RateLimiter] = {}
        self._memory = memory
        self._listener = listener

    def open(
        self, targets: Iterable[Target], *, in_detail: bool = False
    ) -> Mapping[str, tuple[RateLimiter, ...]]:
        """Give each target its limiters: the public one, and the account's if it has a key.

        Refusals are told, and ``in_detail`` every decision.
        """
        targets = tuple(targets)
        for target in targets:
            for scope in scopes_of(target):
                if scope not in self._limiters:
                    self._limiters[scope] = self._limiter(scope, quotas_of(target, scope))
        for scope, share in shares_of(targets).items():
            self._limiters[scope].allot(share)
            if self._listener is not None:
                tell = self._listener(_remembered(scope))
                self._limiters[scope].listen(tell, to_refusals_alone=not in_detail)
        return {
            target.name: tuple(self._limiters[scope] for scope in scopes_of(target))
            for target in targets
        }

    def refresh(self) -> None:
        """Take over blocks that a process beside this one was told of. Never shortens one."""
        if self._memory is None:
            return
        now = asyncio.get_running_loop().time()
        limiters = {_remembered(scope): limiter for scope, limiter in self._limiters.items()}
        known = {scope: max(each.shut_until - now, 0.0) for scope, each in limiters.items()}
        for scope, block in self._memory.news(known).items():
            limiters[scope].restore(block)

    def _limiter(self, scope: tuple[str, ...], quotas: Mapping[str, Quota]) -> RateLimiter:
        if self._memory is None:
            return RateLimiter(quotas)
        name = _remembered(scope)
        limiter = RateLimiter(quotas, on_block=partial(self._memory.save, name))
        block = self._memory.restore(name)
        if block is not None:
            limiter.restore(block)
        return limiter


def scopes_of(target: Target) -> tuple[tuple[str, ...], ...]:
    """Name the scopes of a target: Quotation by IP and host, Exchange by account.

    An account is known only by its key. Two keys of one account are two scopes here: their
    shares add up, and each sees the other as a stranger in the header.
    """
    public = (target.base_url,)
    if target.credentials is None:
        return (public,)
    return (public, (target.base_url, _fingerprint(target.credentials)))


def shares_of(targets: Iterable[Target]) -> Mapping[tuple[str, ...], float]:
    """Give the share in force of each scope: the smallest of those who share it."""
    shares: dict[tuple[str, ...], float] = {}
    for target in targets:
        for scope in scopes_of(target):
            shares[scope] = min(target.share, shares.get(scope, 1.0))
    return shares


def key_id_of(target: Target) -> str | None:
    """Give the short hash by which people tell the key of a target, if it has one."""
    if target.credentials is None:
        return None
    return key_id(target.credentials.access_key.get_secret_value())


def _fingerprint(credentials: Credentials) -> str:
    """Tell keys apart without keeping them: this outlives the configuration they came from."""
    return sha256(credentials.access_key.get_secret_value().encode()).hexdigest()


def _remembered(scope: tuple[str, ...]) -> Scope:
    """Name a scope for the file of blocks and for the log."""
    base_url, *account = scope
    return base_url, account[0][:_SHORT] if account else ""


def quotas_of(target: Target, scope: tuple[str, ...]) -> Mapping[str, Quota]:
    """Give the documented quotas of the groups in a scope of a target."""
    return QUOTATION if scope == (target.base_url,) else account(target.region)
