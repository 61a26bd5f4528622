"""One thing wrong with the configuration, told by its path; the file then adds name and line."""

import re
from dataclasses import dataclass
from typing import Final

Location = tuple[str | int, ...]
"""The way to a value: keys, and places in lists."""

_HARMLESS: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")


@dataclass(frozen=True, slots=True)
class Fault:
    """``what`` is wrong at ``path``, and the ``remedy``. Never a value: it may be a secret."""

    path: Location
    what: str
    remedy: str

    @classmethod
    def of(cls, path: Location, error: ValueError) -> "Fault":
        """Read a ``ValueError`` whose text is "what is wrong; how to mend it"."""
        what, _, remedy = " ".join(str(error).split()).partition("; ")
        return cls(path, what or "is wrong", remedy or "correct it")


def dotted(path: Location) -> str:
    """``targets.korea.polls.tickers.watch[0]``.

    A key that does not look like one is shown as ``?``: a secret pasted in the wrong column is a
    key, too. API keys of the exchange have 40 characters.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _HARMLESS.fullmatch(step) else "?")
    return text
