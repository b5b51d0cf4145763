"""`pyproxy serve`: the sidecar as a process of its own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import click

from pyproxy.cli.signals import on_hangup, stop_requested
from pyproxy.errors import BindError, ConfigError, ShuttingDown
from pyproxy.observe.access_log import AccessLog
from pyproxy.observe.log_lines import log_to_stderr
from pyproxy.runtime import Sidecar

if TYPE_CHECKING:
    from pyproxy.config.changes import ReloadReport
    from pyproxy.runtime import Io

__all__ = ["serve_until_signal"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_log = logging.getLogger("pyproxy")


def serve_until_signal(path: str, *, host: str | None, port: int | None, uds: str | None, io: Io) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way finish. SIGHUP reads the configuration again."""
    try:
        sidecar = Sidecar(path, observers=(AccessLog(),), own_thread=False, io=io)
    except ConfigError as error:
        raise ConfigError(
            f"{path} cannot be used", tuple(fault for fault in error.faults if getattr(fault, "severity", "error") == "error")
        ) from None
    if host is not None and host not in _LOOPBACK:
        raise BindError(f"--host {host} is not loopback, and without an access token nothing else is safe: use 127.0.0.1, ::1 or localhost")
    log_to_stderr()
    asyncio.run(_serve(sidecar, host, port, uds))


async def _serve(sidecar: Sidecar, host: str | None, port: int | None, uds: str | None) -> None:
    stop = stop_requested(sidecar.hurry)
    for fault in sidecar.warnings:
        _log.log(logging.ERROR if fault.severity == "error" else logging.WARNING, "%s", fault)
    sidecar.on_reload(_tell)
    with on_hangup(lambda: _reload(sidecar)):
        async with sidecar:
            await sidecar.start(host=host, port=port, uds=uds)
            click.echo(f"pyproxy serves {sidecar.address} ({len(sidecar.targets)} targets, revision {sidecar.config.revision})")
            await stop.wait()
            _log.info("pyproxy stops: requests under way may finish, a second signal cuts them")


def _tell(report: ReloadReport) -> None:
    waiting = f"; not before a restart: {', '.join(report.needs_restart)}" if report.needs_restart else ""
    _log.info("pyproxy reloaded: revision %s -> %s (%s%s)", report.old_revision, report.revision, report.changes, waiting)


async def _reload(sidecar: Sidecar) -> None:
    try:
        report = await sidecar.reload()
    except ShuttingDown:
        return
    except ConfigError as error:
        summary = error.message.partition("\n")[0]
        _log.error("asked to reload: %s; revision %s stays", summary, sidecar.config.revision)
    else:
        if not report.changes:
            _log.info("asked to reload: nothing changed, revision %s stays", report.revision)
