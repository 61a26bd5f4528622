"""The example that users edit."""

import re
from pathlib import Path

import pytest

from upbit_monitor.config import SecondOpinion, Settings, load
from upbit_monitor.polls import POLLS

EXAMPLE = Path(__file__).parents[2] / "config" / "upbit-monitor.yml"
TEXT = EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture
def complete(tmp_path: Path) -> Settings:
    """The example with nothing commented out any more, and with its key files."""
    lines = [re.sub(r"^( *)# ( *\w+:(?: |$))", r"\1\2", line) for line in TEXT.splitlines()]
    for half in ("access", "secret"):
        (tmp_path / half).write_text(half)
        (tmp_path / half).chmod(0o600)
    file = tmp_path / "complete.yml"
    file.write_text("\n".join(lines).replace("/run/credentials/", ""))
    return load(file, environ={}, polls=POLLS)


def test_the_example_watches_korea_with_every_public_poll_and_no_key() -> None:
    (target,) = load(EXAMPLE, environ={}, polls=POLLS).targets.values()
    assert (target.name, target.region, target.credentials) == ("korea", "kr", None)
    assert set(target.polls) == {name for name, poll in POLLS.items() if not poll.private}
    assert target.idle == {}


def test_the_example_names_the_schema_beside_it() -> None:
    first, *_ = TEXT.splitlines()
    (name,) = re.findall(r"^# yaml-language-server: \$schema=\./(\S+)$", first)
    assert (EXAMPLE.parent / name).is_file()


def test_every_line_that_is_commented_out_can_be_used(complete: Settings) -> None:
    korea = complete.targets["korea"]
    assert list(complete.targets) == ["korea", "singapore"]
    assert korea.base_url == "http://127.0.0.1:8080"
    assert korea.credentials is not None
    assert korea.credentials.access_key.get_secret_value() == "access"
    assert set(korea.polls) == set(POLLS)


def test_what_is_commented_out_shows_the_defaults(complete: Settings) -> None:
    shown, default = complete.targets["korea"], complete.targets["singapore"]
    assert (shown.share, shown.timeouts) == (default.share, default.timeouts)
    assert shown.polls["tickers"].stale_after == default.polls["tickers"].stale_after
    for name in ("open_orders", "accounts", "api_keys", "wallet_status", "order_chance"):
        assert shown.polls[name] == POLLS[name].options()
    for name, options in {
        "orderbook": ("bands", "stale_after"),
        "trades": ("count",),
        "candles": ("unit", "late_after"),
    }.items():
        for option in options:
            assert getattr(shown.polls[name], option) == getattr(POLLS[name].options(), option)
    bare = load(EXAMPLE, environ={}, polls=POLLS)
    assert (complete.web, complete.log) == (bare.web, bare.log)
    assert bare.second_opinion is None
    assert complete.second_opinion == SecondOpinion("one.one.one.one:443")


def test_every_option_of_every_poll_is_in_the_example() -> None:
    for name, poll in POLLS.items():
        assert f"{name}:" in TEXT
        for option in poll.options.__dataclass_fields__:
            assert f"{option}:" in TEXT
