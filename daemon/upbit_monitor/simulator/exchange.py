"""The simulated exchange: one request in, one answer out, at an instant that the caller names.

A request passes, in this order: the length of its target, maintenance, the route, the block of
its scope, the quota of its group, the form of its query, its token, and the endpoint. It is
counted against the quota when it passes that, whatever becomes of it later; a refusal by the
quota is free. Then the weather has its way with the answer.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from email.utils import formatdate
from random import Random

from .answers import api_reply, remaining_req
from .endpoints import Ask, PrivateAsk, QuotationRoute, Route, find_route
from .faults import weathered
from .gateway import blocked, gateway_reply, maintenance_reply, too_many_requests
from .knobs import Knobs
from .limits import Blocks, Quotas
from .messages import Arrival, Headers, Query, Reply
from .refusals import INVALID_PARAMETER, RefusalError, exchange_refusal, quotation_refusal
from .tokens import Doorkeeper, Key, claimed_access_key
from .world import REGIONS, Scope, World

_CALM = Knobs()


class SimulatedExchange:
    """One region's exchange. Its state is its world, quotas, blocks, keys, knobs and ledger.

    `ledger` counts everything received by (method, path, status); the status is 0 where nothing
    was answered. Raises KeyError for an unknown region.
    """

    def __init__(
        self,
        region: str,
        *,
        seed: int = 0,
        keys: tuple[Key, ...] = (),
        knobs: Knobs | None = None,
    ) -> None:
        self.ledger: Counter[tuple[str, str, int]] = Counter()
        self.world = World(REGIONS[region], seed)
        self.door = Doorkeeper()
        self._knobs = knobs or Knobs()
        self._quotas = Quotas(self.world.region, self._knobs)
        self._blocks = Blocks()
        self._weather = Random(f"{region}/{seed}/weather")
        self._whims = Random(f"{region}/{seed}/headers")
        self._now = -math.inf
        for key in keys:
            self.issue(key)

    @property
    def now(self) -> float:
        """The server's clock when it last received something, in epoch seconds."""
        return self._now + self._knobs.clock_offset_seconds

    @property
    def knobs(self) -> Knobs:
        """How the knobs stand."""
        return self._knobs

    def turn(self, knobs: Knobs) -> None:
        """Turn the knobs. Who is blocked stays so; only another window forgets what it counted."""
        self._knobs = knobs
        self._quotas.turn(knobs, self._now)

    def issue(self, key: Key) -> None:
        """Make a key known, in place of one of the same name; its account comes to life."""
        self.door.issue(key)
        self.world.account(self.scope_of(key))

    def scope_of(self, key: Key) -> Scope:
        """Whose quota and money the holder of a key uses: in Korea a pocket's."""
        if self.world.region.korean:
            return ("pocket", key.account, key.pocket)
        return ("account", key.account)

    def answer(self, arrival: Arrival, now: float) -> Reply:
        """Take in a request at `now`, in epoch seconds, and answer it.

        A `now` before an earlier one counts as that one: a server's time does not run back.
        """
        self.advance(now)
        reply = self._considered(arrival, self._now)
        if reply.fault == "none":
            knobs = self._knobs if self._befalls(arrival) else _CALM
            reply = weathered(reply, knobs, self._weather, self._date)
        answered = 0 if reply.fault in {"hang", "reset"} else reply.status
        self.ledger[arrival.method, arrival.path, answered] += 1
        return reply

    def advance(self, now: float) -> None:
        """Let the world go on until `now`, as a request does when it comes."""
        self._now = max(now, self._now)
        self.world.advance(self.now, self._knobs.orders_per_minute)

    def block(self, scope: Scope, seconds: float) -> None:
        """Answer a scope with 418 for so many seconds, as if others had earned it that."""
        self._blocks.shut(scope, self._now + seconds)

    def lose(self, arrival: Arrival) -> None:
        """Note a request that came on a connection which the server was closing."""
        self.ledger[arrival.method, arrival.path, 0] += 1

    # -- the way of a request -----------------------------------------------------------------

    @property
    def _date(self) -> str:
        return formatdate(self.now, usegmt=True)

    def _considered(self, arrival: Arrival, now: float) -> Reply:
        knobs = self._knobs
        if len(arrival.target) > knobs.url_limit_bytes:
            if knobs.url_over == "reset":
                return Reply(400, Headers(), b"", fault="reset")
            return gateway_reply(int(knobs.url_over), self._date)
        if knobs.maintenance not in {"none", "offline"} and self._befalls(arrival):
            return maintenance_reply(knobs.maintenance, self._date)
        route = find_route(arrival.method, arrival.path, korean=self.world.region.korean)
        if route is None:  # never recorded; written as the Quotation area writes a 404
            return self._refused(quotation_refusal("Not Found", 404), {})
        return self._counted(route, arrival, now)

    def _befalls(self, arrival: Arrival) -> bool:
        paths = self._knobs.befallen
        return not paths or arrival.path in paths

    def _counted(self, route: Route, arrival: Arrival, now: float) -> Reply:
        scope, group = self._scope(route, arrival), self._group(route, arrival)
        penal = (*scope, group) if self._knobs.block_scope == "group" else scope
        left = self._blocks.seconds_left(penal, now)
        if left:
            return self._with_quota(blocked(self._knobs, self._date, self.now, left), scope, group)
        self._quotas.let_strangers_in(scope, group, now)
        standing = self._quotas.standing(scope, group, now)
        if not standing.left:
            self._blocks.refused(penal, now, self._knobs)
            wait = standing.law.period
            reply = too_many_requests(self._knobs, self._date, self.now, wait)
            return self._with_quota(reply, scope, group)
        self._quotas.count(scope, group, now)
        return self._with_quota(self._served(route, arrival), scope, group)

    def _served(self, route: Route, arrival: Arrival) -> Reply:
        public = isinstance(route, QuotationRoute)
        extra = {"Limit-By-Ip": "Yes"} if public else {}
        try:
            query = _asked(arrival, public=public)
            text = self._handled(route, arrival, query)
        except RefusalError as refusal:
            return self._refused(refusal, extra)
        status = 201 if arrival.method == "POST" else 200
        gzipped = public and "gzip" in arrival.headers.get("Accept-Encoding", "")
        return api_reply(status, text, self._date, extra, gzipped=gzipped)

    def _handled(self, route: Route, arrival: Arrival, query: Query) -> str:
        now, tail = self.now, arrival.path.rpartition("/")[2]
        if isinstance(route, QuotationRoute):
            ask = Ask(world=self.world, knobs=self._knobs, query=query, now=now, tail=tail)
            return route.handler(ask)
        key = self.door.admit(arrival, query.decoded, now)
        if self._knobs.key_refusal != "none":
            raise exchange_refusal(self._knobs.key_refusal)
        if route.permission is not None and route.permission not in key.permissions:
            raise exchange_refusal("out_of_scope")
        if self._knobs.maintenance == "offline":
            raise exchange_refusal("market_offline")
        account = self.world.account(self.scope_of(key))
        return route.handler(
            PrivateAsk(
                world=self.world,
                knobs=self._knobs,
                query=query,
                now=now,
                tail=tail,
                key=key,
                account=account,
                door=self.door,
            )
        )

    def _refused(self, refusal: RefusalError, extra: dict[str, str]) -> Reply:
        knobs = self._knobs
        status = refusal.status
        if refusal.name == "out_of_scope":
            status = int(knobs.out_of_scope_status)
        return api_reply(status, refusal.body(knobs.language), self._date, extra, gzipped=False)

    def _with_quota(self, reply: Reply, scope: Scope, group: str) -> Reply:
        standing = self._quotas.standing(scope, group, self._now)
        header = remaining_req(self._knobs, self._whims, reply.status, standing)
        return replace(reply, headers=Headers({**reply.headers, **header}))

    def _scope(self, route: Route, arrival: Arrival) -> Scope:
        """Whose quota a request uses, by the key that it claims; without one, its address's."""
        if isinstance(route, QuotationRoute):
            return ("ip", arrival.ip)
        key = self.door.key(claimed_access_key(arrival))
        return self.scope_of(key) if key else ("ip", arrival.ip)

    def _group(self, route: Route, arrival: Arrival) -> str:
        """The group of an endpoint; any Quotation request with an Origin shares one of its own."""
        public = isinstance(route, QuotationRoute)
        return "origin" if public and "Origin" in arrival.headers else route.group


def _asked(arrival: Arrival, *, public: bool) -> Query:
    """The parameters of a request: a POST has them in its body, all others in the target."""
    if arrival.method == "POST":
        return _from_json(arrival.body)
    if arrival.body:
        raise exchange_refusal("QUERY_PARAMETER_NOT_SUPPORTED")
    query = arrival.query
    if set(":+") & set(query.raw):  # the documents: both must be percent-encoded
        if public:
            raise quotation_refusal(INVALID_PARAMETER)
        raise exchange_refusal("invalid_parameter")
    return query


def _from_json(body: bytes) -> Query:
    """A body's members as parameters, in its order; numbers keep their text."""
    try:
        members = json.loads(body or b"{}", parse_float=str, parse_int=str)
    except ValueError:
        raise exchange_refusal("bad_request") from None
    if not isinstance(members, dict):
        raise exchange_refusal("bad_request")
    pairs = tuple(
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in members.items()
    )
    return Query("&".join(f"{name}={text}" for name, text in pairs), pairs)
