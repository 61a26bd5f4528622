"""Prints the table: every limiter in every scenario, and what it comes to."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from bench.limiter import cost, table
from bench.limiter.ours import OURS
from bench.limiter.rivals import RIVALS
from bench.limiter.scenarios import SCENARIOS
from bench.limiter.verdict import judged

if TYPE_CHECKING:
    from bench.limiter.scenario import Scenario
    from bench.limiter.verdict import Verdict

LIMITERS: Final = (*OURS, *RIVALS)


def main() -> None:
    """Judge what the command line asks for: by default everything."""
    options = _options()
    names = [entry.name for entry in LIMITERS if options.limiter in entry.name]
    scenarios = [
        scenario.lasting(options.seconds) if options.seconds else scenario
        for scenario in SCENARIOS
        if options.only in scenario.name
    ]
    verdicts: dict[str, Verdict] = {}
    with ProcessPoolExecutor(options.jobs) as processes:
        judge = partial(_judged, names=names, seeds=options.seeds)
        for verdict in processes.map(judge, scenarios):
            verdicts[verdict.scenario.name] = verdict
            _say(table.group(verdict))
    if summary := table.summary(verdicts, names):
        _say("utilisation %/429s a minute/harm a minute, mean of the window models; B: blocked")
        _say(summary)
    if not options.only and not options.limiter:
        _say("CPU of a permit granted without waiting, in real time")
        _say(cost.shown(cost.measured()))
    _say(table.settings(entry for entry in LIMITERS if entry.name in names))
    _say(table.LEGEND)


def _judged(scenario: Scenario, *, names: list[str], seeds: int | None) -> Verdict:
    # The summary is what is quoted, and chance is large beside strangers.
    seeds = seeds or (2 if scenario.name.startswith("summary") else 1)
    # Limiters are told by name from process to process: how they are made cannot be sent.
    return judged(scenario, [entry for entry in LIMITERS if entry.name in names], seeds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.limiter", description=__doc__)
    names = ", ".join(f'"{entry.name}"' for entry in LIMITERS)
    parser.add_argument("--only", default="", help='scenarios whose name contains this: "summary"')
    parser.add_argument("--limiter", default="", help=f"limiters whose name contains this: {names}")
    parser.add_argument("--seconds", type=float, help="virtual length of every play")
    parser.add_argument("--seeds", type=int, help="plays of each scenario (1; 2 in the summary)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    if not any(options.limiter in entry.name for entry in LIMITERS):
        parser.error(f'no limiter is called "{options.limiter}"; there are {names}')
    if not any(options.only in scenario.name for scenario in SCENARIOS):
        parser.error(f'no scenario has "{options.only}" in its name; try "summary" or "bursts"')
    for name in ("seconds", "seeds", "jobs"):
        if (value := getattr(options, name)) is not None and value <= 0:
            parser.error(f"--{name} is to be above 0, not {value}")
    return options


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
