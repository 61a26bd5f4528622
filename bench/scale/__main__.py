"""Prints what one daemon carries, beside one that has next to nothing to do.

Exits with 1 if a count of the daemon is not the exchanges', or a request was refused.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from bench.scale.exchanges import exchanges, ledger
from bench.scale.observed import WARM_SECONDS, daemon
from bench.scale.report import Outcome, broken, table
from bench.scale.scraper import scrape
from bench.scale.watched import full, idle

if TYPE_CHECKING:
    from bench.scale.watched import Scenario


def main() -> None:
    """Play both scenarios, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="length of each play (60)")
    parser.add_argument("--every", type=float, default=15, help="seconds between scrapes (15)")
    options = parser.parse_args()
    for name in ("seconds", "every"):
        if getattr(options, name) <= 0:
            parser.error(f"--{name} is to be above 0, not {getattr(options, name)}")
    outcomes = [play(one, options.seconds, options.every) for one in (idle(), full())]
    load, cores = os.getloadavg()[0], os.cpu_count()
    sys.stdout.write(
        f"{options.seconds:g} s each; load of the machine {load:.1f}, cores {cores}\n\n"
    )
    sys.stdout.write(f"{table(outcomes)}\n")
    faults = [fault for outcome in outcomes for fault in broken(outcome)]
    sys.exit("\n".join(faults) or None)


def play(scenario: Scenario, seconds: float, every: float) -> Outcome:
    """Let a daemon watch for so long, scraped so often, once it is warm."""
    with exchanges(scenario.regions) as urls, daemon(scenario, urls) as run:
        time.sleep(WARM_SECONDS)
        end = time.monotonic() + seconds
        scrapes = [scrape(run.url)]
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, every))
            scrapes.append(scrape(run.url))
        observed = run.end()
        return Outcome(scenario, observed, ledger(urls), scrapes)


if __name__ == "__main__":
    main()
