"""The daemon as a process against the simulated exchange: its life, its truth, its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.process import COMMAND, WITHOUT_DNS, arrivals, command, daemon, keys
from upbit_monitor.simulator import Key, Knobs, SimulatedExchange, SimulatorServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from typing import TypeAlias

    from upbit_monitor.simulator import Arrival, Reply

    Answering: TypeAlias = Callable[[Arrival, float], Reply]

KEY = Key(access="CanaryAccessKey" * 3, secret="CanarySecretKey" * 3)
ENVIRON = {**os.environ, **keys("korea", KEY)}

CONFIG = """\
targets:
  korea:
    region: kr
    base_url: {url}
    polls:
      markets: {{every: 500ms}}
      tickers: {{every: 500ms, quotes: [KRW], watch: [KRW-BTC]}}
      open_orders: {{every: 250ms}}
web: {{listen_address: "127.0.0.1:0"}}
log: {{level: {level}, format: json}}
"""


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatorServer]:
    async with SimulatorServer(SimulatedExchange("kr", seed=7, keys=(KEY,))) as server:
        yield server


@pytest.fixture
def config(exchange: SimulatorServer, tmp_path: Path) -> Path:
    path = tmp_path / "upbit-monitor.yml"
    path.write_text(CONFIG.format(url=exchange.url, level="debug"))
    return path


async def test_it_becomes_ready_and_ends_on_sigterm_with_exit_code_0(config: Path) -> None:
    async with daemon(config, ENVIRON) as process:
        await process.event("daemon_ready")
        assert (await process.get("readyz"))[0] == 200
        assert (await process.get("healthz"))[0] == 200
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    assert process.events[-1]["event"] == "daemon_stopped"
    told = {line["event"] for line in process.events}
    assert "quota_decided" in told
    assert "daemon_not_ready" not in told, "that it stops has been said"
    assert not [line for line in process.events if line["level"] in ("warning", "error")]


async def test_what_it_counted_is_what_the_exchange_received(
    config: Path, exchange: SimulatorServer
) -> None:
    faults = {"server_error_rate": "0.2", "garbage_rate": "0.1", "reset_mid_body_rate": "0.1"}
    exchange.exchange.turn(Knobs().turned(faults))
    async with daemon(config, ENVIRON) as process:
        while sum(exchange.exchange.ledger.values()) < 25:
            await process.event("request_failed")
        # What is on its way when the exchange goes quiet is over before the page is read.
        config.write_text(CONFIG.format(url="http://127.0.0.1:1", level="debug"))
        process.signal(signal.SIGHUP)
        await process.event("config_reloaded")
        samples = await process.samples()
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    received: Counter[tuple[str, str]] = Counter()
    paths = {"/v1/market/all": "market_all", "/v1/ticker/all": "ticker_all"}
    for (_, path, status), number in exchange.exchange.ledger.items():
        received[paths.get(path, "orders_open"), str(status)] += number
    counted: Counter[tuple[str, str]] = Counter()
    attempts: Counter[str] = Counter()
    for (name, labels), value in samples.items():
        label = dict(labels)
        if name == "upbit_api_responses_total" and value:
            counted[label["endpoint"], label["code"]] = int(value)
        if name == "upbit_api_attempts_total" and value:
            attempts[label["endpoint"]] = int(value)
    assert counted == received
    total: Counter[str] = Counter()
    for (endpoint, _), number in received.items():
        total[endpoint] += number
    assert attempts == total
    # What the attempts have told, the polls do not tell again.
    loud = [line for line in process.events if line["level"] == "warning"]
    assert {line["event"] for line in loud} == {"request_failed"}


async def test_a_hung_exchange_does_not_hold_up_the_end(
    config: Path, exchange: SimulatorServer
) -> None:
    exchange.exchange.turn(Knobs(hang_rate=1.0))
    async with daemon(config, ENVIRON) as process:
        await arrivals(exchange.exchange, 1)
        process.signal(signal.SIGTERM)
        # The requests under way would only give up after the time-out of 10 s.
        exit_code = await asyncio.wait_for(process.end(), timeout=9)
    assert exit_code == 0
    assert "request_cancelled" in {line["event"] for line in process.events}


async def test_a_hung_look_up_of_a_name_does_not_hold_up_the_end(config: Path) -> None:
    config.write_text(CONFIG.format(url="http://exchange.invalid", level="debug"))
    async with daemon(config, ENVIRON, program=WITHOUT_DNS) as process:
        await process.event("request_failed")
        process.signal(signal.SIGTERM)
        # The look-up itself would only end after a minute.
        assert await asyncio.wait_for(process.end(), timeout=30) == 0


async def test_a_hung_second_opinion_does_not_hold_up_the_end(config: Path) -> None:
    second = "second_opinion: {address: 'second.invalid:443', every: 60s, timeout: 60s}\n"
    config.write_text(config.read_text() + second)
    async with daemon(config, ENVIRON, program=WITHOUT_DNS) as process:
        await process.event("daemon_ready")  # the exchange has an address, and needs no name
        assert ("upbit_monitor_second_opinion_up", frozenset()) not in await process.samples()
        process.signal(signal.SIGTERM)
        # The look-up itself would only end after a minute.
        assert await asyncio.wait_for(process.end(), timeout=30) == 0
    assert process.events[-1]["event"] == "daemon_stopped"


async def test_a_second_opinion_follows_the_configuration_and_tells_what_changed(
    config: Path,
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    alone = config.read_text()
    up = ("upbit_monitor_second_opinion_up", frozenset[tuple[str, str]]())
    server = await asyncio.start_server(hang_up, "127.0.0.2", 0)
    port = server.sockets[0].getsockname()[1]
    section = f"second_opinion: {{address: '127.0.0.2:{port}', every: 1s, timeout: 1s}}\n"
    config.write_text(alone + section)
    async with daemon(config, ENVIRON) as process:
        while (await process.samples()).get(up) != 1:
            await process.event("request_succeeded")
        server.close()
        await server.wait_closed()
        lost = await process.event("second_opinion_lost")
        assert (lost["level"], lost["address"]) == ("warning", f"127.0.0.2:{port}")
        assert (await process.samples())[up] == 0
        assert (await process.get("readyz"))[0] == 200, "it says nothing of the polls"
        server = await asyncio.start_server(hang_up, "127.0.0.2", port)
        await process.event("second_opinion_back")
        config.write_text(alone)
        assert (await process.post("-/reload"))[0] == 200
        assert up not in await process.samples()
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    server.close()
    await server.wait_closed()


async def test_once_asks_for_a_second_opinion_if_a_host_is_named(config: Path) -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        address = f"127.0.0.2:{server.getsockname()[1]}"
        config.write_text(f"{config.read_text()}second_opinion: {{address: '{address}'}}\n")
        flags = ("once", "--output", "json", "--config.file", str(config))
        code, out, _ = await command(*flags, environ=ENVIRON)
    assert code == 0
    assert json.loads(out)["second_opinion"] == {"address": address, "up": True, "why": None}


async def test_a_second_signal_ends_it_at_once(config: Path, exchange: SimulatorServer) -> None:
    exchange.exchange.turn(Knobs(hang_rate=1.0))
    async with daemon(config, ENVIRON) as process:
        await arrivals(exchange.exchange, 1)
        process.signal(signal.SIGTERM)
        await process.event("daemon_stopping")
        process.signal(signal.SIGTERM)
        assert await process.end() == 1
    assert process.events[-1]["event"] != "daemon_stopped"


async def test_a_broken_configuration_is_told_and_the_old_one_stays(config: Path) -> None:
    async with daemon(config, ENVIRON) as process:
        await process.event("daemon_ready")
        config.write_text(config.read_text().replace("every: 500ms", "evry: 500ms"))
        process.signal(signal.SIGHUP)
        rejected = await process.event("config_rejected")
        assert "targets.korea.polls.markets.evry" in rejected["error"]
        assert "every" in rejected["error"]
        status, text = await process.post("-/reload")
        assert (status, "evry" in text) == (400, True)
        samples = await process.samples()
        assert samples["upbit_monitor_config_last_reload_successful", frozenset()] == 0
        _, page = await process.get("")
        assert "The configuration" in page
        assert "evry" in page
        assert (await process.get("readyz"))[0] == 200
        await process.event("request_succeeded")
        config.write_text(config.read_text().replace("evry: 500ms", "every: 500ms"))
        assert (await process.post("-/reload"))[0] == 200
        assert "The configuration" not in (await process.get(""))[1]
        process.signal(signal.SIGTERM)
        assert await process.end() == 0


async def test_a_reload_drops_a_target_with_its_series_and_keeps_counting_the_other(
    config: Path,
) -> None:
    both = config.read_text()
    other = both.partition("  korea:")[2].partition("web:")[0].replace("open_orders", "#")
    head, web, tail = both.partition("web:")
    config.write_text(f"{head}  other:{other}{web}{tail}")
    async with daemon(config, ENVIRON) as process:
        await process.event("daemon_ready")
        before = await process.samples()
        config.write_text(both)
        assert await process.post("-/reload") == (200, "reloaded\n")
        after = await process.samples()
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    assert [labels for _, labels in before if ("target", "other") in labels]
    assert not [labels for _, labels in after if ("target", "other") in labels]
    name = "upbit_api_attempts_total"
    korea = (name, frozenset({("target", "korea"), ("endpoint", "ticker_all")}))
    assert after[korea] >= before[korea] > 0


async def test_a_plan_that_the_share_cannot_sustain_is_told_at_the_start_and_at_a_reload(
    config: Path,
) -> None:
    good = config.read_text()
    config.write_text(good.replace("markets: {every: 500ms}", "markets: {every: 100ms}"))
    async with daemon(config, ENVIRON) as process:
        told = await process.event("plan_exceeds_share")
        planned = ("upbit_ratelimit_planned_requests_per_second",
                   frozenset({("target", "korea"), ("group", "market")}))  # fmt: skip
        assert round((await process.samples())[planned]) == 10
        config.write_text(good)
        assert (await process.post("-/reload"))[0] == 200
        assert round((await process.samples())[planned]) == 2
        config.write_text(good.replace("markets: {every: 500ms}", "markets: {every: 50ms}"))
        assert (await process.post("-/reload"))[0] == 200
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    assert (told["level"], told["group"], told["polls"][0]) == (
        "warning", "market", "korea/markets",
    )  # fmt: skip
    assert (round(told["planned_per_second"]), told["share_allows_per_second"]) == (10, 4.545)
    exceeded = [line for line in process.events if line["event"] == "plan_exceeds_share"]
    assert [round(line["planned_per_second"]) for line in exceeded] == [10, 20]


async def test_no_secret_leaves_it(config: Path, exchange: SimulatorServer) -> None:
    exchange.exchange.turn(Knobs(server_error_rate=0.5))
    async with daemon(config, ENVIRON) as process:
        for _ in range(20):
            await process.event("request_failed")
        pages = [await process.get(path) for path in ("", "metrics", "config", "readyz")]
        process.signal(signal.SIGTERM)
        await process.end()
    shown = "".join(process.raw) + "".join(text for _, text in pages)
    assert "CanaryAccess" not in shown
    assert "CanarySecret" not in shown
    assert "eyJ" not in shown


async def test_a_wrong_key_parks_the_account_poll_and_leaves_the_public_ones(config: Path) -> None:
    environ = {**ENVIRON, **keys("korea", Key(access="x" * 40, secret="y" * 40))}
    async with daemon(config, environ) as process:
        parked = await process.event("poll_parked")
        assert parked["poll"] == "open_orders"
        assert "invalid_access_key" in parked["error"]
        for _ in range(8):
            line = await process.event("request_succeeded")
            assert line["poll"] != "open_orders"
        status, text = await process.get("readyz")
        assert status == 503
        assert [reason["poll"] for reason in json.loads(text)["reasons"]] == ["open_orders"]
        process.signal(signal.SIGTERM)
        assert await process.end() == 0


async def test_a_port_that_is_taken_is_one_clear_error(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        code, _, err = await command("run", "--config.file", str(config), environ=ENVIRON)
    assert code == 1
    assert str(port) in err
    assert "another port" in err
    assert "Traceback" not in err


async def test_a_dead_log_reader_does_not_stop_the_watching(
    config: Path, exchange: SimulatorServer
) -> None:
    async with daemon(config, ENVIRON) as process:
        stdout = process.process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]  # noqa: SLF001
        stdout.close()
        await arrivals(exchange.exchange, 10)
        samples = await process.samples()
        assert samples["upbit_monitor_log_failures_total", frozenset()] > 0
        process.signal(signal.SIGTERM)
        assert await process.process.wait() == 0


async def test_once_tells_what_it_saw_and_exits_0(config: Path) -> None:
    code, out, err = await command("once", "--config.file", str(config), environ=ENVIRON)
    assert (code, err) == (0, "")
    assert "upbit_ticker_trade_price" in out
    assert "All polls succeeded." in out


async def test_once_tells_each_decision_of_the_limiter_if_asked(config: Path) -> None:
    flags = ("once", "--debug", "--config.file", str(config))
    code, out, err = await command(*flags, environ=ENVIRON)
    assert code == 0
    story = [line.split(maxsplit=3)[2:] for line in out.splitlines() if line.startswith("    +")]
    assert ["market", "goes at once: nothing is known yet, so this is a probe"] in story
    assert ["market", "9 of 10 left; ours explain it"] in story
    assert "request_succeeded" in err
    assert "quota_decided" not in err, "it would be told twice"
    code, out, _ = await command(*flags, "--output", "json", environ=ENVIRON)
    decisions = json.loads(out)["targets"]["korea"]["decisions"]
    assert {decision["group"] for decision in decisions} == {"market", "ticker", "default"}
    assert sorted(decisions, key=lambda each: each["at_seconds"]) == decisions


async def test_once_tells_no_decision_unless_asked(config: Path) -> None:
    flags = ("once", "--output", "json", "--config.file", str(config))
    _, out, _ = await command(*flags, environ=ENVIRON)
    assert "decisions" not in json.loads(out)["targets"]["korea"]


async def test_once_exits_3_when_the_exchange_is_unwell(
    config: Path, exchange: SimulatorServer
) -> None:
    exchange.exchange.turn(Knobs(maintenance="503_html"))
    code, out, _ = await command(
        "once", "--output", "json", "--config.file", str(config), environ=ENVIRON
    )
    seen = json.loads(out)
    assert (code, seen["healthy"]) == (3, False)
    assert "503" in seen["targets"]["korea"]["polls"]["markets"]["why"]


async def test_healthcheck_tells_life_from_death(config: Path) -> None:
    async with daemon(config, ENVIRON) as process:
        await process.event("daemon_ready")
        address = process.url.removeprefix("http://").rstrip("/")
        for flags in ((), ("--ready",)):
            code, _, _ = await command(
                "healthcheck", *flags, "--web.listen-address", address, environ=ENVIRON
            )
            assert code == 0
        process.signal(signal.SIGTERM)
        await process.end()
    code, _, err = await command("healthcheck", "--web.listen-address", address, environ=ENVIRON)
    assert code == 1
    assert "Traceback" not in err


async def test_two_accounts_of_one_region_and_another_region_work_at_once(
    exchange: SimulatorServer, tmp_path: Path
) -> None:
    second = Key(access="b" * 40, secret="c" * 40, account="second")
    exchange.exchange.issue(second)
    target = """
  {name}:
    region: {region}
    base_url: {url}
    polls:
      markets: {{every: 500ms}}
      tickers: {{every: 1s}}
      open_orders: {{every: 300ms}}"""
    async with SimulatorServer(SimulatedExchange("sg", seed=3, keys=(KEY,))) as singapore:
        config = tmp_path / "three.yml"
        config.write_text(
            "targets:"
            + target.format(name="korea", region="kr", url=exchange.url)
            + target.format(name="second", region="kr", url=exchange.url)
            + target.format(name="singapore", region="sg", url=singapore.url)
            + '\nweb: {listen_address: "127.0.0.1:0"}\nlog: {requests: info}\n'
        )
        environ = {**ENVIRON, **keys("second", second), **keys("singapore", KEY)}
        async with daemon(config, environ) as process:
            await process.event("daemon_ready")
            samples = await process.samples()
            process.signal(signal.SIGTERM)
            assert await process.end() == 0
    assert not [line for line in process.events if line["level"] in ("warning", "error")]
    assert "quota_decided" not in {line["event"] for line in process.events}
    for name in ("korea", "second", "singapore"):
        ready = {(line.get("poll"), line.get("target")) for line in process.events}
        assert {("markets", name), ("tickers", name), ("open_orders", name)} <= ready
    quotes = {
        (dict(labels)["target"], dict(labels)["quote"])
        for metric, labels in samples
        if metric == "upbit_markets"
    }
    assert {("korea", "KRW"), ("second", "KRW"), ("singapore", "SGD")} <= quotes
    assert ("singapore", "KRW") not in quotes


async def test_a_reload_that_meets_the_end_is_refused_and_the_end_is_clean(
    config: Path, exchange: SimulatorServer
) -> None:
    exchange.exchange.turn(Knobs(hang_rate=1.0))
    async with daemon(config, ENVIRON) as process:
        await arrivals(exchange.exchange, 1)
        async with asyncio.TaskGroup() as tasks:
            reload = tasks.create_task(process.post("-/reload"))
            await process.get("healthz")  # answered after the reload was asked for
            process.signal(signal.SIGTERM)
            exit_code = await process.end()
    status, text = reload.result()
    assert exit_code == 0
    assert (status, "stopping" in text) == (400, True)
    assert not [line for line in process.events if line["event"] == "uncaught_exception"]


@pytest.mark.parametrize("arguments", [("config-schema",), ("metrics-doc",), ("version",)])
async def test_a_full_disk_is_one_clear_error(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 -- a device
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *arguments, stdout=full, stderr=asyncio.subprocess.PIPE
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert "No space left" in err.decode()
    assert "Traceback" not in err.decode()


async def test_a_healthcheck_that_is_not_ready_says_why(
    config: Path, exchange: SimulatorServer
) -> None:
    exchange.exchange.turn(Knobs(maintenance="500"))
    async with daemon(config, ENVIRON) as process:
        await process.event("request_failed")
        address = process.url.removeprefix("http://").rstrip("/")
        # A proxy of the environment is not asked.
        environ = {**ENVIRON, "http_proxy": "http://127.0.0.1:9"}
        code, _, err = await command(
            "healthcheck", "--ready", "--web.listen-address", address, environ=environ
        )
        process.signal(signal.SIGTERM)
        await process.end()
    assert code == 1
    assert '"poll": "markets"' in err


async def test_a_block_survives_sigkill_and_holds_for_once_and_for_the_next_daemon(
    config: Path, exchange: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, seconds = exchange.exchange, 8.0  # two processes start meanwhile
    came: list[tuple[float, int]] = []

    def answer(arrival: Arrival, now: float, *, plain: Answering = world.answer) -> Reply:
        reply = plain(arrival, now)
        came.append((now, reply.status))
        return reply

    monkeypatch.setattr(world, "answer", answer)
    # Strangers use up one group, our first request there is refused, and the next one anywhere
    # is told of the block. Only the address is blocked: the account is another scope.
    config.write_text(config.read_text().replace("open_orders", "# open_orders"))
    world.turn(Knobs(strangers={"ticker": 1000.0}, block_after_refusals=1, block_seconds=seconds))
    async with daemon(config, ENVIRON) as process:
        await process.event("request_blocked")
        process.signal(signal.SIGKILL)
        assert await process.end() == -signal.SIGKILL
    ledgers = [line for line in process.events if line["event"] == "quota_refused"]
    assert [line["status"] for line in ledgers][:2] == [429, 418]
    assert {line["base_url"] for line in ledgers} == {exchange.url}
    (began,) = (at for at, status in came if status == 429)
    before = len(came)

    world.turn(Knobs(latency_ms=300.0, latency_sigma=0.0))  # a probe takes a while
    code, _, err = await command("once", "--config.file", str(config), environ=ENVIRON)
    assert (code, "block_restored" in err) == (3, True)
    async with daemon(config, ENVIRON) as process:
        (restored,) = (line for line in process.events if line["event"] == "block_restored")
        assert 0 < restored["seconds"] < seconds + 1
        await process.event("request_succeeded")
        await process.event("request_succeeded")
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    (probe, status), (second, _), *_ = came[before:]
    assert probe > began + seconds
    assert (status, second > probe + 0.3) == (200, True)


async def test_a_running_daemon_heeds_a_block_that_once_got_beside_it(
    config: Path, exchange: SimulatorServer
) -> None:
    text = config.read_text().replace("open_orders", "# open_orders")
    config.write_text(text.replace("250ms", "60s").replace("500ms", "60s"))
    beside = ("once", "markets", "tickers", "--config.file", str(config))
    async with daemon(config, ENVIRON) as process:
        await process.event("daemon_ready")
        # Once is refused, since others use up a group; and blocked, when it asks again.
        strangers = {"ticker": 1000.0}
        exchange.exchange.turn(Knobs(strangers=strangers, block_after_refusals=1))
        for _ in range(2):
            assert (await command(*beside, environ=ENVIRON))[0] == 3
        learned = await process.event("block_learned")
        assert learned["seconds"] > 1
        samples = await process.samples()
        process.signal(signal.SIGTERM)
        assert await process.end() == 0
    until = {
        dict(labels)["group"]: value
        for (name, labels), value in samples.items()
        if name == "upbit_ratelimit_blocked_until_timestamp_seconds"
    }
    assert min(until[group] for group in ("market", "ticker", "orderbook")) > 0
