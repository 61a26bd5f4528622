"""One event as one line: JSON for machines, aligned words for people.

No line holds a raw line break, nor any other character that could make a terminal or a log
viewer show something else than what is there; all those are written as JSON escapes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, Protocol

from upbit_monitor.logs.vocabulary import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from upbit_monitor.logs.redaction import Plain

SCHEMA: Final = 1
"""Raised when a field changes its name, its type or its meaning."""
EXCEPTION: Final = "exception"
"""The field that holds an exception: a list of stacks, the first the one that was raised."""

# What JSON lets through raw: delete and C1 controls, the separators of lines and paragraphs,
# marks that turn the direction of writing, and lone surrogates, which UTF-8 cannot carry.
_TREACHEROUS: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_JSON: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)

_BARE: Final = re.compile(r"[^\s\"'=\x00-\x1f]+")
_DIM: Final = "\x1b[2m"
_BOLD: Final = "\x1b[1m"
_RESET: Final = "\x1b[0m"
_COLOURS: Final = {
    Level.DEBUG: _DIM,
    Level.INFO: "\x1b[32m",
    Level.WARNING: "\x1b[33m",
    Level.ERROR: "\x1b[31m",
}


class Renderer(Protocol):
    """Makes the text of one event, without its last line end, from fields already redacted."""

    def __call__(self, ts: str, level: Level, event: str, fields: Mapping[str, Plain]) -> str:
        """``ts`` is RFC 3339 in UTC with milliseconds."""
        ...  # pragma: no cover


def json_line(ts: str, level: Level, event: str, fields: Mapping[str, Plain]) -> str:
    """Render as a JSON object. No field can take the place of one of the first four."""
    head: dict[str, Plain] = {"ts": ts, "level": level.word, "event": event, "schema": SCHEMA}
    return _harmless(_JSON.encode({**head, **fields, **head}))


def console_line(ts: str, level: Level, event: str, fields: Mapping[str, Plain]) -> str:
    """Render for a person: time of day in UTC, level, event, fields; a traceback underneath."""
    return _console(ts, level, event, fields, _unpainted)


def coloured_line(ts: str, level: Level, event: str, fields: Mapping[str, Plain]) -> str:
    """Render as ``console_line`` does, for a terminal."""
    return _console(ts, level, event, fields, _painted)


def ascii_only(text: str) -> str:
    """Give a text for a stream that cannot carry more; a line of JSON stays one."""
    return _BEYOND_ASCII.sub(_escape, text)


def _console(
    ts: str,
    level: Level,
    event: str,
    fields: Mapping[str, Plain],
    paint: Callable[[str, str], str],
) -> str:
    time_of_day = ts[11:23]
    words = [paint(_DIM, time_of_day), paint(_COLOURS[level], f"{level.word:<7}")]
    words.append(paint(_BOLD, f"{event:<17}"))
    traceback: list[str] = []
    for name, value in fields.items():
        if name == EXCEPTION and isinstance(value, list):
            traceback.extend(_traceback(value, "    "))
        else:
            words.append(f"{paint(_DIM, _word(name) + '=')}{_word(value)}")
    return "\n".join([" ".join(words).rstrip(), *traceback])


def _traceback(stacks: Iterable[Plain], indent: str) -> Iterator[str]:
    for stack in stacks:
        match stack:
            case {"exc_type": kind, "exc_value": value, "frames": list() as frames, **rest}:
                yield f"{indent}{_word(kind)}: {_word(value)}"
                for frame in frames:
                    if isinstance(frame, dict):
                        yield f"{indent}  {' '.join(map(_word, frame.values()))}"
                members = rest.get("exceptions")
                if isinstance(members, list):
                    yield from _traceback(members, f"{indent}  ")
            case list():  # one member of a group of exceptions
                yield from _traceback(stack, indent)


def _word(value: Plain) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value):
        return _harmless(value)
    return _harmless(_JSON.encode(value))


def _painted(colour: str, text: str) -> str:
    return f"{colour}{text}{_RESET}"


def _unpainted(_: str, text: str) -> str:
    return text


def _harmless(text: str) -> str:
    return _TREACHEROUS.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
