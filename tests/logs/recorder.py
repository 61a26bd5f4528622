"""A log on a string, with what it counted, and a second opinion on what a text gives away."""

from __future__ import annotations

import base64
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus

from upbit_monitor.logs import Logging, LogSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from upbit_monitor.logs.setup import Format, LevelWord

NOW = 1_767_323_045.6789  # 2026-01-02T03:04:05.678Z

# Shaped like the keys of the exchange: 40 letters and digits.
ACCESS_KEY = "Zx81mCq0VtYw5KpL7sDfGh3JkN2bRtAe9UiOpM4Q"
SECRET_KEY = "hT6vWq9XcB1nMz4LkJ8gFd3SaP0oIuY7tReW2qQ5"
SECRETS = (ACCESS_KEY, SECRET_KEY)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "literal": str,
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").replace("%2F", "%2f"),
    "percent, slash kept": quote,
    "percent, plus for space": quote_plus,
    "percent, every byte": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent, every byte, thrice": lambda text: quote(
        quote("".join(f"%{byte:02X}" for byte in text.encode()))
    ),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64url without padding": lambda text: (
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    ),
    "base64 in a URL": lambda text: quote(base64.b64encode(text.encode()), safe=""),
    "hex": lambda text: text.encode().hex(),
    "hex, upper case": lambda text: text.encode().hex().upper(),
}


@dataclass
class Recorder:
    """Builds a log and keeps all that comes out of it."""

    level: LevelWord = "debug"
    format: Format = "json"
    secrets: frozenset[str] = frozenset(SECRETS)
    stream: io.StringIO = field(default_factory=io.StringIO)
    messages: Counter[str] = field(default_factory=Counter)
    redactions: Counter[str] = field(default_factory=Counter)
    logging: Logging = field(init=False)

    def __post_init__(self) -> None:
        self.logging = Logging(
            LogSettings(level=self.level, format=self.format, secrets=self.secrets),
            on_message=lambda level: self.messages.update([level]),
            on_redaction=lambda kind: self.redactions.update([kind]),
            stream=self.stream,
            now=lambda: NOW,
        )

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line read strictly: NaN is no JSON, and a name stands once in an object."""
        return [read(line) for line in self.text.split("\n")[:-1]]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        return line


def read(line: str) -> dict[str, Any]:
    value = json.loads(line, parse_constant=_refuse, object_pairs_hook=_unique)
    assert isinstance(value, dict)
    return value


def given_away(text: str, secrets: Iterable[str] = SECRETS) -> list[str]:
    """Which secrets a reader could get out of a text, by decoding whatever can be decoded.

    It shares nothing with the code under test: that one encodes secrets and looks for the
    result, this one decodes the text and looks for the secrets.
    """
    readings = {text}
    for _ in range(3):  # what was encoded thrice
        readings |= {
            decode(reading) for reading in readings for decode in (unquote_plus, _unescaped)
        }
    readings |= {inner for reading in readings for inner in _decodings(reading)}
    return [secret for secret in secrets if any(secret in reading for reading in readings)]


def _unescaped(text: str) -> str:
    return text.replace("\\\\", "\\").replace('\\"', '"')


def _decodings(text: str) -> Iterator[str]:
    for run in re.findall(r"[0-9a-fA-F]{16,}", text):
        yield from (_from_hex(run), _from_hex(run[1:]))
    for run in re.findall(r"[A-Za-z0-9+/_-]{10,}", text):
        yield from (_from_base64(run[offset:]) for offset in range(4))


def _from_hex(run: str) -> str:
    return bytes.fromhex(run[: len(run) // 2 * 2]).decode("latin-1")


def _from_base64(run: str) -> str:
    standard = run.replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "A" * (-len(standard) % 4)).decode("latin-1")


def _refuse(constant: str) -> float:
    message = f"{constant} is no JSON"
    raise ValueError(message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = Counter(name for name, _ in pairs)
    assert max(names.values(), default=1) == 1, names
    return dict(pairs)
