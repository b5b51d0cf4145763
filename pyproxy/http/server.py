"""uvicorn, held to what a sidecar needs: sockets that are bound already, no signals taken, a bounded end."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, cast

import uvicorn

from pyproxy.http.connection import Connection
from pyproxy.http.deadlines import KEEP_ALIVE_S, LAST_WORDS_S
from pyproxy.http.guard import MAX_HEADER_BYTES

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from uvicorn.protocols.http.h11_impl import H11Protocol

    from pyproxy.http.deadlines import Deadlines
    from pyproxy.http.edge import Edge

__all__ = ["HttpServer"]

BACKLOG = 2048


class HttpServer:
    """Serves one application on sockets that are bound already."""

    def __init__(self, edge: Edge, sockets: list[socket.socket], deadlines: Deadlines) -> None:
        config = uvicorn.Config(
            edge,
            # h11 refuses oversized headers and repeated Host fields, which the faster parser lets through.
            http=cast("type[H11Protocol]", partial(Connection, edge=edge, deadlines=deadlines)),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            # asyncio takes so many connections at a time, and where it can take none it fails, says so and sets a timer as many times.
            backlog=1,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = _Embedded(config)
        self._sockets = sockets
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; returns as soon as requests are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets), name="http-server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the HTTP server ended before it served")
            await asyncio.sleep(0)
        for listener in self._sockets:
            listener.listen(BACKLOG)

    async def stop(self) -> None:
        """Listen no more and close every connection; an answer under way has a moment to end."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Embedded(uvicorn.Server):
    """A server inside a program: signals belong to the program, and its end leaves nothing open."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        connections, tasks = self.server_state.connections, self.server_state.tasks
        for connection in list(connections):
            connection.shutdown()
        if tasks:
            await asyncio.wait(set(tasks), timeout=LAST_WORDS_S)
        if tasks:  # requests that are still being read: the edge tells their clients
            late = set(tasks)
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=LAST_WORDS_S)
        loop = asyncio.get_running_loop()
        until = loop.time() + LAST_WORDS_S
        while connections and loop.time() < until:  # noqa: ASYNC110 - uvicorn's connections have no event to wait for
            await asyncio.sleep(0.01)
        for connection in list(connections):
            connection.transport.abort()
