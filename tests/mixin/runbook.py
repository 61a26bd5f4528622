"""A runbook as its parts: headings, blocks, commands, links."""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
RUNBOOKS: Final = ROOT / "runbooks"

_FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^(#+ .+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)]+)\)")
_INLINE: Final = re.compile(r"`((?:upbit-monitor|curl|systemctl|journalctl) [^`]+)`")


@dataclass(frozen=True)
class Runbook:
    """The text of one document below ``runbooks``."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """All but its blocks."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[str]:
        """Its headings, in order, with their marks."""
        return _HEADING.findall(self.prose)

    @property
    def links(self) -> list[str]:
        """Where its relative links lead."""
        return [link for link in _LINK.findall(self.prose) if "://" not in link]

    def section(self, heading: str) -> str:
        """Give what stands below a heading, up to the next one."""
        _, _, rest = self.text.partition(f"\n## {heading}\n")
        return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]

    def blocks(self, kind: str, within: str | None = None) -> list[str]:
        """Give the blocks of one language, without their indent; of one section, or of all."""
        text = self.text if within is None else self.section(within)
        found = (block for block in _FENCE.findall(text) if block[1] == kind)
        return [textwrap.dedent(body) for _, _, body in found]

    @property
    def commands(self) -> list[list[list[str]]]:
        """Every command line, in blocks and in prose: its parts between pipes, each as words."""
        shown = [
            line
            for block in self.blocks("console")
            for line in re.split(r"^\$ ", block, flags=re.MULTILINE)
        ]
        return [_parts(line) for line in [*shown, *_INLINE.findall(self.prose)] if line.strip()]


def _parts(line: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in shlex.split(line):
        if word in {"|", "&&"}:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def every() -> list[Runbook]:
    """Every runbook, without the index."""
    paths = sorted(RUNBOOKS.glob("*.md"))
    return [Runbook(path) for path in paths if path.name != "README.md"]


def anchors(document: Path) -> set[str]:
    """Give the anchors of a document's headings, as they are made on GitHub."""
    headings = (heading.lstrip("# ") for heading in Runbook(document).headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
