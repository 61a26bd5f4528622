import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.config.addresses import base_url, listen_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:10931", "127.0.0.1", 10931),
        ("0.0.0.0:0", "0.0.0.0", 0),  # noqa: S104 -- an address to parse, not to bind
        ("localhost:65535", "localhost", 65535),
        ("[::1]:10931", "::1", 10931),
        ("[::]:80", "::", 80),
    ],
)
def test_host_and_port_are_told_apart(text: str, host: str, port: int) -> None:
    assert listen_address(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":10931", "10931", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536"),
        *("::1:10931", "[::1]", "[::g]:1", "[127.0.0.1]:1", "[]:1", "256.0.0.1:1", "1.2.3:1"),
        *("a b:1", "a..b:1", "a:1:2", "http://a:1", "a:1/", "a:-1", "a:1\n"),
    ],
)
def test_what_cannot_be_listened_on_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port; write"):
        listen_address(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.upbit.com", "https://api.upbit.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://simulator", "http://simulator"),
    ],
)
def test_a_base_url_loses_the_slash_at_its_end(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", "api.upbit.com", "ftp://a", "HTTP://a", "http://", "http:///", "http://a//"),
        *("http://a/v1", "http://a?x=1", "http://a#x", "http://a:0x50", "http://a:70000"),
        *("http://[::1", "http://a b", "https://https://a"),
    ],
)
def test_what_is_no_base_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the base URL of an exchange; write"):
        base_url(text)


def test_a_password_in_a_base_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="neither a user nor a path") as caught:
        base_url("https://trader:hunter2@api.upbit.com")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for read in (listen_address, base_url):
        try:
            read(text)
        except ValueError as error:
            assert "; write" in str(error)  # noqa: PT017 -- raised for most texts, not for all


@pytest.mark.parametrize(
    "text", ["https://API.upbit.com", "https://api.upbit.com:443", "https://api.upbit.com:443/"]
)
def test_one_host_has_one_text(text: str) -> None:
    assert base_url(text) == "https://api.upbit.com"
