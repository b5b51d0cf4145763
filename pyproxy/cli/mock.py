"""`pyproxy mock`: the scriptable provider as a process of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from pyproxy.cli.signals import stop_requested
from pyproxy.errors import BindError, ConfigError
from pyproxy.providers.mock import MockProvider, ScriptError

if TYPE_CHECKING:
    from pyproxy.providers.mock import RecordedRequest

__all__ = ["run_mock"]


def run_mock(host: str, port: int, script: str | None, *, quiet: bool) -> None:
    """Answer until SIGTERM or SIGINT, with a line for each request unless it is to be quiet."""
    show = None if quiet else _show
    try:
        provider = MockProvider(on_request=show) if script is None else MockProvider.from_script(script, on_request=show)
    except ScriptError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{script} cannot be read: {error.strerror}") from None
    asyncio.run(_run(provider, host, port))


async def _run(provider: MockProvider, host: str, port: int) -> None:
    stop = stop_requested()
    try:
        await provider.start(host=host, port=port)
    except OSError as error:
        raise BindError(
            f"{host}:{port} cannot be used ({error.strerror}); choose another with --port, or --port 0 for any free one"
        ) from None
    click.echo(f"mock provider at {provider.base_url}")
    await stop.wait()
    await provider.stop()


def _show(request: RecordedRequest) -> None:
    click.echo(f"{request.method} {request.path} model={request.model or '-'} {request.outcome}")
