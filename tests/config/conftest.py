"""What the tests of the configuration share: a file to write, and the load of it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import pytest

from tests.config.kinds import KINDS
from upbit_monitor.config import PollKind, Settings, load
from upbit_monitor.errors import ConfigError, Problem

MINIMAL = "targets: {korea: {region: kr, polls: {pulse: }}}\n"


class Loads(Protocol):
    """Loads a text as a file, in a folder of its own."""

    def __call__(
        self,
        text: str = ...,
        *,
        environ: Mapping[str, str] = ...,
        polls: Mapping[str, type[PollKind]] = ...,
        flags: Mapping[str, str | None] = ...,
    ) -> Settings: ...


class Refuses(Protocol):
    """Loads a text that must be refused; gives the problems."""

    def __call__(
        self,
        text: str = ...,
        *,
        environ: Mapping[str, str] = ...,
        flags: Mapping[str, str | None] = ...,
    ) -> tuple[Problem, ...]: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the configuration, and the current one, so that places are short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loads(folder: Path) -> Loads:
    def load_text(
        text: str = MINIMAL,
        *,
        environ: Mapping[str, str] = {},
        polls: Mapping[str, type[PollKind]] = KINDS,
        flags: Mapping[str, str | None] = {},
    ) -> Settings:
        (folder / "c.yml").write_text(dedent(text), encoding="utf-8")
        return load(Path("c.yml"), environ=environ, polls=polls, overrides=flags)

    return load_text


@pytest.fixture
def refuses(loads: Loads) -> Refuses:
    def problems(
        text: str = MINIMAL,
        *,
        environ: Mapping[str, str] = {},
        flags: Mapping[str, str | None] = {},
    ) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            loads(text, environ=environ, flags=flags)
        lines = str(caught.value).splitlines()
        assert lines == [str(problem) for problem in caught.value.problems]  # one line a problem
        return caught.value.problems

    return problems


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be somebody whom the modes of files bind, though the tests may run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)
