"""uvicorn, held to what a sidecar needs: an address bound before anything starts, no signals taken, a bounded drain."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from pyproxy.errors import BindError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

__all__ = ["HttpServer", "bind_tcp", "bind_unix"]

BACKLOG = 2048
MAX_HEADER_BYTES = 64 * 1024
KEEP_ALIVE_S = 75


class HttpServer:
    """Serves one application on sockets that are bound already."""

    def __init__(self, app: ASGIApp, sockets: list[socket.socket], drain_timeout: float) -> None:
        config = uvicorn.Config(
            app,
            # h11 refuses oversized headers and repeated Host fields, which the faster parser lets through.
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(drain_timeout)),
        )
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        self._server = _Embedded(config)
        self._sockets = sockets
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; returns as soon as requests are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets), name="http-server")
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Take no more requests, and let those under way finish within the drain time."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Embedded(uvicorn.Server):
    """A server inside a program: signals belong to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _is_news(record: logging.LogRecord) -> bool:
    """Answers cut on purpose are not faults of the application: they are how a broken stream ends."""
    cut = record.getMessage() == "ASGI callable returned without completing response."
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut and not cancelled


def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """Bind every address that `host` stands for, all on one port; port 0 picks a free one.

    Raises:
        BindError: in one line, why not and what to do.
    """
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            listener = socket.socket(family, kind, protocol)
            bound.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = bound[0].getsockname()[1] if port == 0 and len(bound) > 1 else port
            listener.bind((address[0], chosen))
            listener.settimeout(0)
    except OSError as error:
        for listener in bound:
            listener.close()
        taken = "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise BindError(f"{host}:{port} {taken}; choose another with --port, or --port 0 for any free one") from None
    return bound


def bind_unix(path: str) -> list[socket.socket]:
    """Bind a Unix socket that only its owner may use; a stale one is replaced.

    Raises:
        BindError: in one line, why not and what to do.
    """
    place = Path(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_way(place)
        listener.bind(path)
        place.chmod(0o600)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        raise BindError(f"{path} cannot be used ({error.strerror}); choose another with --uds") from None
    except BindError:
        listener.close()
        raise
    return [listener]


def _make_way(place: Path) -> None:
    """Remove a socket that nobody listens on any more."""
    if not place.exists() or not stat.S_ISSOCK(place.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(place)) == 0:
            raise BindError(f"{place} is in use by another program; choose another with --uds")
    place.unlink()
