"""Whatever a file holds, it gives settings or says what is wrong with it."""

from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.config.kinds import KINDS, LedgerOptions, PulseOptions
from upbit_monitor.config import Settings, load, masked
from upbit_monitor.errors import ConfigError

VALID: Final = """
targets:
  korea:
    region: kr
    base_url: http://127.0.0.1:8080
    credentials: {access_key_file: nowhere, algorithm: HS256}
    share: 0.5
    timeouts: {connect: 3s, read: 5s, total: 10s}
    polls: &polls
      pulse: {every: 60s, depth: 1, quotes: [KRW], watch: [KRW-BTC]}
      ledger: {every: 10s}
  th: {region: th, polls: *polls}
web: {listen_address: 127.0.0.1:10931}
log: {level: info, format: json, requests: debug}
second_opinion: {address: "one.one.one.one:443", every: 15s, timeout: 3s}
"""
WORDS: Final = (
    *("targets", "korea", "region", "kr", "base_url", "credentials", "access_key_file", "share"),
    *("secret_key_file", "algorithm", "timeouts", "connect", "read", "total", "polls", "pulse"),
    *("ledger", "web", "listen_address", "log", "level", "format", "requests", "info", "5s"),
    *("second_opinion", "address", "timeout"),
    *PulseOptions.__dataclass_fields__,
    *LedgerOptions.__dataclass_fields__,
)
MARKS: Final = (
    *(": ", ":", "- ", ", ", "{", "}", "[", "]", "\n", "\n  ", "\n    ", "\t", "#", "&a ", "*a"),
    *(
        "!!str ",
        "!x ",
        "!!set ",
        "!<",
        "|\n",
        ">\n",
        "'",
        '"',
        "\\",
        '"\\u',
        '"\\U',
        "%YAML 1.",
        "---",
    ),
    *("...", "? ", "@", "`", "~", "<<: ", "1", "0.5", "\ufeff", "\x00", "\ud7ff", "\u2028", "é"),
)

words = st.sampled_from(WORDS)
keys = words | st.text(max_size=5)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | words
trees = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4),
    max_leaves=20,
)
tokens = st.lists(st.sampled_from((*WORDS, *MARKS)), max_size=30).map("".join)
edited = st.tuples(
    st.integers(0, len(VALID)), st.integers(0, 20), tokens | st.text(max_size=5)
).map(lambda edit: VALID[: edit[0]] + edit[2] + VALID[edit[0] + edit[1] :])


# No deadline: how long one load takes is the machine's matter, not a property of the file.
any_file = settings(deadline=None)


def settings_or_problems(path: Path, content: bytes) -> Settings | ConfigError:
    path.write_bytes(content)
    environ = {"UPBIT_MONITOR_TH_ACCESS_KEY": "a", "UPBIT_MONITOR_TH_SECRET_KEY": "s"}
    try:
        return load(path, environ=environ, polls=KINDS)
    except ConfigError as error:
        return error


def check(folder: Path, content: bytes) -> None:
    outcome = settings_or_problems(folder / "c.yml", content)
    if isinstance(outcome, Settings):
        masked(outcome)
    else:
        assert outcome.problems
        for problem in outcome.problems:
            assert problem.place.startswith(str(folder / "c.yml"))
            assert problem.what
            assert problem.remedy
        assert len(str(outcome).splitlines()) == len(outcome.problems)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples: each writes its file anew."""
    return tmp_path_factory.mktemp("config")


@any_file
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode()))
def test_any_bytes_are_settings_or_problems(folder: Path, content: bytes) -> None:
    check(folder, content)


@any_file
@given(text=tokens | edited)
@example(text=VALID)
@example(text=VALID.replace("access_key_file: nowhere, ", ""))
def test_any_yaml_is_settings_or_problems(folder: Path, text: str) -> None:
    check(folder, text.encode())


@any_file
@given(tree=trees)
def test_any_tree_is_settings_or_problems(folder: Path, tree: object) -> None:
    check(folder, yaml.safe_dump(tree, allow_unicode=True).encode())


@any_file
@given(tree=trees, key=words)
def test_any_value_at_any_key_is_settings_or_problems(folder: Path, tree: object, key: str) -> None:
    whole = yaml.safe_load(VALID)
    entry = {**whole["targets"]["korea"], key: tree}
    whole |= {"targets": {"korea": entry, "th": {"region": "th", "polls": {"pulse": {key: tree}}}}}
    check(folder, yaml.safe_dump(whole, allow_unicode=True).encode())
