"""The two halves of an API key, each from a file or from the environment, never from both.

A file must not be open to every user. Its group may read it: Kubernetes hands a mounted secret to
a process that is not root through the group (``fsGroup``), so to refuse that would refuse the safe
way there.
"""

import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from upbit_monitor.config.faults import Fault

MAX_KEY_BYTES: Final = 4096
_KEY: Final = re.compile(r"[!-~]+")
_HALVES: Final = ("access_key", "secret_key")


@dataclass(frozen=True, slots=True)
class Keys:
    """What was found for one target."""

    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    from_environment: bool = False
    """Whether a half of it comes from the environment."""
    faults: tuple[Fault, ...] = ()


def variable(target: str, half: str) -> str:
    """Name of the environment variable that holds ``half`` of the key of ``target``."""
    return f"UPBIT_MONITOR_{re.sub('[^A-Z0-9]', '_', target.upper())}_{half.upper()}"


def keys(target: str, entry: object, environ: Mapping[str, str], folder: Path) -> Keys:
    """Find both halves of the key of a target.

    ``entry`` is the section ``credentials`` as the file has it, checked or not. An empty variable
    counts as none: that is how compose files pass on what is not set. A relative path starts at
    ``folder``, that of the configuration, as it does in Prometheus.
    """
    path = ("targets", target, "credentials")
    files: Mapping[str, object] = entry if isinstance(entry, dict) else {}
    found: dict[str, SecretStr | None] = {}
    faults: list[Fault] = []
    for half in _HALVES:
        file, name = files.get(f"{half}_file"), variable(target, half)
        try:
            if file is not None or environ.get(name):
                found[half] = None
                found[half] = _half(file, name, environ.get(name, ""), folder)
        except ValueError as error:
            faults.append(Fault.of(path if file is None else (*path, f"{half}_file"), error))
    if len(found) == 1:
        (lost,) = set(_HALVES) - set(found)
        remedy = f"set {lost}_file or the variable {variable(target, lost)}"
        faults.append(Fault(path, f"is half a key, without the {lost}", remedy))
    from_environment = any(files.get(f"{half}_file") is None for half in found)
    return Keys(**found, from_environment=from_environment, faults=tuple(faults))


def _half(file: object, name: str, value: str, folder: Path) -> SecretStr | None:
    """Half of a key; None if ``file`` is no file's name, which the model tells."""
    if file is None:
        return _secret(value, f"the variable {name}")
    if value:
        raise ValueError(f"is given, and so is the variable {name}; remove one of them")
    if not isinstance(file, str) or not file:
        return None
    return _secret(_read(folder / file), "the file that it names")


def _secret(content: str, holder: str) -> SecretStr:
    text = content.strip()  # editors and `echo` end a file with a line feed
    if not text:
        raise ValueError(f"{holder} is empty; put the key into it, and nothing else")
    if not _KEY.fullmatch(text):
        raise ValueError(
            f"{holder} has white space or characters that no key has; "
            "put the key into it, and nothing else"
        )
    return SecretStr(text)


def _read(path: Path) -> str:
    """Content of a file that is fit to hold a secret.

    Raises ``ValueError``. The path is told only when there is such a file: what is no path may be
    the key itself.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # and a pipe would keep us waiting
            raise ValueError("is not the name of a regular file; name a file that holds the key")
        if mode & stat.S_IRWXO:
            raise ValueError(
                f"names a file that is open to every user; chmod 600 {shlex.quote(str(path))}, "
                "or in Kubernetes `defaultMode: 0440`"
            )
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES + 1)
    except FileNotFoundError:
        raise ValueError("names a file that does not exist; create it or correct it") from None
    except PermissionError:
        raise ValueError(
            "names a file that this user may not read; give it to the user or group of the daemon"
        ) from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); name another file") from None
    if len(content) > MAX_KEY_BYTES:
        raise ValueError("names a file too long for a key; put the key into it, and nothing else")
    return content.decode("latin-1")  # knows every byte; `_secret` then accepts ASCII alone
