import os
import stat
from pathlib import Path

import pytest

from tests.config.conftest import MINIMAL, Loads, Refuses, unprivileged
from upbit_monitor.config import masked
from upbit_monitor.config.credentials import keys

ACCESS, SECRET = "UPBIT_MONITOR_KOREA_ACCESS_KEY", "UPBIT_MONITOR_KOREA_SECRET_KEY"
CANARY = "Zx81canary0000000000000000000000000Qw9vv"
FILES = MINIMAL.replace(
    "region", "credentials: {access_key_file: access, secret_key_file: secret}, region"
)


def write(file: Path, content: str | bytes, mode: int = 0o600) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)


@pytest.fixture
def both(folder: Path) -> Path:
    write(folder / "access", "the-access-key\n")
    write(folder / "secret", f"  {CANARY}\n")
    return folder


def test_keys_come_from_files_beside_the_configuration(loads: Loads, both: Path) -> None:
    credentials = loads(FILES).targets["korea"].credentials
    assert credentials is not None
    assert credentials.access_key.get_secret_value() == "the-access-key"
    assert credentials.secret_key.get_secret_value() == CANARY
    assert credentials.algorithm == "HS512"
    assert not credentials.from_environment
    absolute = FILES.replace("access_key_file: access", f"access_key_file: {both}/access")
    assert loads(absolute).targets["korea"].credentials == credentials


def test_keys_come_from_the_environment(loads: Loads) -> None:
    text = MINIMAL.replace("region", "credentials: {algorithm: HS256}, region")
    credentials = loads(text, environ={ACCESS: "a", SECRET: CANARY}).targets["korea"].credentials
    assert credentials is not None
    assert credentials.access_key.get_secret_value() == "a"
    assert credentials.secret_key.get_secret_value() == CANARY
    assert credentials.algorithm == "HS256"
    assert credentials.from_environment


@pytest.mark.usefixtures("both")
def test_one_half_may_come_from_a_file_and_the_other_from_the_environment(loads: Loads) -> None:
    text = FILES.replace("access_key_file: access, ", "")
    credentials = loads(text, environ={ACCESS: "a"}).targets["korea"].credentials
    assert credentials is not None
    assert credentials.from_environment, "a half of it cannot be changed without a restart"


def test_a_variable_belongs_to_the_target_that_it_names(loads: Loads) -> None:
    text = """
        targets:
          kr-1: {region: kr, polls: {pulse: }}
          korea: {region: kr, polls: {pulse: }}
        """
    environ = {"UPBIT_MONITOR_KR_1_ACCESS_KEY": "a", "UPBIT_MONITOR_KR_1_SECRET_KEY": "s"}
    targets = loads(text, environ=environ).targets
    assert targets["kr-1"].credentials
    assert targets["korea"].credentials is None


def test_two_targets_that_would_share_a_variable_are_refused(refuses: Refuses) -> None:
    (problem,) = refuses(
        """
        targets:
          kr-1: {region: kr, polls: {pulse: }}
          kr_1: {region: kr, polls: {pulse: }}
        """
    )
    assert problem.place == "c.yml:4: targets.kr_1"
    assert "UPBIT_MONITOR_KR_1_ACCESS_KEY, as the target kr-1 does" in problem.what


@pytest.mark.usefixtures("both")
def test_an_empty_variable_is_none(loads: Loads) -> None:
    environ = {ACCESS: "", SECRET: ""}
    assert loads(environ=environ).targets["korea"].credentials is None
    assert loads(FILES, environ=environ).targets["korea"].credentials


@pytest.mark.usefixtures("both")
def test_a_file_and_a_variable_for_the_same_half_are_refused(refuses: Refuses) -> None:
    (problem,) = refuses(FILES, environ={SECRET: CANARY})
    assert problem.place == "c.yml:1: targets.korea.credentials.secret_key_file"
    assert problem.what == f"is given, and so is the variable {SECRET}"


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("text", "environ", "lost"),
    [
        (FILES.replace(", secret_key_file: secret", ""), {}, "secret_key"),
        (FILES.replace("access_key_file: access, ", ""), {}, "access_key"),
        (MINIMAL, {ACCESS: "a"}, "secret_key"),
        (MINIMAL, {SECRET: "s"}, "access_key"),
    ],
)
def test_half_a_key_is_refused(
    refuses: Refuses, text: str, environ: dict[str, str], lost: str
) -> None:
    (problem,) = refuses(text, environ=environ)
    assert problem.what == f"is half a key, without the {lost}"
    assert problem.remedy.startswith(f"set {lost}_file or the variable UPBIT_MONITOR_KOREA_")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file that it names is empty"),
        (b" \n\n", "the file that it names is empty"),
        (b"two words", "has white space or characters that no key has"),
        (b"two\nlines\n", "has white space or characters that no key has"),
        ("é".encode(), "has white space or characters that no key has"),
        (b"\xff\xfe", "has white space or characters that no key has"),
        (b"\xef\xbb\xbfkey", "has white space or characters that no key has"),
        (b"nul\x00", "has white space or characters that no key has"),
        (b"k" * 4097, "names a file too long for a key"),
    ],
)
def test_a_file_without_a_key_alone_in_it_is_refused(
    refuses: Refuses, both: Path, content: bytes, what: str
) -> None:
    write(both / "secret", content)
    (problem,) = refuses(FILES)
    assert problem.place == "c.yml:1: targets.korea.credentials.secret_key_file"
    assert what in problem.what
    assert problem.remedy == "put the key into it, and nothing else"


@pytest.mark.parametrize("content", [b"k", b"k" * 4096, b"\tk\r\n", bytes(range(33, 127))])
def test_a_file_with_a_key_alone_in_it_is_accepted(
    loads: Loads, both: Path, content: bytes
) -> None:
    write(both / "secret", content)
    credentials = loads(FILES).targets["korea"].credentials
    assert credentials is not None
    assert credentials.secret_key.get_secret_value() == content.decode().strip()


@pytest.mark.parametrize("value", [" ", "two words", "é", "a\udcffb"])
def test_a_variable_without_a_key_alone_in_it_is_refused(refuses: Refuses, value: str) -> None:
    (problem,) = refuses(environ={ACCESS: "a", SECRET: value})
    assert problem.place == "c.yml:1: targets.korea.credentials"
    assert problem.what.startswith(f"the variable {SECRET} ")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o644, 0o666, 0o777])
def test_a_file_that_is_open_to_every_user_is_refused(
    refuses: Refuses, both: Path, mode: int
) -> None:
    (both / "secret").chmod(mode)
    (problem,) = refuses(FILES)
    assert problem.what == "names a file that is open to every user"
    assert problem.remedy.startswith("chmod 600 secret")


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640, 0o660])
def test_a_file_that_its_group_may_read_is_accepted(loads: Loads, both: Path, mode: int) -> None:
    (both / "secret").chmod(mode)
    assert loads(FILES).targets["korea"].credentials


def test_a_link_is_followed_as_kubernetes_mounts_secrets(loads: Loads, both: Path) -> None:
    (both / "..data").mkdir()
    (both / "secret").rename(both / "..data" / "secret")
    (both / "secret").symlink_to(both / "..data" / "secret")
    assert loads(FILES).targets["korea"].credentials


def test_a_file_that_may_not_be_read_is_told(both: Path) -> None:
    (both / "secret").chmod(0o000)
    files = {"access_key_file": "access", "secret_key_file": "secret"}
    with unprivileged():
        faults = keys("korea", files, {}, both).faults
    assert ("targets", "korea", "credentials", "secret_key_file") in {it.path for it in faults}
    assert {it.what for it in faults} == {"names a file that this user may not read"}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (".", "is not the name of a regular file"),
        ("pipe", "is not the name of a regular file"),
        ("/dev/null", "is not the name of a regular file"),
        ("access/x", "cannot be read"),
        ("x" * 300, "cannot be read"),
        (CANARY, "names a file that does not exist"),
    ],
)
def test_what_is_no_file_is_refused_and_never_waited_for(
    refuses: Refuses, both: Path, name: str, what: str
) -> None:
    os.mkfifo(both / "pipe", stat.S_IRUSR)
    (problem,) = refuses(FILES.replace("secret_key_file: secret", f"secret_key_file: {name}"))
    assert what in problem.what
    assert CANARY not in str(problem)


@pytest.mark.parametrize(
    "section",
    [
        f"{{access_key: {CANARY}}}",
        f"{{secret_key_file: [{CANARY}]}}",
        f"{{secret_key_file: {CANARY}}}",
        f"{{{CANARY}: }}",
        f"{{algorithm: {CANARY}}}",
        f"[{CANARY}]",
        CANARY,
        f"'{CANARY}",
        f"*{CANARY}",
        f"&{CANARY} x",
        f"!{CANARY} x",
        f"!{CANARY}!x y",
        f"{{a: &{CANARY} 1, b: &{CANARY} 2}}",
        f"%{CANARY}",
        f"@{CANARY}",
        f"`{CANARY}",
        f"{{secret_key_file: {CANARY}",
        f'"\\u{CANARY}"',
    ],
)
def test_what_stands_under_credentials_is_never_repeated(refuses: Refuses, section: str) -> None:
    text = (
        f"targets:\n  korea:\n    region: kr\n    polls: {{pulse: }}\n    credentials: {section}\n"
    )
    problems = refuses(text)
    assert not any(CANARY in str(problem) for problem in problems)


def test_a_key_written_into_the_file_is_answered_with_where_to_put_it(refuses: Refuses) -> None:
    text = MINIMAL.replace("region", f"credentials: {{access_key: {CANARY}}}, region")
    (problem,) = refuses(text)
    assert problem.remedy.startswith("did you mean access_key_file?")
    assert "only the name of the file that holds it" in problem.remedy


def test_secrets_show_in_no_repr_and_not_in_the_masked_settings(loads: Loads) -> None:
    settings = loads(environ={ACCESS: f"A{CANARY}", SECRET: f"S{CANARY}"})
    target = settings.targets["korea"]
    for shown in (repr(settings), str(settings), repr(target.credentials), masked(settings)):
        assert CANARY not in str(shown)


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("name", ["access_key_file", "secret_key_file"])
@pytest.mark.parametrize("value", ["", "''", "5", "[]"])
def test_a_file_name_that_is_none_is_told_once(refuses: Refuses, name: str, value: str) -> None:
    half = name.partition("_")[0]
    text = FILES.replace(f"{name}: {half}", f"{name}: {value}")
    (problem,) = refuses(text)
    assert problem.place.startswith("c.yml:1: targets.korea.credentials")
