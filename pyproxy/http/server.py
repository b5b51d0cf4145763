"""uvicorn, held to what a sidecar needs: sockets that are bound already, no signals taken, a bounded drain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

__all__ = ["HttpServer"]

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
