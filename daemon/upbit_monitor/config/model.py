"""What the file may say: its pydantic model, made for the kinds of poll that there are."""

import dataclasses
from collections.abc import Mapping
from types import GenericAlias
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from upbit_monitor.config import addresses, durations
from upbit_monitor.config.sections import Section, Strict, one_of
from upbit_monitor.config.settings import Log, Metrics, PollKind, SecondOpinion
from upbit_monitor.exchange import REGIONS, Algorithm
from upbit_monitor.polls import Seconds


def _listen_address(text: str) -> str:
    addresses.listen_address(text)
    return text


class CredentialFiles(Strict, title="Credentials"):
    """Where the API key is."""

    access_key_file: str | None = Field(
        default=None,
        min_length=1,
        description="File that holds the access key; a relative path starts at this file's folder.",
    )
    secret_key_file: str | None = Field(
        default=None,
        min_length=1,
        description="File that holds the secret key; no other user may read it (chmod 600).",
    )
    algorithm: Algorithm = Field(default="HS512", description="How requests are signed.")


@dataclasses.dataclass(frozen=True, slots=True)
class TimeoutsSection:
    """How long one request may take."""

    connect: Seconds = dataclasses.field(
        default=Seconds(3.0),
        metadata={
            "help": "Time to get a connection: DNS, TCP and TLS.",
            "minimum": 0.05,
        },
    )
    read: Seconds = dataclasses.field(
        default=Seconds(5.0),
        metadata={"help": "Longest silence of the exchange during an answer.", "minimum": 0.05},
    )
    total: Seconds = dataclasses.field(
        default=Seconds(10.0),
        metadata={"help": "Time from sending a request to its whole answer.", "minimum": 0.05},
    )

    def __post_init__(self) -> None:
        for name, part in (("connect", self.connect), ("read", self.read)):
            if part > self.total:
                raise ValueError(
                    f"{name} ({durations.render(part)}) is longer than total "
                    f"({durations.render(self.total)}); lower {name} or raise total"
                )


class TargetEntry(Strict):
    """One region, seen with one account or with none."""

    region: str
    base_url: Annotated[str, AfterValidator(addresses.base_url)] | None = Field(
        default=None,
        description="Ask this address instead of the region's own: a simulator, a proxy.",
        examples=["http://127.0.0.1:8080"],
    )
    credentials: CredentialFiles = Field(
        default_factory=CredentialFiles,
        description="Files with the API key; the environment can give it instead.",
    )
    share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Part of each quota of the exchange that the daemon may use.",
    )
    timeouts: Annotated[TimeoutsSection, Section("Timeouts")] = Field(
        default_factory=TimeoutsSection, description="How long one request may take."
    )
    polls: Any


class WebEntry(Strict, title="Web"):
    """The pages that the daemon serves."""

    listen_address: Annotated[str, AfterValidator(_listen_address)] = Field(
        default="127.0.0.1:10931",
        description="Where the pages are served, as host:port; IPv6 stands in brackets.",
    )


class FileEntry(Strict):
    """Configuration of upbit-monitor."""

    targets: Mapping[str, TargetEntry]
    web: WebEntry = Field(default_factory=WebEntry, description="The pages served.")
    log: Annotated[Log, Section("Log")] = Field(default_factory=Log, description="What is written.")
    metrics: Annotated[Metrics, Section("Metrics")] = Field(
        default_factory=Metrics, description="How much is shown."
    )
    second_opinion: Any = None


class Polls(Strict, json_schema_extra={"minProperties": 1}):
    """The polls that run; one that is not named is off."""

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(
                f"has no poll; name at least one of {', '.join(type(self).model_fields)}"
            )
        return self

    def named(self) -> dict[str, Any]:
        """Options of the polls that the file names, in the order of the registry."""
        return {name: value for name, value in self if name in self.model_fields_set}


TARGET_NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,31}$"


def file_model(polls: Mapping[str, type[PollKind]]) -> type[FileEntry]:
    """Model of the file for these kinds of poll."""
    kinds: dict[str, Any] = {
        name: (Annotated[poll.options, Section(name)], Field(None, description=poll.summary))
        for name, poll in polls.items()
    }
    chosen = create_model("Polls", __base__=Polls, __doc__=Polls.__doc__, **kinds)
    example: dict[str, object] = {name: {} for name, poll in polls.items() if not poll.private}
    entry: dict[str, Any] = {
        "region": (one_of(REGIONS), Field(description="Korea, Singapore, Indonesia or Thailand.")),
        "polls": (chosen, Field(description=Polls.__doc__, examples=[example])),
    }
    target = create_model("Target", __base__=TargetEntry, __doc__=TargetEntry.__doc__, **entry)
    watched: dict[str, Any] = {
        "targets": (
            GenericAlias(dict, (Annotated[str, Field(pattern=TARGET_NAME)], target)),
            Field(
                min_length=1,
                description="What is watched, by name: the value of the label `target`.",
                json_schema_extra={"additionalProperties": False},
                examples=[{"korea": {"region": "kr", "polls": example}}],
            ),
        ),
        # Optional, but if it is there, it is a section: null is one without its address.
        "second_opinion": (
            Annotated[SecondOpinion, Section("SecondOpinion")],
            Field(None, description="A host that is asked beside the exchange; none by default."),
        ),
    }
    return create_model("Configuration", __base__=FileEntry, __doc__=FileEntry.__doc__, **watched)
