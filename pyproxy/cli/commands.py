"""The commands and their options. What each does lives in a module of its own, imported only when it runs."""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pyproxy.errors import BindError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.cli.check_reports import Form
    from pyproxy.runtime import Io

__all__ = ["main"]

EXIT_UNUSABLE = 2

_config = click.option(
    "--config",
    "-c",
    default="pyproxy.yaml",
    show_default=True,
    metavar="PATH",
    help="The configuration: a YAML or TOML file, or a directory of such.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pyproxy", prog_name="pyproxy")
def main() -> None:
    """Run pyproxy, an LLM sidecar: a proxy on localhost between agents and the models they use."""


@main.command()
@_config
@click.option("--host", help="Listen here instead of server.host; loopback only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of server.port; 0 picks a free port.")
@click.option("--uds", metavar="PATH", help="Listen on a Unix socket instead.")
@click.option("--io", type=click.Choice(["native", "python"]), default="native", show_default=True, help="What moves the bytes.")
def serve(config: str, host: str | None, port: int | None, uds: str | None, io: Io) -> None:
    """Serve until SIGTERM or Ctrl-C, of which a second one waits for nobody; prints one line with the address when ready."""
    with _loading():
        from pyproxy.cli.serve import serve_until_signal

    _guarded(serve_until_signal, config, host=host, port=port, uds=uds, io=io)


@main.command()
@click.argument("path")
@click.option("--strict", is_flag=True, help="Refuse a configuration that has warnings, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "github"]),
    default="human",
    show_default=True,
    help="For people, for programs, or as annotations of a GitHub workflow.",
)
def check(path: str, form: Form, *, strict: bool) -> None:
    """Tell every fault of a configuration, by file, line and column.

    Exits with 0 when it can be used, with 1 when it cannot.
    """
    from pyproxy.cli.check import check_file

    sys.exit(check_file(path, form=form, strict=strict))


@main.command()
@click.argument("key", default="")
@_config
def explain(key: str, config: str) -> None:
    """Tell what holds at KEY, and the line that it comes from.

    KEY is a path such as task_groups.fast_group.timeouts; without one, the whole configuration is told. Secrets stay masked.
    """
    from pyproxy.cli.explain import explain_key

    _guarded(explain_key, config, key)


@main.command()
def schema() -> None:
    """Print the JSON Schema of a configuration, for editors."""
    from pyproxy.config.json_schema import schema_text

    click.echo(schema_text(), nl=False)


@main.command()
@click.argument("path", default="pyproxy.yaml")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def init(path: str, *, force: bool) -> None:
    """Write a configuration to start with, from what is found here.

    That is: provider keys in the environment, which the file refers to and never holds, and an Ollama on this machine.
    """
    from pyproxy.cli.init import write_start

    _guarded(write_start, path, force=force)


@main.command()
@click.argument("path", metavar="OLD", type=click.Path(exists=True))
@click.option("--write", is_flag=True, help="Do it, instead of telling what would be done.")
def migrate(path: str, *, write: bool) -> None:
    """Bring files of old into today's form: a global fallback into each task group, single-model files into providers and models.

    OLD is a file or a directory. What would change is told as a diff, with what cannot be carried over; comments and layout of what is
    kept are kept. What the configuration means stays the same. Exits with 1 when something is in the way.
    """
    from pyproxy.cli.migrate import migrate_path

    sys.exit(migrate_path(path, write=write))


@main.command()
@click.argument("target")
@_config
@click.option("--node", metavar="NAME", help="On behalf of this node.")
@click.option("--body", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="A request's body; a short one if not given.")
@click.option("--fault", default="connect_failed", show_default=True, help="How each call fails: a status, or a name such as reset.")
@click.option("--format", "form", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.option("--url", metavar="URL", help="Ask the sidecar that runs there: its limits and breakers are as they are now.")
@click.option("--running", "url", flag_value="http://127.0.0.1:8484", help="Ask the sidecar that runs at http://127.0.0.1:8484.")
@click.option("--token", envvar="PYPROXY_ADMIN_TOKEN", show_envvar=True, metavar="TOKEN", help="The admin token of a running sidecar.")
def route(
    target: str, config: str, *, node: str | None, body: str | None, fault: str, form: str, url: str | None, token: str | None
) -> None:
    """Tell which calls a request for TARGET would lead to, and why, without sending it."""
    from pyproxy.cli.route import show_route

    _guarded(show_route, config, target, node=node, body=body, fault=fault, form=form, url=url, token=token)


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


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    """What a process that goes on loads, it keeps: nobody looks through it for garbage, neither while it grows nor ever after."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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
