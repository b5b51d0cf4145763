"""The application on the native ingress: connections, heads, bodies and answers are moved natively, and what is said is said here."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyproxy.http.deadlines import KEEP_ALIVE_S, LAST_WORDS_S
from pyproxy.http.native_cycle import NativeCycle
from pyproxy.http.visit import begin_visit, visit_of
from pyproxy.rust_core import NativeServer

if TYPE_CHECKING:
    import socket

    from starlette.types import Scope

    from pyproxy.http.deadlines import Deadlines
    from pyproxy.http.edge import Edge
    from pyproxy.native import Bridge
    from pyproxy.orchestration import Lanes
    from pyproxy.rust_core import NativeBegun, NativeExchange

__all__ = ["NativeHttpServer"]

_log = logging.getLogger("pyproxy.http")


class NativeHttpServer:
    """Serves one application on sockets that are bound already. The native counterpart of `pyproxy.http.server.HttpServer`."""

    def __init__(self, edge: Edge, sockets: list[socket.socket], deadlines: Deadlines, bridge: Bridge, lanes: Lanes | None = None) -> None:
        """Serve nothing yet.

        Args:
            edge: the application.
            sockets: that are bound.
            deadlines: how long a client may take.
            bridge: of the event loop that serves.
            lanes: what serves ordinary requests natively; without it all come to the application.
        """
        self._edge = edge
        self._lanes = lanes
        self._sockets = sockets
        self._deadlines = deadlines
        self._bridge = bridge
        self._server: NativeServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Serve; requests are taken from now on."""
        server = NativeServer(
            self._bridge.io,
            [each.detach() for each in self._sockets],
            head=self._deadlines.head,
            idle=KEEP_ALIVE_S,
            close=self._deadlines.close,
        )
        self._server = server
        self._bridge.listen(server.ticket, self._asked)
        if self._lanes is not None:
            self._bridge.listen(server.lanes.ticket, self._lanes.note)
            self._lanes.attach(server.lanes)

    async def stop(self) -> None:
        """Listen no more and close every connection; an answer under way has a moment to end."""
        server = self._server
        if server is None:
            return
        stopping = self._bridge.expect(server.stop(LAST_WORDS_S))
        await asyncio.wait((stopping,), timeout=2 * LAST_WORDS_S)
        late = set(self._tasks)
        for task in late:  # requests that are still being read: the edge tells their clients
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=LAST_WORDS_S)
            await self._bridge.done(server.stop(LAST_WORDS_S))
        server.close()
        if self._lanes is not None:
            self._lanes.detach()
            self._bridge.unlisten(server.lanes.ticket)
        self._bridge.unlisten(server.ticket)
        self._server = None

    def _asked(self, exchange: NativeExchange | str) -> None:
        """Serve a request in a task of its own. That its client may leave is watched from this very moment."""
        if isinstance(exchange, str):
            _log.error("nobody more can connect for now, and those who try wait: %s", exchange)
            return
        if self._lanes is not None:
            self._lanes.note()  # who asks now may ask what became of those before
        scope = _scope(exchange)
        if exchange.attempt is None:
            visit_of(scope).arrived_ns -= exchange.waited_ns
        else:
            _go_on(scope, exchange.attempt)
        cycle = NativeCycle(exchange, self._bridge)
        task = asyncio.get_running_loop().create_task(cycle.run(self._edge, scope), name="native-request")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _go_on(scope: Scope, attempt: NativeBegun) -> None:
    """Have a request go on from an attempt that was made natively."""
    scope["extensions"]["pyproxy.attempt"] = attempt
    visit = begin_visit(scope, attempt.request_id, attempt.arrived_ns)
    if attempt.broken is not None:
        visit.answered(attempt.broken["status"])


def _scope(exchange: NativeExchange) -> Scope:
    path = exchange.path
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": exchange.http_version,
        "method": exchange.method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),  # ASCII, unless it is refused for that
        "raw_path": path,
        "query_string": exchange.query,
        "root_path": "",
        "headers": exchange.headers(),
        "client": None,
        "server": None,
        "state": {},
        "extensions": {},
    }
