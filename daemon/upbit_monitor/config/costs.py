"""What one run of a poll asks of the exchange, in words, and by which options that changes.

The latter is found by asking for the cost with other options: the poll itself is the only source.
"""

import dataclasses
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from upbit_monitor.config import durations
from upbit_monitor.exchange import REGIONS, Endpoint, Region
from upbit_monitor.polls import Poll, Seconds

_MANY: Final = 250
"""Markets in an example of many: more than fit into one question."""


def regions(poll: type[Poll[Any]]) -> Sequence[str]:
    """Name the regions in which the exchange has what a poll asks for."""
    return [name for name in REGIONS if name in poll.regions]


def home(poll: type[Poll[Any]]) -> Region:
    """Give the region in whose terms a poll is described: Korea, if it exists there."""
    return REGIONS[regions(poll)[0]]


def cost(poll: type[Poll[Any]]) -> Iterator[str]:
    """Say what a run costs by default, and by which options that changes."""
    options, region = poll.options(), home(poll)
    costs = poll.requests(options, region)
    groups = dict.fromkeys(endpoint.group for endpoint in costs)
    parts = [f"{_sum(costs, group):.3g} of group `{group}`" for group in groups]
    yield f"Cost of a run, at most: {' and '.join(parts) or 'nothing'} at its defaults."
    others = {name: sum(poll.requests(options, REGIONS[name]).values()) for name in regions(poll)}
    if len({*others.values()}) > 1:
        yield f"By region: {', '.join(f'{name} {run:.3g}' for name, run in others.items())}."
    changes = [*_changes(poll, region)]
    if changes:
        yield "It changes with:"
        yield ""
        yield from changes
    else:
        yield "Of its options only `every` was found to change what it asks for a second."


def _sum(costs: Mapping[Endpoint[Any], float], group: str) -> float:
    return sum(number for endpoint, number in costs.items() if endpoint.group == group)


def _changes(poll: type[Poll[Any]], region: Region) -> Iterator[str]:
    """Tell the values of each option that change what a run costs.

    Some do only where a market is watched: so what changes nothing by itself is tried beside one.
    """
    market = (f"{region.quotes[0]}-BTC",)
    for item in dataclasses.fields(poll.options)[1:]:
        changes = _costs(poll, item, region, {})
        if not changes and "watch" in {each.name for each in dataclasses.fields(poll.options)}:
            changes = _costs(poll, item, region, {"watch": market})
        yield from changes


def _costs(
    poll: type[Poll[Any]],
    item: "dataclasses.Field[Any]",
    region: Region,
    beside: Mapping[str, object],
) -> Sequence[str]:
    """Ask what a run costs with other values of an option, beside these of others."""
    told = {sum(poll.requests(poll.options(**beside), region).values())}
    with_these = "".join(f", with `{name}: {written(value)}`" for name, value in beside.items())
    changes = []
    for value, shown in _others(item, typing.get_type_hints(poll.options)[item.name], region):
        try:
            options = poll.options(**{**beside, item.name: value})
        except ValueError:  # it does not go with the other options
            continue
        run = sum(poll.requests(options, region).values())
        if run not in told:
            told.add(run)
            changes.append(f"- `{item.name}: {shown}`{with_these}: {run:.3g} a run.")
    return changes


def _others(
    item: "dataclasses.Field[Any]", hint: object, region: Region
) -> Iterator[tuple[object, str]]:
    """Give values that an option may have, and how each is written."""
    limits = [item.metadata[bound] for bound in ("minimum", "maximum") if bound in item.metadata]
    choices = item.metadata.get("choices", ())
    if hint == tuple[str, ...]:
        yield from _lists(choices, region)
    elif hint is Seconds:
        yield from ((seconds, durations.render(seconds)) for seconds in limits)
    else:
        values = (True, False) if hint is bool else choices or limits
        yield from ((value, written(value)) for value in values)


def _lists(choices: Sequence[str], region: Region) -> Iterator[tuple[object, str]]:
    if choices:
        for value in (*((one,) for one in choices), tuple(choices)):
            yield value, written(value)
        return
    money = region.quotes[0]  # the list is of markets, as codes or patterns, or of currencies
    for value in ((f"{money}-BTC",), (f"{money}-BTC", f"{money}-ETH"), (f"{money}-*",), (money,)):
        yield value, written(value)
    yield tuple(f"{money}-M{number}" for number in range(_MANY)), f"[{_MANY} markets]"


def written(value: object) -> str:
    """Write a value as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
