"""What the daemon is told to do, as frozen values. The rest of the package sees only these.

``Log``, like the options of a poll, is a section of the file as it stands: see ``sections``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from pydantic import SecretStr

from upbit_monitor.config.addresses import listen_address, remote_address
from upbit_monitor.exchange import Algorithm, Timeouts
from upbit_monitor.polls import Seconds


class PollKind(Protocol):
    """What configuration needs to know of a kind of poll."""

    summary: ClassVar[str]
    private: ClassVar[bool]
    regions: ClassVar[frozenset[str]]
    options: ClassVar[type]


class Idle(StrEnum):
    """Why a poll that is asked for is off. The value is a sentence for people."""

    NO_KEY = "it needs a key, and the target has none"
    NOT_HERE = "the region has nothing of the kind"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key. Its secrets show in no ``repr``, error or log."""

    access_key: SecretStr
    secret_key: SecretStr
    algorithm: Algorithm
    from_environment: bool = False
    """Whether it comes from the environment, where a process cannot find a new one."""


@dataclass(frozen=True, slots=True)
class Web:
    """The pages that the daemon serves."""

    listen_address: str
    """``host:port``, checked."""

    @property
    def host(self) -> str:
        """Name or address to bind, IPv6 without brackets."""
        return listen_address(self.listen_address)[0]

    @property
    def port(self) -> int:
        """Port to bind; 0 lets the system choose."""
        return listen_address(self.listen_address)[1]


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to standard output."""

    level: str = field(
        default="info",
        metadata={
            "help": "The least level that is written.",
            "choices": ("debug", "info", "warning", "error"),
        },
    )
    format: str = field(
        default="json",
        metadata={"help": "JSON for machines, console for people.", "choices": ("json", "console")},
    )
    requests: str = field(
        default="debug",
        metadata={
            "help": "Level of the line that each successful request writes.",
            "choices": ("debug", "info"),
        },
    )


@dataclass(frozen=True, slots=True)
class Metrics:
    """How much is shown."""

    series_cap: int = field(
        default=1000,
        metadata={
            "help": "Series that one gauge may have for one target. What is more is left out, "
            "counted in upbit_monitor_series_limit_hits_total, and told once in the log "
            "(series_cut). Counters and histograms have no cap.",
            "minimum": 1,
            "maximum": 100_000,
        },
    )


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """A host beside the exchange, by which an outage of the exchange is told from one of ours."""

    address: str = field(
        metadata={
            "help": "Host to connect to, as host:port. A connection is opened and closed, and "
            "nothing is sent. No host of the exchange.",
        },
    )
    every: Seconds = field(
        default=Seconds(15.0),
        metadata={"help": "Time between two connections.", "minimum": 1.0},
    )
    timeout: Seconds = field(
        default=Seconds(3.0),
        metadata={"help": "Time to resolve the name and to connect.", "minimum": 0.05},
    )

    def __post_init__(self) -> None:
        try:
            remote_address(self.address)
        except ValueError as error:
            raise ValueError(f"address {error}") from error
        if self.timeout > self.every:
            raise ValueError("timeout is longer than every; lower timeout or raise every")

    @property
    def host(self) -> str:
        """Name or address to connect to, IPv6 without brackets."""
        return remote_address(self.address)[0]

    @property
    def port(self) -> int:
        """Port to connect to."""
        return remote_address(self.address)[1]


@dataclass(frozen=True, slots=True)
class Target:
    """One region of the exchange, seen with one account or with none."""

    name: str
    """Value of the label ``target``."""
    region: str
    """Name of a region: a key of ``exchange.REGIONS``."""
    base_url: str
    """``scheme://host`` or ``scheme://host:port``, no slash at the end."""
    credentials: Credentials | None
    share: float
    """Part of each quota that the daemon may use: above 0, at most 1."""
    timeouts: Timeouts
    polls: Mapping[str, Any]
    """Options of each active poll: an instance of the poll's own dataclass."""
    idle: Mapping[str, Idle] = field(default_factory=dict)
    """Polls that are asked for but off, and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. Equal settings are equal values, secrets included."""

    targets: Mapping[str, Target]
    web: Web
    log: Log
    metrics: Metrics = Metrics()
    second_opinion: SecondOpinion | None = None
