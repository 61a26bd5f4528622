"""Where to listen, whom to call and where to ask: ``host:port`` and ``http://host:port``."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]{1,5}))?")
_NAME: Final = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}")
_NUMERIC: Final = re.compile(r"[0-9.]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_PORT: Final = 65_535


def listen_address(text: str) -> tuple[str, int]:
    """Host (IPv6 without its brackets) and port of ``host:port``; port 0 lets the system choose.

    Raises ``ValueError`` ("what is wrong; how to mend it").
    """
    host, port = _authority(text)
    if host is None or port is None:
        # `:10931` means "every interface" to other exporters. Here that must be said in full: the
        # pages tell which markets and orders an account watches.
        raise ValueError(
            "is not host:port; write, for example, 127.0.0.1:10931, [::1]:10931, "
            "or 0.0.0.0:10931 for every interface"
        )
    return host, port


def remote_address(text: str) -> tuple[str, int]:
    """Host (IPv6 without its brackets) and port of ``host:port``, to connect to.

    Raises ``ValueError`` ("what is wrong; how to mend it").
    """
    host, port = _authority(text)
    if host is None or not port:
        raise ValueError(
            "is not host:port; write, for example, one.one.one.one:443 or [2606:4700::1111]:443"
        )
    return host, port


def host_of(url: str) -> str:
    """Host, in lower case, of what ``base_url`` gave."""
    host, _ = _authority(url.partition("://")[2])
    return (host or "").lower()


def base_url(text: str) -> str:
    """``text``, without a slash at its end, if it is ``http(s)://host`` or ``…://host:port``.

    Raises ``ValueError`` ("what is wrong; how to mend it"), which does not repeat the text: a URL
    may hold a password.
    """
    scheme, _, rest = text.removesuffix("/").partition("://")
    host, port = _authority(rest)
    if scheme not in {"http", "https"} or host is None:
        raise ValueError(
            "is not the base URL of an exchange; write http:// or https://, a host and perhaps "
            "a port, such as http://127.0.0.1:8080, and neither a user nor a path"
        )
    # One host has one text: targets that share an IP quota are known by it.
    if port == _DEFAULT_PORTS[scheme]:
        rest = rest.rpartition(":")[0]
    return f"{scheme}://{rest.lower()}"


def _authority(text: str) -> tuple[str | None, int | None]:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None, None
    port = None if match["port"] is None else int(match["port"])
    if port is not None and port > _MAX_PORT:
        return None, None
    return _host(match["host"]), port


def _host(text: str) -> str | None:
    try:
        if text.startswith("["):
            return str(IPv6Address(text[1:-1]))
        if _NUMERIC.fullmatch(text):
            return str(IPv4Address(text))
    except ValueError:
        return None
    return text if _NAME.fullmatch(text) else None
