"""What nobody outside the exchange knows, as settings that can be turned while it runs.

Upbit's documents, captures and clients contradict each other or say nothing about the points
below. Each is a knob; its default is what the best evidence says. A client is right when it is
right under every position of every knob.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from .knob import knob, per_group
from .laws import LAWS

_FLOORS = {"clock_offset_seconds": -math.inf, "strangers_burst": 1, "url_limit_bytes": 1}


class KnobError(ValueError):
    """A knob does not exist or cannot stand as asked. The message names the knob."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """One position of every knob. Rates are the share of requests, 0 to 1.

    Groups are named as on the wire (`market`, `candles`, `crix-trades`, `order-test`, …). The help
    of each is in its metadata: `manual` prints it.
    Raises KnobError for a position that makes no sense.
    """

    # -- quota --------------------------------------------------------------------------------
    window: Literal["anchored", "calendar", "sliding", "bucket"] = knob(
        "anchored",
        "What the exchange counts in: periods from the first request on, calendar seconds, any "
        "second that slides, or a bucket that refills.",
    )
    clock_offset_seconds: float = knob(
        0.0, "The exchange's clock minus true time; it moves calendar seconds too."
    )
    limits: Mapping[str, int] = per_group(
        "Requests a period that a group allows, in place of the documented ones."
    )
    group_names: Literal["wire", "docs", "prefixed", "renamed"] = knob(
        "wire", "How `Remaining-Req` calls the groups."
    )
    strangers: Mapping[str, float] = per_group("Requests a second that others send in a group.")
    strangers_burst: int = knob(1, "How many of them come at once.")

    # -- refusals -----------------------------------------------------------------------------
    refusal_body: Literal["text", "json_int", "json_name", "empty", "html"] = knob(
        "text", "What a 429 has as its body."
    )
    retry_after: Literal["none", "seconds", "date"] = knob(
        "none", "Whether a refusal says when to come back, and how."
    )
    block_after_refusals: int = knob(10, "429s that bring a 418; 0: it never comes.")
    block_within_seconds: float = knob(10.0, "The time within which they count together.")
    block_seconds: float = knob(60.0, "How long the first 418 lasts.")
    block_growth: float = knob(2.0, "Each further block is so many times longer.")
    block_scope: Literal["scope", "group"] = knob(
        "scope", "Whether a 418 shuts all that is counted together, or one group."
    )
    block_message: Literal["header", "text", "korean", "json", "silent"] = knob(
        "text", "Where a 418 tells its length, if at all."
    )

    # -- the Remaining-Req header -------------------------------------------------------------
    remaining_on: frozenset[str] = knob(
        frozenset({"2xx", "400", "401", "403", "404", "429"}),
        "The answers that carry `Remaining-Req`, by status.",
    )
    remaining_form: Literal["normal", "missing", "malformed", "unexpected"] = knob(
        "normal", "What becomes of that header."
    )

    # -- answers ------------------------------------------------------------------------------
    maintenance: Literal[
        "none", "offline", "500", "503_html", "200_html", "hang", "reset_mid_body"
    ] = knob("none", "How the exchange is closed, if it is.")
    key_refusal: Literal[
        "none",
        "no_authorization_token",
        "invalid_query_payload",
        "nonce_used",
        "thirdparty_agreement_required",
    ] = knob("none", "What every signed request is refused with, however good its token is.")
    language: Literal["ko", "en"] = knob(
        "ko", "The language of error messages of the Exchange API."
    )
    out_of_scope_status: Literal["401", "403"] = knob(
        "401", "The status for a key that lacks a permission."
    )
    global_datetime: Literal["naive", "offset"] = knob(
        "naive", "Whether times of the Exchange API outside Korea have an offset."
    )
    null_fields: bool = knob(
        default=False,
        text="Whether the 52-week fields of every tenth market are null, and the time of a ticker "
        "that has never traded.",
    )
    new_listing: Literal["nulls", "empty"] = knob(
        "nulls", "What the ticker of a market that never traded is."
    )
    unknown_code: Literal["fail", "skip"] = knob(
        "fail", "What one bad code in a list of codes does: the whole fails, or it is left out."
    )
    url_limit_bytes: int = knob(8000, "The longest URL that is read.")
    url_over: Literal["414", "400", "reset"] = knob("414", "What a longer one gets.")
    orders_per_minute: float = knob(
        4.0, "Orders that the owner of each account places by other means."
    )

    # -- weather ------------------------------------------------------------------------------
    befallen: frozenset[str] = knob(
        frozenset(),
        "The paths, such as /v1/ticker, that the weather and a closed exchange befall; all, if "
        "none is named.",
    )
    latency_ms: float = knob(0.0, "The median time of an answer; lognormal.")
    latency_sigma: float = knob(0.3, "How widely it is spread.")
    spike_rate: float = knob(0.0, "How many answers come late.")
    spike_ms: float = knob(400.0, "How much later they come.")
    hang_rate: float = knob(0.0, "How many answers never come.")
    reset_rate: float = knob(0.0, "How many connections are reset before an answer.")
    reset_mid_body_rate: float = knob(0.0, "How many are reset in the middle of one.")
    drop_keepalive_rate: float = knob(0.0, "How many are closed after one, without a word.")
    garbage_rate: float = knob(0.0, "How many answers are no JSON.")
    truncate_rate: float = knob(0.0, "How many answers end too soon, as if they were whole.")
    server_error_rate: float = knob(0.0, "How many answers are a 5xx of the gateway.")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            floor = _FLOORS.get(each.name, 0.0)
            if isinstance(value, int | float) and not (math.isfinite(value) and value >= floor):
                raise KnobError(f"{each.name}={value}: must be a number of at least {floor}")
            if each.name.endswith("_rate") and value > 1:
                raise KnobError(f"{each.name}={value}: a rate lies between 0 and 1")
        for status in self.remaining_on:
            if not re.fullmatch(r"[1-5](xx|\d\d)", status):
                raise KnobError(f"remaining_on={status}: must be a list like 2xx,429")
        for path in self.befallen:
            if not path.startswith("/"):
                raise KnobError(f"befallen={path}: must be a list of paths like /v1/ticker")
        self._check_groups("limits", self.limits, above=1)
        self._check_groups("strangers", self.strangers, above=0)

    @staticmethod
    def _check_groups(name: str, numbers: Mapping[str, float], *, above: int) -> None:
        for group, number in numbers.items():
            if group not in LAWS:
                raise KnobError(f"{name}: no group {group!r}{_nearest(group, LAWS)}")
            if not (math.isfinite(number) and number >= above):
                raise KnobError(f"{name}={group}:{number}: must be at least {above}")

    def turned(self, settings: Mapping[str, str]) -> Knobs:
        """These knobs with some turned to a position written as text.

        Mappings are written `order:12,default:10`, sets `2xx,429`.
        Raises KnobError naming the knob, and for an unknown one its nearest neighbour.
        """
        values: dict[str, Any] = {name: _read(name, text) for name, text in settings.items()}
        return replace(self, **values)

    def texts(self) -> dict[str, str]:
        """Every knob as the text that `turned` reads back."""
        return {each.name: _write(getattr(self, each.name)) for each in fields(self)}


def parse_knobs(settings: tuple[str, ...], knobs: Knobs | None = None) -> Knobs:
    """`knobs` (default: the default ones) turned by texts of the form `name=value`.

    Raises KnobError.
    """
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise KnobError(f"{setting!r}: a knob is turned by name=value")
        pairs[name.strip()] = value.strip()
    return (knobs or Knobs()).turned(pairs)


@cache
def kinds() -> dict[str, Any]:
    """Give the type of each knob."""
    return get_type_hints(Knobs)


def _read(name: str, text: str) -> object:
    hints = kinds()
    if name not in hints:
        raise KnobError(f"no knob {name!r}{_nearest(name, hints)}")
    try:
        return _value(hints[name], text)
    except ValueError as error:
        raise KnobError(f"{name}={text}: {error}") from None


def _value(kind: object, text: str) -> object:
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"must be one of {', '.join(get_args(kind))}")
        return text
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            raise ValueError("must be true or false")
        return text.lower() == "true"
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(kind) is frozenset:
        return frozenset(parts)
    if get_origin(kind) is Mapping:
        number = get_args(kind)[1]
        return {group.strip(): number(count) for group, _, count in _pairs(parts)}
    return int(text) if kind is int else float(text)


def _pairs(parts: list[str]) -> list[tuple[str, str, str]]:
    if any(":" not in part for part in parts):
        raise ValueError("must be a list like order:12,default:10")
    return [part.partition(":") for part in parts]


def _write(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case frozenset():
            return ",".join(sorted(value))
        case Mapping():
            return ",".join(f"{group}:{number}" for group, number in value.items())
        case _:
            return str(value)


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
