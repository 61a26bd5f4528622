"""Pictures of the dashboards, as they showed the last run in the middle of its faults."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.failure import Failure
from e2e.kept import kept, on_what_was_kept
from e2e.pace import HOLD, SCRAPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PREVIEW: Final = (
    "tools/preview-setup", "run", "dashboards/preview/node_modules/.bin/tsx",
    "dashboards/preview/src/cli.ts", "preview",
)  # fmt: skip

_SHOWN: Final = {
    "upbit-overview": (
        "healthy", "dead", "slow", "burst_5xx", "maintenance_page", "garbage", "blocked",
        "invalid_access_key", "foreign_use", "clock_skew", "certificate", "ending_key",
    ),
    "upbit-api-latency": ("healthy", "slow", "burst_5xx", "hanging", "certificate", "clock_skew"),
    "upbit-rate-limits": ("healthy", "limit_cut", "blocked", "foreign_use", "headroom",
                          "header_missing"),
    "upbit-daemon": ("healthy", "dead", "invalid_access_key", "overlapping"),
}  # fmt: skip
"""Targets, by dashboard, of which a picture speaks: all of them are more than one can read."""


async def pictures(root: Path, folder: Path, say: Callable[[str], None]) -> bool:
    """Draw each dashboard into ``<its name>.png`` of its folder. Raises ``Failure``."""
    run, _ = kept(folder)
    begin, end = run.phases["quiet"], run.phases["after"] - HOLD  # all faults are at work yet
    async with on_what_was_kept(folder) as asked:
        with tempfile.TemporaryDirectory() as fresh:
            command = (
                *_PREVIEW, "--prometheus", asked.url, "--out", fresh,
                "--from", f"{begin:.0f}", "--to", f"{end:.0f}", "--scrape-interval", f"{SCRAPE:g}",
                *_choices(), "dashboards",
            )  # fmt: skip
            process = await asyncio.create_subprocess_exec(*command, cwd=root)
            code = await process.wait()
            made = _made(fresh)
            if not made:
                raise Failure(f"the preview gave no picture, and ended with {code}; see above")
            for picture in made:
                place = root / "dashboards" / picture.name.removeprefix("upbit-")
                shutil.move(picture, place)
                say(str(place.relative_to(root)))
    return code == 0


def _made(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*.png"))


def _choices() -> Iterator[str]:
    for uid, targets in _SHOWN.items():
        for target in targets:
            yield from ("--var", f"{uid}/target={target}")
