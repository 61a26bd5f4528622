"""The front door: commands, flags, exit codes, and errors that say what to do.

Exit codes: 0 all is well, 1 the daemon could not go on, 2 the command line or the configuration
is wrong, 3 ``once`` found something unwell.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import click

from upbit_monitor import __version__
from upbit_monitor.app import Daemon, Instruments, once
from upbit_monitor.app.blocks import state_directory as directory_of
from upbit_monitor.app.health import ask
from upbit_monitor.app.plan import plan
from upbit_monitor.app.plan_report import problems, table
from upbit_monitor.app.report import report
from upbit_monitor.app.revision import revision
from upbit_monitor.app.simulation import demo, simulate
from upbit_monitor.config import load, masked, reference, schema
from upbit_monitor.errors import ConfigError, MonitorError
from upbit_monitor.exchange import REGIONS
from upbit_monitor.metrics.document import document
from upbit_monitor.polls import POLLS
from upbit_monitor.simulator import manual

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_monitor.config import Settings

P = ParamSpec("P")

# click sets each paragraph anew, unless it is told not to.
_KNOBS: Final = "\b\n" + manual().replace("\n\n", "\n\n\b\n")

_UNWELL: Final = 3


def _flag(
    name: str,
    text: str,
    *,
    of: str = "",
    called: str = "",
    **more: Any,  # noqa: ANN401 -- click's own
) -> Callable[..., Any]:
    """Declare a flag in the spelling of the Prometheus exporters, and its variable.

    ``of``: the command, if the flag means something else, or nothing, to others. ``called``: the
    parameter, if not as the flag.
    """
    words = name.replace(".", "_").replace("-", "_")
    variable = "_".join(filter(None, ("UPBIT_MONITOR", of.upper(), words.upper())))
    return click.option(
        f"--{name}", called or words, help=text, envvar=variable, show_envvar=True, **more
    )


_config_file = _flag(
    "config.file", "The configuration.", default="config/upbit-monitor.yml", show_default=True,
)  # fmt: skip
_listen_address = _flag("web.listen-address", "Where the pages are served, as host:port.")
_log_level = _flag("log.level", "debug, info, warning or error.")
_log_format = _flag("log.format", "json or console.")

_state_directory = _flag(
    "state.directory",
    "Where the end of a block (418) is kept for the next start. Else $STATE_DIRECTORY, "
    "$XDG_STATE_HOME/upbit-monitor or ~/.local/state/upbit-monitor.",
)


def _tells_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into one clear text and an exit code."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ConfigError as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except (MonitorError, OSError) as error:
            click.echo(str(error), err=True)
            _forget_output()
            sys.exit(1)

    return told


def _forget_output() -> None:
    """Point an output that cannot be written at nothing, or Python tells of it once more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Watch the Upbit REST API, politely, as Prometheus metrics and JSON logs."""


@main.command()
@_config_file
@_listen_address
@_log_level
@_log_format
@_state_directory
@_tells_errors
def run(config_file: str, state_directory: str | None, **overrides: str | None) -> None:
    """Run the daemon until SIGTERM; SIGHUP reads the configuration again."""
    read = functools.partial(_load, config_file, **overrides)
    settings = read()
    state = directory_of(state_directory, os.environ)

    async def daemon() -> None:
        instruments = Instruments.for_settings(settings, state=state)
        await Daemon(settings, instruments, load=read).run()
        # Everything is closed. What may be left is a thread in a look-up of a name that hangs:
        # the interpreter would wait for it, and whoever sent SIGTERM would lose patience.
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(0)

    asyncio.run(daemon())


@main.command("once")
@click.argument("polls", nargs=-1, metavar="[POLL]...")
@_config_file
@_flag(
    "output",
    "For people, or for scripts.",
    of="once",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
@_flag(
    "debug",
    "Tell each decision of the limiter, and log each attempt to standard error.",
    of="once",
    is_flag=True,
)
@_state_directory
@_tells_errors
def once_command(
    polls: tuple[str, ...],
    config_file: str,
    output: str,
    state_directory: str | None,
    *,
    debug: bool,
) -> None:
    """Run each poll once and tell what it saw; exit 3 if something is unwell."""
    settings = _load(config_file, log_level="debug" if debug else "warning", log_format="console")
    _check_names(polls, settings)
    state = directory_of(state_directory, os.environ)

    async def one_pass() -> dict[str, Any]:
        instruments = Instruments.for_settings(settings, sys.stderr, state=state)
        return await once(settings, instruments, polls, debug=debug)

    seen = asyncio.run(one_pass())
    click.echo(json.dumps(seen, indent=2, ensure_ascii=False) if output == "json" else report(seen))
    sys.exit(0 if seen["healthy"] else _UNWELL)


@main.command("check-config")
@_config_file
@_flag(
    "plan",
    "Show instead what the polls ask for, by quota; exit 2 if the share cannot sustain it.",
    of="check_config",
    called="shows_plan",
    is_flag=True,
)
@_tells_errors
def check_config(config_file: str, *, shows_plan: bool) -> None:
    """Check the configuration and show what it comes to, secrets masked."""
    settings = _load(config_file)
    groups = plan(settings.targets.values())
    if shows_plan:
        click.echo(table(groups))
    else:
        click.echo(json.dumps(masked(settings), indent=2, ensure_ascii=False))
    for target in settings.targets.values():
        for poll, why in target.idle.items():
            click.echo(f"target {target.name}: {poll} is off: {why}", err=True)
    too_much = [*problems(groups)]
    if too_much and shows_plan:
        raise ConfigError(too_much)
    for problem in too_much:
        click.echo(f"warning: {problem}", err=True)


@main.command("simulate", epilog=_KNOBS)
@_flag(
    "region",
    "Whose markets it has.",
    of="simulate",
    type=click.Choice([*REGIONS]),
    default="kr",
    show_default=True,
)
@_flag(
    "web.listen-address",
    "host:port.",
    of="simulate",
    called="address",
    default="127.0.0.1:8080",
    show_default=True,
)
@_flag("seed", "What makes it repeatable.", of="simulate", type=int, default=0, show_default=True)
@_flag(
    "knob",
    "A way to misbehave; several in the variable are parted by spaces.",
    of="simulate",
    called="knobs",
    multiple=True,
    metavar="NAME=VALUE",
)
@_tells_errors
def simulate_command(region: str, address: str, seed: int, knobs: tuple[str, ...]) -> None:
    """Run the simulated exchange alone."""
    asyncio.run(simulate(region, address, seed=seed, knobs=knobs, say=click.echo))


@main.command("demo")
@_listen_address
@_tells_errors
def demo_command(web_listen_address: str | None) -> None:
    """Run the daemon on a simulated exchange, with a made-up key, until Ctrl-C."""
    asyncio.run(demo(web_listen_address, say=click.echo))


@main.command()
@_config_file
@_listen_address
@_flag("ready", "Ask whether it is ready, not only alive.", of="healthcheck", is_flag=True)
@_tells_errors
def healthcheck(config_file: str, web_listen_address: str | None, *, ready: bool) -> None:
    """Ask the running daemon how it is; exit 0 if well, 1 if not. For containers."""
    address = web_listen_address or _load(config_file).web.listen_address
    click.echo(ask(address, ready=ready))


@main.command("metrics-doc")
@_tells_errors
def metrics_doc() -> None:
    """Print METRICS.md."""
    click.echo(document(POLLS.values()), nl=False)


@main.command("config-doc")
@_tells_errors
def config_doc() -> None:
    """Print CONFIGURATION.md."""
    click.echo(reference(POLLS), nl=False)


@main.command("config-schema")
@_tells_errors
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    click.echo(json.dumps(schema(POLLS), indent=2, ensure_ascii=False))


@main.command()
@_tells_errors
def version() -> None:
    """Print the version and the commit, if known."""
    click.echo(f"upbit-monitor {__version__} ({revision()})")


def _load(config_file: str, **overrides: str | None) -> Settings:
    given = {
        name.replace("_", ".", 1): value for name, value in overrides.items() if value is not None
    }
    return load(Path(config_file), environ=os.environ, polls=POLLS, overrides=given)


def _check_names(polls: tuple[str, ...], settings: Settings) -> None:
    active = {name for target in settings.targets.values() for name in target.polls}
    for name in polls:
        if name in active:
            continue
        off = [
            f"{target.name}: {target.idle[name]}"
            for target in settings.targets.values()
            if name in target.idle
        ]
        if off:
            raise click.BadParameter(f"{name} is off everywhere ({'; '.join(off)})")
        known = ", ".join(sorted(active))
        raise click.BadParameter(f"no active poll is called {name!r}; there are: {known}")
