"""Providers that are not even HTTP: each gives the base_url at which a call goes wrong in its way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

__all__ = ["drips", "full", "nobody", "says", "serving"]


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@contextlib.asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """A port that is taken, at which nobody listens: a connection is refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield _url(bound)


@contextlib.asynccontextmanager
async def full() -> AsyncIterator[str]:
    """A listener that accepts nobody and whose backlog is full: a connection is neither made nor refused."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield _url(listener)


def says(data: bytes, *, then_closes: bool = False) -> Callable[[], AbstractAsyncContextManager[str]]:
    """A server that says the same to everyone, whatever was asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        if not then_closes:
            await reader.read()

    return lambda: serving(serve)


def drips(data: bytes, pace: float) -> Callable[[], AbstractAsyncContextManager[str]]:
    """A server that begins with some bytes, and goes on with the last of them for ever, one at a time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        while not writer.is_closing():
            writer.write(data[-1:])
            await asyncio.sleep(pace)

    return lambda: serving(serve)


@contextlib.asynccontextmanager
async def serving(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A server that does the same with everyone, and leaves nothing open."""
    under_way: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()
        under_way.discard(task)

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield _url(server.sockets[0]) if tls is None else _url(server.sockets[0]).replace("http://127.0.0.1", "https://localhost")
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way)
