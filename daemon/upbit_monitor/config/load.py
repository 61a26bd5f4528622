"""The road from a file to settings: read, check, find the keys, tell everything wrong at once."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from upbit_monitor.config.addresses import host_of
from upbit_monitor.config.credentials import Keys, keys, variable
from upbit_monitor.config.explain import explain
from upbit_monitor.config.faults import Fault
from upbit_monitor.config.model import TARGET_NAME, FileEntry, TargetEntry, file_model
from upbit_monitor.config.schema import schema_of
from upbit_monitor.config.settings import (
    Credentials,
    Idle,
    PollKind,
    SecondOpinion,
    Settings,
    Target,
    Web,
)
from upbit_monitor.config.source import Source, read
from upbit_monitor.exchange import REGIONS, Timeouts

OVERRIDES: Final = ("web.listen_address", "log.level", "log.format")
"""What a flag or a variable may set in place of the file."""
_NONE: Final[Mapping[str, str | None]] = MappingProxyType({})


def load(
    path: Path,
    *,
    environ: Mapping[str, str],
    polls: Mapping[str, type[PollKind]],
    overrides: Mapping[str, str | None] = _NONE,
) -> Settings:
    """Settings from the file at ``path`` and the keys that it or ``environ`` name.

    ``polls`` are the kinds of poll that the file may use. ``overrides`` has keys of ``OVERRIDES``;
    None stands for "not given". Raises ``ConfigError`` with every problem, in the file's order.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    if unknown := given.keys() - set(OVERRIDES):
        raise KeyError(*unknown)
    source = read(path).overridden(given)
    names = _targets(source)
    found = {
        name: keys(name, entry.get("credentials"), environ, path.parent)
        for name, entry in names.items()
    }
    file, faults = _checked(source, file_model(polls))
    faults += [*_collisions(names), *(fault for key in found.values() for fault in key.faults)]
    if file is not None:
        faults += _no_second_opinion(file)
    if file is not None and not faults:
        targets = {
            name: _target(name, entry, found[name], polls) for name, entry in file.targets.items()
        }
        if any(target.polls for target in targets.values()):
            web = Web(file.web.listen_address)
            return Settings(
                MappingProxyType(targets), web, file.log, file.metrics, file.second_opinion
            )
        faults.append(_nothing_to_do(*next(iter(targets.items()))))
    raise source.error(faults)


def _targets(source: Source) -> dict[str, dict[str, object]]:
    """Sections of the targets, as far as they are sections and have names."""
    entries = source.data.get("targets")
    if not isinstance(entries, dict):
        return {}
    return {
        name: entry
        for name, entry in entries.items()
        if isinstance(entry, dict) and re.fullmatch(TARGET_NAME, name)
    }


def _checked(source: Source, model: type[FileEntry]) -> tuple[FileEntry | None, list[Fault]]:
    told = {fault.path for fault in source.faults}
    try:
        return model.model_validate(source.data), list(source.faults)
    except ValidationError as error:
        seen = [fault for fault in explain(error, schema_of(model)) if fault.path not in told]
    return None, [*source.faults, *seen]


def _collisions(names: Iterable[str]) -> Iterable[Fault]:
    first: dict[str, str] = {}
    for name in names:
        shared = variable(name, "access_key")
        other = first.setdefault(shared, name)
        if other != name:
            what = f"would take its key from {shared}, as the target {other} does"
            yield Fault(("targets", name), what, "rename one of the two")


def _no_second_opinion(file: FileEntry) -> Iterable[Fault]:
    """A connection to the exchange would be one that no limiter granted, and no other opinion."""
    urls = [region.base_url for region in REGIONS.values()]
    urls += [entry.base_url for entry in file.targets.values() if entry.base_url]
    second: SecondOpinion | None = file.second_opinion
    if second is not None and second.host.lower() in map(host_of, urls):
        what = "is a host of the exchange, or of a target"
        remedy = "name one that has nothing to do with them, such as one.one.one.one:443"
        yield Fault(("second_opinion", "address"), what, remedy)


def _nothing_to_do(name: str, target: Target) -> Fault:
    place = ("targets", name, "polls")
    if Idle.NO_KEY not in target.idle.values():
        here = f"has only polls that the region {target.region} has nothing of"
        return Fault(place, here, "add another poll")
    return Fault(
        place,
        "has only polls that need a key, and there is none",
        f"give the key (set {variable(name, 'access_key')} and "
        f"{variable(name, 'secret_key')}) or add a public poll",
    )


def _target(
    name: str, entry: TargetEntry, key: Keys, polls: Mapping[str, type[PollKind]]
) -> Target:
    credentials = None
    if key.access_key is not None and key.secret_key is not None:
        algorithm = entry.credentials.algorithm
        credentials = Credentials(key.access_key, key.secret_key, algorithm, key.from_environment)
    limits = entry.timeouts
    chosen = entry.polls.named()
    idle: dict[str, Idle] = {}
    for poll in chosen:
        if entry.region not in polls[poll].regions:
            idle[poll] = Idle.NOT_HERE
        elif polls[poll].private and credentials is None:
            idle[poll] = Idle.NO_KEY
    return Target(
        name=name,
        region=entry.region,
        base_url=entry.base_url or REGIONS[entry.region].base_url,
        credentials=credentials,
        share=entry.share,
        timeouts=Timeouts(limits.connect, limits.read, limits.total),
        polls=MappingProxyType({poll: chosen[poll] for poll in chosen if poll not in idle}),
        idle=MappingProxyType(idle),
    )
