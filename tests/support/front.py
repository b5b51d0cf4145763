"""The HTTP side alone, on a real socket: behind it there is nobody to ask."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple, cast

from pyproxy import runtime
from pyproxy.config import ServerConfig
from pyproxy.http import build_app
from pyproxy.http.binding import bind_tcp
from pyproxy.http.deadlines import Deadlines
from pyproxy.http.native_server import NativeHttpServer
from pyproxy.http.server import HttpServer
from pyproxy.native import Bridge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pyproxy.config.changes import ReloadReport
    from pyproxy.domain import RequestRecord
    from pyproxy.orchestration import Orchestrator

VIEWS = ("status", "groups", "models", "wrappers", "nodes", "sessions", "fallbacks", "alerts")


class Front(NamedTuple):
    """Where it listens, and what it has told."""

    port: int
    records: list[RequestRecord]

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def outlast_a_head(self) -> None:
        """Return when a head begun now is late."""
        async with self.client() as (reader, writer):
            writer.write(b"G")
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def unused_reload() -> ReloadReport:
    raise NotImplementedError


@contextlib.asynccontextmanager
async def front(targets: Callable[[], list[str]] = lambda: ["m"], **seconds: float) -> AsyncIterator[Front]:
    records: list[RequestRecord] = []
    deadlines = Deadlines(**{"head": 5.0, "body": 5.0, "close": 5.0, **seconds})
    edge = build_app(
        orchestrator=cast("Orchestrator", None),
        targets=targets,
        knows=lambda name: name in targets(),
        ready=lambda: True,
        config_state=dict,
        metrics=tuple,
        settings=lambda: ServerConfig(max_body_bytes=4096),
        reload=unused_reload,
        pools=list,
        views=dict.fromkeys(VIEWS, dict),
        foresee=dict,
        deadlines=deadlines,
        version="0",
        tell=records.append,
    )
    sockets = bind_tcp("127.0.0.1", 0)
    bridge = Bridge()
    server = HttpServer(edge, sockets, deadlines) if runtime.DEFAULT_IO == "python" else NativeHttpServer(edge, sockets, deadlines, bridge)
    port = sockets[0].getsockname()[1]
    await server.start()
    try:
        async with asyncio.timeout(10):
            yield Front(port, records)
    finally:
        await server.stop()
        bridge.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """One answer, of which the connection's end is no part."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    return int(lines[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
