"""The settings as they would be written in a file, secrets masked: to be shown to people."""

import dataclasses
import typing
from typing import TYPE_CHECKING, Any, Final

from upbit_monitor.config import durations
from upbit_monitor.config.settings import Settings, Target
from upbit_monitor.polls import Seconds

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "********"


def masked(settings: Settings) -> dict[str, Any]:
    """Effective configuration: every default filled in, durations as text, no secret."""
    shown = {
        "targets": {name: _target(target) for name, target in settings.targets.items()},
        "web": _written(settings.web),
        "log": _written(settings.log),
        "metrics": _written(settings.metrics),
    }
    if settings.second_opinion is not None:
        shown["second_opinion"] = _written(settings.second_opinion)
    return shown


def _target(target: Target) -> dict[str, Any]:
    key = target.credentials
    return {
        "region": target.region,
        "base_url": target.base_url,
        "credentials": None
        if key is None
        else {"access_key": MASK, "secret_key": MASK, "algorithm": key.algorithm},
        "share": target.share,
        "timeouts": {
            name: durations.render(seconds)
            for name, seconds in dataclasses.asdict(target.timeouts).items()
        },
        "polls": {name: _written(options) for name, options in target.polls.items()},
        "idle": {poll: str(why) for poll, why in target.idle.items()},
    }


def _written(section: "DataclassInstance") -> dict[str, Any]:
    hints = typing.get_type_hints(type(section))
    return {
        item.name: _value(getattr(section, item.name), hints[item.name])
        for item in dataclasses.fields(section)
    }


def _value(value: object, hint: object) -> object:
    if hint is Seconds and isinstance(value, float):
        return durations.render(value)
    return list(value) if isinstance(value, tuple) else value
