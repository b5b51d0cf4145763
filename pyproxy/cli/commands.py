"""The commands and their options. What each does lives in a module of its own, imported only when it runs."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any, NoReturn

import click

from pyproxy.errors import BindError, ConfigError

__all__ = ["main"]

EXIT_UNUSABLE = 2

_config = click.option(
    "--config", "-c", default="pyproxy.yaml", show_default=True, metavar="PATH", help="The configuration, a YAML or TOML file."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("pyproxy"), prog_name="pyproxy")
def main() -> None:
    """Run pyproxy, an LLM sidecar: a proxy on localhost between agents and the models they use."""


@main.command()
@_config
@click.option("--host", help="Listen here instead of server.host; loopback only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of server.port; 0 picks a free port.")
@click.option("--uds", metavar="PATH", help="Listen on a Unix socket instead.")
@click.option("--io", type=click.Choice(["python"]), default="python", show_default=True, help="What moves the bytes.")
def serve(config: str, host: str | None, port: int | None, uds: str | None, io: str) -> None:  # noqa: ARG001 - one choice so far
    """Serve until SIGTERM or Ctrl-C, of which a second one waits for nobody; prints one line with the address when ready."""
    from pyproxy.cli.serve import serve_until_signal

    _guarded(serve_until_signal, config, host=host, port=port, uds=uds)


@main.command()
@click.argument("path")
def check(path: str) -> None:
    """Check a configuration; every fault is printed with its file, line and column."""
    from pyproxy.cli.check import check_file

    sys.exit(check_file(path))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen here.")
@click.option("--port", type=click.IntRange(0, 65535), default=8491, show_default=True, help="Listen here; 0 picks a free port.")
@click.option("--script", metavar="PATH", help="A YAML file that says how each model behaves.")
@click.option("--quiet", is_flag=True, help="No line for each request.")
def mock(host: str, port: int, script: str | None, *, quiet: bool) -> None:
    """Run the scriptable provider that the tests use; a model named 'any?status=503&latency=0.2' behaves as it says."""
    from pyproxy.cli.mock import run_mock

    _guarded(run_mock, host, port, script, quiet=quiet)


@main.command()
@click.option("--config", "-c", default="configs/demo.yaml", show_default=True, metavar="PATH", help="The demo's configuration.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of server.port; 0 picks a free port.")
@click.option("--once", is_flag=True, help="Play a short scripted scene, print it as a table, and exit.")
def demo(config: str, port: int | None, *, once: bool) -> None:
    """Serve over two embedded mock providers: no key, no network."""
    if once:
        from pyproxy.cli.demo.scene import play

        sys.exit(_guarded(play, config))
    from pyproxy.cli.demo.live import run_demo

    _guarded(run_demo, config, port)


def _guarded(run: Any, *arguments: Any, **options: Any) -> Any:
    """Run a command; what its user can mend is told in a line each, and nothing stays started."""
    try:
        return run(*arguments, **options)
    except ConfigError as error:
        _refuse(*(error.faults or (error,)))
    except BindError as error:
        _refuse(error)


def _refuse(*reasons: object) -> NoReturn:
    for reason in reasons:
        click.echo(f"pyproxy: {reason}", err=True)
    sys.exit(EXIT_UNUSABLE)
