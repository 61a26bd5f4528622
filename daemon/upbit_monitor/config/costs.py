"""What one run of a poll asks of the exchange, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upbit_monitor.exchange import REGIONS, Endpoint, Region
from upbit_monitor.polls import Poll


def regions(poll: type[Poll[Any]]) -> Sequence[str]:
    """Name the regions in which the exchange has what a poll asks for."""
    return [name for name in REGIONS if name in poll.regions]


def home(poll: type[Poll[Any]]) -> Region:
    """Give the region in whose terms a poll is described: Korea, if it exists there."""
    return REGIONS[regions(poll)[0]]


def cost(poll: type[Poll[Any]]) -> Iterator[str]:
    """Say what a run costs by default, what changes that, and how it differs by region."""
    options = poll.options()
    costs = poll.requests(options, home(poll))
    groups = dict.fromkeys(endpoint.group for endpoint in costs)
    parts = [
        f"{run:.3g} requests of group `{group}` a run, {run / options.every:.3g} a second"
        for group in groups
        for run in (_sum(costs, group),)
    ]
    yield f"Cost at its defaults, as planned: {'; '.join(parts) or 'nothing'}. {poll.cost}"
    others = {name: sum(poll.requests(options, REGIONS[name]).values()) for name in regions(poll)}
    if len({*others.values()}) > 1:
        yield f"By region: {', '.join(f'{name} {run:.3g}' for name, run in others.items())}."


def _sum(costs: Mapping[Endpoint[Any], float], group: str) -> float:
    return sum(number for endpoint, number in costs.items() if endpoint.group == group)


def written(value: object) -> str:
    """Write a value as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
