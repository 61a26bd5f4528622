from dataclasses import FrozenInstanceError, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.config.conftest import MINIMAL, Loads, Refuses, unprivileged
from tests.config.kinds import KINDS, LedgerOptions, PulseOptions
from upbit_monitor.config import Idle, Log, Web, load
from upbit_monitor.errors import ConfigError
from upbit_monitor.exchange import REGIONS, Timeouts
from upbit_monitor.polls import Seconds

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KEY = {"UPBIT_MONITOR_KOREA_ACCESS_KEY": "access", "UPBIT_MONITOR_KOREA_SECRET_KEY": "secret"}


def test_a_file_with_a_region_and_a_poll_gets_a_default_for_everything_else(loads: Loads) -> None:
    settings = loads()
    target = settings.targets["korea"]
    assert (target.name, target.region, target.base_url) == ("korea", "kr", "https://api.upbit.com")
    assert (target.share, target.credentials, target.idle) == (0.5, None, {})
    assert target.timeouts == Timeouts(connect=3, read=5, total=10)
    assert target.polls == {"pulse": PulseOptions()}
    assert settings.web == Web("127.0.0.1:10931")
    assert settings.log == Log(level="info", format="json", requests="debug")


def test_everything_that_is_written_is_given(loads: Loads) -> None:
    settings = loads(
        """
        targets:
          a-1:
            region: sg
            base_url: http://127.0.0.1:8080/
            share: 1
            timeouts: {connect: 1s, read: 2s, total: 2500ms}
            polls:
              pulse:
                every: 1m30s
                depth: 5
                ratio: 2
                strict: true
                side: ask
                note: "12"
                quotes: [KRW]
                watch: [KRW-BTC, KRW-ETH]
          b: {region: th, polls: {pulse: {every: 50ms}}}
        web: {listen_address: "[::1]:0"}
        log: {level: error, format: console, requests: info}
        """
    )
    target = settings.targets["a-1"]
    assert target.base_url == "http://127.0.0.1:8080"
    assert repr(target.share) == "1.0"
    assert target.timeouts == Timeouts(connect=1, read=2, total=2.5)
    assert target.polls["pulse"] == PulseOptions(
        every=Seconds(90),
        depth=5,
        ratio=2.0,
        strict=True,
        side="ask",
        note="12",
        quotes=("KRW",),
        watch=("KRW-BTC", "KRW-ETH"),
    )
    assert settings.targets["b"].polls["pulse"].every == 0.05
    assert (settings.web.host, settings.web.port) == ("::1", 0)
    assert settings.log == Log(level="error", format="console", requests="info")


def test_a_limit_itself_is_allowed(loads: Loads) -> None:
    settings = loads(
        """
        targets:
          korea:
            region: kr
            timeouts: {connect: 1s, read: 1s, total: 1s}
            polls: {pulse: {every: 1d, depth: 1}}
        """
    )
    assert settings.targets["korea"].timeouts == Timeouts(1, 1, 1)
    assert settings.targets["korea"].polls["pulse"].every == 86_400
    assert loads(MINIMAL + "#" * ((1 << 20) - len(MINIMAL))) == loads(MINIMAL)


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_a_region_brings_its_own_address(loads: Loads, region: str) -> None:
    settings = loads(MINIMAL.replace("kr", region))
    assert settings.targets["korea"].base_url == REGIONS[region].base_url


def test_targets_and_polls_keep_their_order(loads: Loads) -> None:
    settings = loads(
        """
        targets:
          z: {region: kr, polls: {ledger: {every: 1s}, pulse: }}
          a: {region: kr, polls: {pulse: }}
        """,
        environ={"UPBIT_MONITOR_Z_ACCESS_KEY": "a", "UPBIT_MONITOR_Z_SECRET_KEY": "s"},
    )
    assert list(settings.targets) == ["z", "a"]
    assert list(settings.targets["z"].polls) == list(KINDS)


@pytest.mark.parametrize("nothing", ["", "null", "~", "{}"])
def test_a_section_without_keys_means_its_defaults(loads: Loads, nothing: str) -> None:
    text = (
        "targets: {{korea: {{region: kr, timeouts: {0}, credentials: {0}, polls: {{pulse: {0}}}}}}}"
    )
    text += "\nweb: {0}\nlog: {0}\n"
    assert loads(text.format(nothing)) == loads(MINIMAL)


def test_a_poll_that_the_region_has_not_got_is_left_out_and_named(loads: Loads) -> None:
    text = "targets: {jakarta: {region: id, polls: {pulse: , ledger: {every: 5s}}}}"
    for environ in ({}, {name.replace("KOREA", "JAKARTA"): key for name, key in KEY.items()}):
        target = loads(text, environ=environ).targets["jakarta"]
        assert (list(target.polls), target.idle) == (["pulse"], {"ledger": Idle.NOT_HERE})


def test_a_private_poll_without_a_key_is_left_out_and_named(loads: Loads) -> None:
    text = "targets: {korea: {region: kr, polls: {pulse: , ledger: {every: 5s}}}}"
    target = loads(text).targets["korea"]
    assert (list(target.polls), target.idle) == (["pulse"], {"ledger": Idle.NO_KEY})
    target = loads(text, environ=KEY).targets["korea"]
    assert target.polls["ledger"] == LedgerOptions(every=Seconds(5))
    assert target.idle == {}


def test_a_daemon_with_nothing_to_do_is_refused(refuses: Refuses, loads: Loads) -> None:
    text = "targets: {korea: {region: kr, polls: {ledger: {every: 5s}}}}"
    (problem,) = refuses(text)
    assert problem.place == "c.yml:1: targets.korea.polls"
    assert "UPBIT_MONITOR_KOREA_ACCESS_KEY" in problem.remedy
    assert loads(text, environ=KEY).targets["korea"].polls


def test_polls_can_be_shared_by_an_anchor(loads: Loads) -> None:
    settings = loads(
        """
        targets:
          korea: {region: kr, polls: &polls {pulse: {every: 7s}}}
          thailand: {region: th, polls: *polls}
        """
    )
    assert settings.targets["thailand"].polls == settings.targets["korea"].polls


def test_settings_are_frozen_all_the_way_down(loads: Loads) -> None:
    settings = loads(environ=KEY)
    target = settings.targets["korea"]
    assert target.credentials is not None
    values: tuple[DataclassInstance, ...] = (
        *(settings, settings.web, settings.log),
        *(target, target.credentials, target.timeouts),
    )
    for value in values:
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)
    for mapping in (settings.targets, target.polls):
        with pytest.raises(TypeError, match="does not support item assignment"):
            mapping["x"] = 1  # type: ignore[index]


def test_settings_are_equal_if_and_only_if_they_say_the_same(loads: Loads) -> None:
    assert loads(environ=KEY) == loads(f"# other words\n{MINIMAL}", environ=KEY)
    assert loads(environ=KEY) != loads(environ=KEY | {"UPBIT_MONITOR_KOREA_SECRET_KEY": "other"})


MISTAKES = [
    block.split("\n! ")
    for block in (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").split("\n\n")
]


@pytest.mark.parametrize("block", MISTAKES, ids=lambda block: block[0])
def test_a_mistake_is_told_with_its_place_and_remedy(refuses: Refuses, block: list[str]) -> None:
    text, *lines = block
    assert [str(problem) for problem in refuses(text)] == [line.strip() for line in lines]


@pytest.mark.parametrize("name", ["Korea", "한국", "a b", "-a", "_a", "a" * 33, "''", "a.b"])
def test_a_target_is_named_so_that_it_can_be_a_label(refuses: Refuses, name: str) -> None:
    (problem,) = refuses(MINIMAL.replace("korea", name))
    assert problem.what == "is not a name for a target"


@pytest.mark.parametrize("name", ["a", "0", "a" * 32, "kr-1_x"])
def test_a_name_of_small_letters_digits_and_dashes_is_a_target(loads: Loads, name: str) -> None:
    assert list(loads(MINIMAL.replace("korea", name)).targets) == [name]


def test_every_problem_is_told_at_once_in_the_order_of_the_file(refuses: Refuses) -> None:
    problems = refuses(
        """
        targets:
          korea:
            region: jp
            credentials: {access_key_file: nowhere}
            polls:
              pulse: {evry: 5s}
              pulse: {}
          a-b: {region: kr, polls: {}}
          a_b: {region: kr, share: 2, polls: {pulse: }}
        log: !x {}
        """,
        flags={"web.listen_address": "nowhere"},
    )
    assert [problem.place for problem in problems] == [
        "--web.listen-address",
        "c.yml:4: targets.korea.region",
        "c.yml:5: targets.korea.credentials.access_key_file",
        "c.yml:5: targets.korea.credentials",
        "c.yml:7: targets.korea.polls.pulse",
        "c.yml:7: targets.korea.polls.pulse.evry",
        "c.yml:9: targets.a-b.polls",
        "c.yml:10: targets.a_b.share",
        "c.yml:10: targets.a_b",
        "c.yml:11: log",
    ]


def test_a_problem_reads_as_place_what_and_remedy(refuses: Refuses) -> None:
    (problem,) = refuses("\n\ntargets:\n  korea: {region: kr, polls: {pulse: {evry: 9s}}}\n")
    place = "c.yml:4: targets.korea.polls.pulse.evry"
    assert str(problem) == f"{place}: is an unknown key; did you mean every?"


@pytest.mark.parametrize(
    "key", ["Kq3" * 13 + "x", "a b c", "access_key=x", "'<script>'", "키", "a: ''"]
)
def test_a_key_that_may_be_a_secret_is_not_shown(refuses: Refuses, key: str) -> None:
    (problem,) = refuses(MINIMAL + f"? {key}\n: 1\n")
    assert problem.place in {"c.yml:2: ?", "c.yml:1"}
    assert key not in str(problem)


# --- the file itself ---


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        (b"", "c.yml", "is empty"),
        (b"# nothing\n", "c.yml", "is empty"),
        (b"---\n", "c.yml", "is empty"),
        (b"- a\n", "c.yml:1", "is not a mapping of keys"),
        (b"targets", "c.yml:1", "is not a mapping of keys"),
        (b"a: 1\nb: \xff\n", "c.yml:2", "is not UTF-8"),
        ("a: 1".encode("utf-16"), "c.yml:1", "is not UTF-8"),
        (b"#" * ((1 << 20) + 1), "c.yml", "is larger than 1 MiB"),
        (b"a:\n\tb: 1\n", "c.yml:2", "has a tab where YAML allows none"),
        (b"a: [\n", "c.yml:2", "is not YAML"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_problem(
    folder: Path, content: bytes, place: str, what: str
) -> None:
    (folder / "c.yml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(Path("c.yml"), environ={}, polls=KINDS)
    (problem,) = caught.value.problems
    assert problem.place == place
    assert what in problem.what


def test_a_byte_order_mark_is_no_mistake(loads: Loads) -> None:
    assert loads("\ufeff" + MINIMAL) == loads(MINIMAL)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("nowhere.yml", "does not exist"),
        (".", "is a directory"),
        ("a-file/c.yml", "cannot be read (Not a directory)"),
    ],
)
def test_a_path_without_a_file_is_one_problem(folder: Path, path: str, what: str) -> None:
    (folder / "a-file").touch()
    with pytest.raises(ConfigError) as caught:
        load(folder / path, environ={}, polls=KINDS)
    (problem,) = caught.value.problems
    assert (problem.place, problem.what) == (str(folder / path), what)
    assert "--config.file" in problem.remedy


def test_a_file_that_may_not_be_read_is_one_problem(folder: Path) -> None:
    file = folder / "c.yml"
    file.touch(mode=0o000)
    with (
        unprivileged(),
        pytest.raises(ConfigError, match="may not be read by this user; permit it"),
    ):
        load(file, environ={}, polls=KINDS)


# --- flags ---


def test_a_flag_wins_over_the_file(loads: Loads) -> None:
    settings = loads(
        MINIMAL + "log: {level: error, requests: info}\n",
        flags={
            "log.level": "debug",
            "log.format": "console",
            "web.listen_address": "0.0.0.0:80",
        },
    )
    assert settings.log == Log(level="debug", format="console", requests="info")
    assert settings.web == Web("0.0.0.0:80")


def test_a_flag_that_is_not_given_leaves_the_file_alone(loads: Loads) -> None:
    assert loads(MINIMAL + "log: {level: error}", flags={"log.level": None}).log.level == "error"


def test_a_flag_wins_over_a_mistake_in_the_file(loads: Loads) -> None:
    assert loads(MINIMAL + "log: {level: INFO}", flags={"log.level": "debug"}).log.level == "debug"


def test_a_wrong_flag_is_told_by_its_name(refuses: Refuses) -> None:
    problems = refuses(flags={"log.level": "INFO", "web.listen_address": "x", "log.format": ""})
    places = [problem.place for problem in problems]
    assert sorted(places) == ["--log.format", "--log.level", "--web.listen-address"]


def test_a_flag_does_not_hide_that_its_section_is_no_mapping(refuses: Refuses) -> None:
    (problem,) = refuses(MINIMAL + "log: [1]", flags={"log.level": "info"})
    assert problem.place == "c.yml:2: log"


def test_a_flag_that_there_is_not_is_a_mistake_of_the_caller(loads: Loads) -> None:
    with pytest.raises(KeyError, match=r"log\.requests"):
        loads(flags={"log.requests": "info"})


@dataclass(frozen=True, slots=True)
class OddOptions:
    when: bytes = field(default=b"", metadata={"help": "When."})


class Odd:
    summary: ClassVar[str] = "A poll with an option that YAML cannot hold."
    private: ClassVar[bool] = False
    regions: ClassVar[frozenset[str]] = frozenset({"kr"})
    options: ClassVar[type] = OddOptions


def test_an_option_of_a_type_that_no_file_can_hold_is_its_author_s_mistake(loads: Loads) -> None:
    with pytest.raises(TypeError, match="the option when has the type <class 'bytes'>"):
        loads(polls={"odd": Odd})
