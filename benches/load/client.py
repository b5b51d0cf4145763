"""A cheap HTTP/1.1 client for load: keep-alive connections, answers parsed just enough to know where they end."""

from __future__ import annotations

import asyncio
import json
import time

__all__ = ["Connection", "chat_request"]


def chat_request(target: str, *, stream: bool = False) -> bytes:
    """A whole request as bytes; `target` is its model."""
    body = json.dumps({"model": target, "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"x-pyproxy-node: caller\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[float, float]:
        """Seconds to the first byte of the body and to the last of one answer; anything but a 200 is an error."""
        started = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0:
            await self._reader.readexactly(int(lowered[at + 15 : lowered.index(b"\r\n", at)]))
            first = time.perf_counter()
        else:
            first = 0.0
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                first = first or time.perf_counter()
                await self._reader.readexactly(size + 2)
            await self._reader.readexactly(2)
        return first - started, time.perf_counter() - started

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
