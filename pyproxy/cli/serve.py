"""`pyproxy serve`: the sidecar as a process of its own."""

from __future__ import annotations

import asyncio

import click

from pyproxy.cli.signals import stop_requested
from pyproxy.config import check_config
from pyproxy.errors import BindError, ConfigError
from pyproxy.http.guard import LOOPBACK_HOSTS
from pyproxy.observe.access_log import AccessLog
from pyproxy.runtime import Sidecar

__all__ = ["serve_until_signal"]


def serve_until_signal(path: str, *, host: str | None, port: int | None, uds: str | None) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way finish."""
    config, faults = check_config(path)
    if config is None:
        raise ConfigError(f"{path} cannot be used", tuple(fault for fault in faults if fault.severity == "error"))
    if host is not None and host not in LOOPBACK_HOSTS:
        raise BindError(f"--host {host} is not loopback, and without an access token nothing else is safe: use 127.0.0.1, ::1 or localhost")
    for fault in faults:
        click.echo(f"pyproxy: {fault.severity}: {fault}", err=True)
    asyncio.run(_serve(Sidecar(config, observers=(AccessLog(),)), host, port, uds))


async def _serve(sidecar: Sidecar, host: str | None, port: int | None, uds: str | None) -> None:
    stop = stop_requested(sidecar.hurry)
    async with sidecar:
        await sidecar.start(host=host, port=port, uds=uds)
        click.echo(f"pyproxy serves {sidecar.address} ({len(sidecar.targets)} targets, revision {sidecar.config.revision})")
        await stop.wait()
        click.echo("pyproxy stops: requests under way may finish, a second signal cuts them", err=True)
