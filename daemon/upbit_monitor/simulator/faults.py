"""Bad weather by seeded dice: slow answers, dead connections, and bodies that are not answers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from .gateway import gateway_reply

if TYPE_CHECKING:
    from random import Random

    from .knobs import Knobs
    from .messages import Reply

_SERVER_ERRORS = (500, 502, 503, 504)


def weathered(reply: Reply, knobs: Knobs, dice: Random, date: str) -> Reply:
    """The same answer after a trip through the weather that the knobs ask for.

    The dice are thrown equally often in every weather, so that one knob does not change what
    befalls a request because of another.
    """
    latency = knobs.latency_ms * math.exp(knobs.latency_sigma * dice.gauss(0, 1))
    spike = knobs.spike_ms if dice.random() < knobs.spike_rate else 0.0
    lot, detail = dice.random(), dice.random()
    reply = replace(reply, delay_seconds=(latency + spike) / 1000)
    return _befallen(reply, _mishap(knobs, lot), detail, date)


def _mishap(knobs: Knobs, lot: float) -> str | None:
    for name in (
        "hang",
        "reset",
        "reset_mid_body",
        "drop_keepalive",
        "garbage",
        "truncate",
        "server_error",
    ):
        rate: float = getattr(knobs, f"{name}_rate")
        if lot < rate:
            return name
        lot -= rate
    return None


def _befallen(reply: Reply, mishap: str | None, detail: float, date: str) -> Reply:
    match mishap:
        case "hang" | "reset" | "reset_mid_body" | "drop_keepalive":
            return replace(reply, fault=mishap)
        case "garbage":
            return replace(reply, body=b"\x00\xff<!oops" + reply.body[1:7])
        case "truncate":
            return replace(reply, body=reply.body[: int(detail * len(reply.body))])
        case "server_error":
            status = _SERVER_ERRORS[int(detail * len(_SERVER_ERRORS))]
            return replace(gateway_reply(status, date), delay_seconds=reply.delay_seconds)
        case _:
            return reply
