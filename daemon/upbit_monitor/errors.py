"""What can go wrong, sorted by what to do about it.

    MonitorError
    ├── ConfigError          a person must mend the configuration; the daemon does not start
    └── ExchangeError        one question to the exchange got no usable answer
        ├── Withheld         our limiter did not let the request go
        ├── Unreachable      no whole answer came: time-out, DNS, connection, TLS
        ├── Unreadable       an answer came that is not what the endpoint promises
        └── Refused          the exchange answered with an error status
            ├── Throttled    429: too many requests
            ├── Blocked      418: the IP or the account is locked out for a while
            ├── Maintenance  the exchange says that it is closed for now
            ├── Broken       5xx and their like: a fault of the exchange
            └── Mistaken     any other 4xx: only a person can mend it

Foreign exceptions are turned into these once, at the border: aiohttp's in
``exchange.transport``, msgspec's in ``exchange.endpoint``, pydantic's in ``config``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


class MonitorError(Exception):
    """The root: everything that this daemon raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in what a person wrote: where, what, and how to mend it."""

    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Render as one line, ready for a terminal."""
        return f"{self.place}: {self.what}; {self.remedy}"


class ConfigError(MonitorError):
    """The configuration cannot be used. Its text has one line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class ExchangeError(MonitorError):
    """A question to the exchange got no usable answer.

    ``reason`` is the value of the label ``reason`` of ``upbit_api_failures_total``. ``told``: the
    record of an attempt has told of it. What a limiter withheld, or a poll found wrong in a good
    answer, no attempt tells.
    """

    reason: str = "payload"
    told: bool = False


class Withheld(ExchangeError):
    """The limiter did not let the request go: nothing was sent.

    ``reason`` is ``deadline`` (no free slot in time) or ``blocked`` (a 418 or 429 holds it back).
    ``why``: what a person is told of it.
    """

    def __init__(self, reason: str, group: str, seconds: float, why: str = "") -> None:
        cause = f": {why}" if why else ""
        super().__init__(f"group {group}: no request may leave for another {seconds:.1f} s{cause}")
        self.reason = reason
        self.group = group
        self.seconds = seconds


class Unreachable(ExchangeError):
    """No whole answer came. ``reason``: timeout, dns, connect, tls, disconnect."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Unreadable(ExchangeError):
    """The answer is not what the endpoint promises: not JSON, another shape, too large."""

    reason = "payload"


_REMEDIES: Final = {
    "invalid_access_key": "no such key here: check the access key, and that it is of this region",
    "jwt_verification": "the signature is wrong: check the secret key",
    "expired_access_key": "a key lives for a year: make a new one",
    "no_authorization_ip": "bind the key to the address that the daemon leaves from",
    "out_of_scope": "the key lacks the permission that this needs",
    "thirdparty_agreement_required": "give the consent that the exchange's site asks for",
    "market_offline": "maintenance: it passes by itself",
}
"""What a person can do, in words that do not depend on the exchange's language."""


class Refused(ExchangeError):
    """The exchange answered with an error status. ``name`` and ``message`` are its own words."""

    reason = "http_4xx"

    def __init__(self, status: int, name: str | None, message: str) -> None:
        remedy = _REMEDIES.get(name or "")
        hint = f" ({remedy})" if remedy else ""
        super().__init__(f"{status}{f' {name}' if name else ''}: {message or 'no message'}{hint}")
        self.status = status
        self.name = name
        self.message = message


class Throttled(Refused):
    """429."""

    reason = "throttled"


class Blocked(Refused):
    """418."""

    reason = "blocked"


class Maintenance(Refused):
    """403 ``market_offline``: closed, and open again without our doing."""


class Broken(Refused):
    """A fault of the exchange (5xx), or a status that is worth asking again (408, 409)."""

    reason = "http_5xx"


class Mistaken(Refused):
    """Any other 4xx (and a redirect): asking again the same way cannot help."""


# Docs of the exchange: `nonce_used` is a replay. We never replay, so the next nonce is good.
_WEATHER_NAMES: Final = frozenset({"nonce_used"})
_WEATHER_STATUSES: Final = frozenset({408, 409, 425})
_SERVER_FAULT: Final = 500


def refusal(status: int, name: str | None, message: str) -> Refused:
    """Give the error that an answer with this status (not 2xx) and error body is."""
    kind: type[Refused]
    if status == 429:  # noqa: PLR2004 -- the number is the name
        kind = Throttled
    elif status == 418:  # noqa: PLR2004 -- the number is the name
        kind = Blocked
    elif name == "market_offline":
        kind = Maintenance
    elif status >= _SERVER_FAULT or status in _WEATHER_STATUSES:
        kind = Broken
    else:
        kind = Mistaken
    return kind(status, name, message)


class Verdict(Enum):
    """What a failure means for the cadence of a poll."""

    WAIT = "wait"
    """The limiter's matter: it holds the next request back by itself."""
    RETRY = "retry"
    """Weather: come back, ever less often while it lasts."""
    PARK = "park"
    """A person must act: stop, and look only rarely whether somebody has."""


def verdict(error: ExchangeError) -> Verdict:
    """Judge a failure. Nothing else in the daemon does."""
    match error:
        case Withheld() | Throttled() | Blocked():
            return Verdict.WAIT
        case Mistaken() if error.name not in _WEATHER_NAMES:
            return Verdict.PARK
        case _:
            return Verdict.RETRY
