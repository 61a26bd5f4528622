"""Prove every alert by a fault: ``python -m e2e run``; look at it: ``python -m e2e serve``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.failure import Failure
from e2e.pictures import pictures
from e2e.run import FOLDER, Wishes, check, run, serve

if TYPE_CHECKING:
    from collections.abc import Coroutine

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Do what the command line asks for; exit 0 if all is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m e2e", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("run", help="play the faults, and print the matrix")
    play.add_argument("--only", default="", help="scenarios to play, parted by commas")
    play.add_argument("--matrix", type=Path, help="write the matrix as Markdown to this file")
    commands.add_parser("check", help="hold the dashboards against what the last run has left")
    show = commands.add_parser("serve", help="serve what the last run has left")
    show.add_argument("--port", type=int, help="where to serve it (a free one)")
    commands.add_parser("pictures", help="draw the dashboards as they showed the last run")
    given = parser.parse_args()
    try:
        match given.command:
            case "run":
                only = tuple(filter(None, given.only.split(",")))
                deed = run(Wishes(ROOT, only, given.matrix), say)
            case "check":
                deed = check(ROOT, say)
            case "pictures":
                deed = pictures(ROOT, ROOT / FOLDER, say)
            case _:
                deed = serve(ROOT, given.port, say)
        well = asyncio.run(_ended_in_order(deed))
    except asyncio.CancelledError:
        if given.command == "serve":  # it never ends but so
            return
        parser.exit(1, "e2e: ended before its time; all that it started has ended, too\n")
    except Failure as error:
        parser.exit(1, f"e2e: {error}\n")
    except BaseExceptionGroup as group:
        failure, others = group.split(Failure)
        if failure is None or others is not None:
            raise
        parser.exit(1, f"e2e: {failure.exceptions[0]}\n")
    sys.exit(0 if well else 1)


async def _ended_in_order(deed: Coroutine[None, None, bool]) -> bool:
    """Do it; at Ctrl-C and at SIGTERM end all that was started."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 -- asyncio.run made one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await deed


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 -- the matrix is for whoever runs it


if __name__ == "__main__":
    main()
