"""A client that reads slowly makes its provider wait: what lies between them is bounded, however long the stream."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from support.broken_servers import serving
from support.scene import until

from pyproxy import Sidecar

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

STREAMS = 8
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 16_384 + b'"},"finish_reason":null}]}\n\n'
CHUNK = b"%X\r\n%s\r\n" % (len(EVENT), EVENT)
# Of a stream that nobody reads: the buffers of four sockets, which the system sizes, and what is held between them.
MOST_BETWEEN = 16 * 2**20
MOST_HELD = 2 * 2**20
STILL_S = 0.2


class Endless:
    """A provider whose streams have no end, and that counts what it got rid of."""

    def __init__(self) -> None:
        self.sent = 0
        self.gone = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=0)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(CHUNK)
                await writer.drain()
                self.sent += len(EVENT)
        finally:
            self.gone += 1

    async def stuck(self) -> None:
        """Wait until nothing more is taken."""
        before = -1
        while before != self.sent:
            before = self.sent
            await asyncio.sleep(STILL_S)


def held() -> int:
    """The memory of this process, in bytes."""
    with Path("/proc/self/statm").open() as told:
        return int(told.read().split()[1]) * resource.getpagesize()


def config(url: str) -> dict[str, object]:
    return {
        "providers": {"p": {"base_url": url, "api_key": "k"}},
        "models": {"m": {"provider": "p", "model": "m", "concurrency_limit": STREAMS}},
        "task_groups": {"g": {"e1": {"models": ["m"]}, "timeouts": {"idle": 30, "total": 60}}},
    }


async def test_streams_that_nobody_reads_hold_a_bounded_many_bytes_and_go_on_where_they_were() -> None:
    records: list[RequestRecord] = []
    provider = Endless()
    body = json.dumps({"model": "g", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    async with asyncio.timeout(30), serving(provider.serve) as url:
        sidecar = Sidecar(config(url), observers=(records.append,), own_thread=False)
        async with sidecar:
            await sidecar.start(port=0)
            port = int(sidecar.address.rpartition(":")[2])
            before = held()
            clients = []
            for _ in range(STREAMS):
                client = socket.create_connection(("127.0.0.1", port))
                client.settimeout(0)
                client.sendall(head + body)
                clients.append(client)
            await until(lambda: provider.sent > 0)
            await provider.stuck()
            stuck_at, grown = provider.sent, held() - before
            assert stuck_at < STREAMS * MOST_BETWEEN
            assert grown < STREAMS * MOST_HELD

            loop, read = asyncio.get_running_loop(), 0
            while read < 2 * MOST_BETWEEN:
                read += len(await loop.sock_recv(clients[0], 2**20))
            await provider.stuck()
            assert 0 <= provider.sent - stuck_at <= read + MOST_BETWEEN
            assert provider.sent > stuck_at
            for client in clients:
                client.close()
            await until(lambda: provider.gone == STREAMS)
            await until(lambda: len(records) == STREAMS)
            assert {record.flag for record in records} == {"client_gone"}
            assert not any(scope["in_flight"] for scope in sidecar.limits())
