"""The file: what it says, and the place of everything in it, for errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NoReturn

from upbit_monitor.config.faults import Fault, Location, dotted
from upbit_monitor.config.tree import NotYamlError, Tree
from upbit_monitor.errors import ConfigError, Problem

MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, and where."""

    name: str
    data: Mapping[str, object] = field(repr=False)
    lines: Mapping[Location, int] = field(repr=False)
    faults: tuple[Fault, ...] = ()
    """What is wrong in it as YAML, though it can be read."""
    flags: Mapping[Location, str] = field(default_factory=dict)
    """The values that do not come from the file, and the flag that gave each."""

    def overridden(self, values: Mapping[str, str]) -> "Source":
        """Give the source with values from flags, by ``section.key``, in place of its own."""
        data, flags = dict(self.data), dict(self.flags)
        for name, value in values.items():
            section, _, key = name.partition(".")
            flags[section, key] = "--" + name.replace("_", "-")
            below = data.get(section)
            if below is None or isinstance(below, dict):  # else the section itself is a fault
                data[section] = {**(below or {}), key: value}
        return replace(self, data=data, flags=flags)

    def error(self, faults: Iterable[Fault]) -> ConfigError:
        """Give the error that tells all ``faults``: of flags first, then in the file's order."""
        ordered = sorted(faults, key=lambda it: it.path not in self.flags and self._line(it.path))
        return ConfigError([Problem(self._place(it.path), it.what, it.remedy) for it in ordered])

    def _place(self, path: Location) -> str:
        if path in self.flags:
            return self.flags[path]
        place = f"{self.name}:{self._line(path)}"
        return f"{place}: {dotted(path)}" if path else place

    def _line(self, path: Location) -> int:
        """Line of the value, or of the nearest one above it that is written."""
        above = (path[:end] for end in range(len(path), 0, -1))
        return next((self.lines[path] for path in above if path in self.lines), 1)


def read(file: Path) -> Source:
    """Read a file. Raises ``ConfigError`` if that cannot be done, or it is no YAML mapping."""
    name = str(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        _refuse(name, "does not exist", "name a file with --config.file")
    except IsADirectoryError:
        _refuse(name, "is a directory", "name the file in it with --config.file")
    except PermissionError:
        _refuse(name, "may not be read by this user", "permit it with chown or chmod")
    except OSError as error:
        _refuse(name, f"cannot be read ({error.strerror})", "name a file with --config.file")
    return parse(name, content)


def parse(name: str, content: bytes) -> Source:
    """Read the content of a file. Raises ``ConfigError`` if it is no YAML mapping."""
    if len(content) > MAX_BYTES:
        _refuse(name, "is larger than 1 MiB", "name a configuration with --config.file")
    try:
        tree = Tree(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(f"{name}:{line}", "is not UTF-8", "save the file as UTF-8")
    except NotYamlError as error:
        place = name if error.line is None else f"{name}:{error.line}"
        _refuse(place, error.what, error.remedy)
    if tree.data is None:
        _refuse(name, "is empty", "start from the example, config/upbit-monitor.yml")
    if not isinstance(tree.data, dict):
        _refuse(f"{name}:1", "is not a mapping of keys", "begin with the key `targets:`")
    return Source(name, tree.data, tree.lines, tuple(tree.faults))


def _refuse(place: str, what: str, remedy: str) -> NoReturn:
    raise ConfigError([Problem(place, what, remedy)]) from None
