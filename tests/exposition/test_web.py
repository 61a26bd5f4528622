import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientResponse, ClientSession, DummyCookieJar
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from tests.exposition.examples import ILL, PAGES, WELL, daemon, unheard
from upbit_monitor.errors import ConfigError, MonitorError, Problem
from upbit_monitor.exposition import Status, WebServer
from upbit_monitor.exposition.negotiate import Format

REFUSAL = Problem("config.yml:3", "unknown key `evry`", "did you mean `every`?")


def registry() -> CollectorRegistry:
    shown = CollectorRegistry()
    counter = Counter("asked", "Asked.", ["target"], registry=shown)
    counter.labels("korea").inc(exemplar={"request_id": "00ff"})
    gauge = Gauge("price", "Price.", ["market"], registry=shown)
    for number in range(500):
        gauge.labels(f"KRW-{number}").set(number)
    return shown


async def accept() -> None:
    """Take the new configuration."""


async def refuse() -> None:
    raise ConfigError([REFUSAL])


def url_of(server: WebServer, path: str) -> str:
    host, port = server.address
    return f"http://{host}:{port}{path}"


@asynccontextmanager
async def serving(
    status: Callable[[], Status] = lambda: WELL,
    shown: CollectorRegistry | None = None,
    *,
    reload: Callable[[], Awaitable[None]] | None = accept,
    renders: list[float] | None = None,
) -> AsyncIterator[ClientSession]:
    """A server on a free port, and a client that asks it."""
    server = WebServer(
        shown or registry(),
        status,
        on_render=unheard if renders is None else renders.append,
        reload=reload,
        config=lambda: {"key": "***", "targets": ["korea"]},
    )
    await server.start("127.0.0.1", 0)
    # the client must not ask for gzip, nor unpack it, by itself
    session = ClientSession(
        url_of(server, "/"),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding"),
        cookie_jar=DummyCookieJar(),
    )
    try:
        async with session:
            yield session
    finally:
        await server.stop()


async def asked(
    session: ClientSession, path: str, method: str = "GET", **headers: str
) -> tuple[ClientResponse, bytes]:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.request(method, path, headers=spelled) as response:
        return response, await response.read()


async def test_metrics_come_as_text_unless_openmetrics_is_asked_for() -> None:
    shown = registry()
    async with serving(shown=shown) as session:
        response, body = await asked(session, "/metrics")
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert body == PAGES[Format.TEXT](shown)
        wish = "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"
        response, body = await asked(session, "/metrics", Accept=wish)
        assert response.headers["Content-Type"].startswith(
            "application/openmetrics-text; version=1"
        )
        assert body == PAGES[Format.OPENMETRICS](shown)


async def test_gzip_is_sent_where_it_is_welcome_and_only_there() -> None:
    shown = registry()
    async with serving(shown=shown) as session:
        response, body = await asked(session, "/metrics", Accept_Encoding="gzip")
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == PAGES[Format.TEXT](shown)
        response, body = await asked(session, "/metrics", Accept_Encoding="gzip;q=0")
        assert "Content-Encoding" not in response.headers
        assert body == PAGES[Format.TEXT](shown)
        assert response.headers["Vary"] == "Accept, Accept-Encoding"


async def test_each_render_is_told_how_long_it_took() -> None:
    renders: list[float] = []
    async with serving(renders=renders) as session:
        await asked(session, "/metrics")
        await asked(session, "/healthz")
    assert len(renders) == 1
    assert renders[0] > 0


async def test_healthz_is_ok_even_when_nothing_else_is() -> None:
    async with serving(lambda: daemon(*ILL.targets, draining=True)) as session:
        response, body = await asked(session, "/healthz")
    assert (response.status, body) == (200, b"ok\n")


async def test_readyz_says_yes_when_every_poll_is_fresh() -> None:
    async with serving() as session:
        response, body = await asked(session, "/readyz")
    assert response.status == 200
    assert json.loads(body) == {"ready": True, "draining": False, "reasons": []}


async def test_readyz_says_no_and_which_poll_of_which_target_is_why() -> None:
    async with serving(lambda: ILL) as session:
        response, body = await asked(session, "/readyz")
    assert response.status == 503
    reasons = json.loads(body)["reasons"]
    assert [reason["poll"] for reason in reasons] == ["tickers", "open_orders", "candles", "trades"]
    assert reasons[0] == {
        "target": "korea",
        "poll": "tickers",
        "state": "failing",
        "why": "429 too_many_requests",
    }


async def test_readyz_says_no_while_draining() -> None:
    async with serving(lambda: daemon(*WELL.targets, draining=True)) as session:
        response, body = await asked(session, "/readyz")
    assert response.status == 503
    assert json.loads(body)["draining"] is True


async def test_the_landing_page_links_to_all_that_can_be_looked_at() -> None:
    async with serving() as session:
        response, body = await asked(session, "/")
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        for path in ("/metrics", "/healthz", "/readyz", "/config"):
            assert f'href="{path}"'.encode() in body
        assert b"/-/reload" not in body
        _, paused = await asked(session, "/?pause")
        assert b'http-equiv="refresh"' not in paused


async def test_half_a_surrogate_pair_from_outside_breaks_no_page() -> None:
    broken = daemon(*WELL.targets, *ILL.targets)
    broken = Status("\ud800", "x", broken.started_at, broken.now, broken.targets)
    async with serving(lambda: broken) as session:
        response, _ = await asked(session, "/")
    assert response.status == 200


async def test_the_configuration_is_shown_as_it_is_given() -> None:
    async with serving() as session:
        response, body = await asked(session, "/config")
    assert response.headers["Content-Type"].startswith("application/json")
    assert json.loads(body) == {"key": "***", "targets": ["korea"]}


async def test_what_the_app_does_not_give_is_not_there() -> None:
    server = WebServer(registry(), lambda: WELL, on_render=unheard)
    await server.start("127.0.0.1", 0)
    async with ClientSession(url_of(server, "/")) as session:
        for method, path in (("GET", "/config"), ("POST", "/-/reload")):
            response, _ = await asked(session, path, method)
            assert response.status == 404
    await server.stop()


async def test_a_reload_that_is_taken_says_so() -> None:
    async with serving() as session:
        response, body = await asked(session, "/-/reload", "POST")
    assert (response.status, body) == (200, b"reloaded\n")


async def test_a_reload_that_is_refused_says_why() -> None:
    async with serving(reload=refuse) as session:
        response, body = await asked(session, "/-/reload", "POST")
    assert response.status == 400
    assert body.decode() == f"{REFUSAL}\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1", "Host": "localhost:2"},
        {"Origin": "http://[", "Host": "localhost"},
    ],
)
async def test_a_page_of_another_site_cannot_reload(headers: dict[str, str]) -> None:
    reloads: list[None] = []

    async def note() -> None:
        reloads.append(None)

    async with serving(reload=note) as session:
        response, _ = await asked(session, "/-/reload", "POST", **headers)
    assert response.status == 403
    assert not reloads


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://proxy.example"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "http://localhost:1", "Host": "localhost:1"},
    ],
)
async def test_our_own_page_and_a_person_can_reload(headers: dict[str, str]) -> None:
    async with serving() as session:
        response, _ = await asked(session, "/-/reload", "POST", **headers)
    assert response.status == 200


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/config"])
async def test_head_says_what_get_would_and_sends_no_body(path: str) -> None:
    async with serving() as session:
        get, body = await asked(session, path)
        head, nothing = await asked(session, path, "HEAD")
    assert nothing == b""
    assert head.status == get.status
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert int(head.headers["Content-Length"]) == len(body)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/metrics", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("OPTIONS", "/config", "GET, HEAD"),
        ("GET", "/-/reload", "POST"),
        ("HEAD", "/-/reload", "POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str) -> None:
    async with serving() as session:
        response, _ = await asked(session, path, method)
    assert response.status == 405
    assert response.headers["Allow"] == allowed


async def test_an_unknown_path_is_not_found_in_plain_words() -> None:
    async with serving() as session:
        response, body = await asked(session, "/favicon.ico")
    assert response.status == 404
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"/metrics" in body


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/config", "/nowhere"])
async def test_every_answer_is_kept_nowhere_and_framed_by_nobody(path: str) -> None:
    async with serving() as session:
        response, _ = await asked(session, path)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "aiohttp" not in response.headers["Server"]


async def test_a_port_that_is_taken_is_named_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = WebServer(registry(), lambda: WELL, on_render=unheard)
        with pytest.raises(MonitorError, match=rf"127\.0\.0\.1:{port}: .*in use; .*another port"):
            await server.start("127.0.0.1", port)


async def test_an_address_that_is_not_ours_is_named_with_a_remedy() -> None:
    server = WebServer(registry(), lambda: WELL, on_render=unheard)
    with pytest.raises(MonitorError, match=r"192\.0\.2\.1:0: cannot listen.*address of this host"):
        await server.start("192.0.2.1", 0)


async def test_a_server_that_is_stopped_listens_no_more_and_can_be_stopped_again() -> None:
    server = WebServer(registry(), lambda: WELL, on_render=unheard)
    await server.start("127.0.0.1", 0)
    host, port = server.address
    await server.stop()
    await server.stop()
    with pytest.raises(RuntimeError):
        _ = server.address
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, port)


async def test_stopping_does_not_wait_for_a_request_that_hangs() -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    server = WebServer(registry(), lambda: WELL, on_render=unheard, reload=hang)
    await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(b"POST /-/reload HTTP/1.1\r\nHost: a\r\n\r\n")
    await begun.wait()
    await server.stop()
    assert await reader.read() == b""
    writer.close()


class Endless:
    """A collector that never comes to its end."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    def collect(self) -> Iterator[Metric]:
        self.begun.set()
        while True:
            yield GaugeMetricFamily("again", "And again.", value=1)


async def test_stopping_gives_up_a_scrape_that_does_not_end() -> None:
    endless = Endless()
    shown = CollectorRegistry()
    shown.register(endless)
    server = WebServer(shown, lambda: WELL, on_render=unheard)
    await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    await endless.begun.wait()
    await server.stop()
    assert await reader.read() == b""
    assert asyncio.all_tasks() == {asyncio.current_task()}
    writer.close()


async def test_many_scrapers_at_once_are_all_answered_by_few_renders() -> None:
    renders: list[float] = []
    shown = registry()
    async with serving(shown=shown, renders=renders) as session:
        scrapes = (asked(session, "/metrics") for _ in range(30))
        bodies = {body for _, body in await asyncio.gather(*scrapes)}
    assert bodies == {PAGES[Format.TEXT](shown)}
    assert len(renders) < 30


async def test_nothing_is_left_behind_by_scrapers_that_vanish() -> None:
    server = WebServer(registry(), lambda: WELL, on_render=unheard)
    await server.start("127.0.0.1", 0)
    for _ in range(5):
        _, writer = await asyncio.open_connection(*server.address)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        await writer.drain()
        writer.transport.abort()
    async with ClientSession() as session, session.get(url_of(server, "/metrics")) as response:
        assert response.status == 200
    await server.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}
