"""The ingress port over ASGI: one response, and the end of it when the client goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyproxy.dialects import openai

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from starlette.types import Receive, Send

    from pyproxy.errors import RequestError

__all__ = ["AsgiExchange", "until_disconnect"]

Headers = list[tuple[bytes, bytes]]


class AsgiExchange:
    """Delivers one answer through ``send``."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body; waits while the client is slow."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self) -> None:
        """End the body."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def error(self, error: RequestError, headers: Headers) -> int:
        """Answer with an error in the OpenAI dialect."""
        body = openai.encode_error(error)
        await self.start(error.http_status, [*openai.error_headers(error), *headers, (b"content-length", str(len(body)).encode())])
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
        return len(body)

    def abort(self) -> None:
        """Leave the body unfinished: a server that finds it so closes the connection, and the client sees the cut."""


async def until_disconnect(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run `work`, and cancel it as soon as the client goes away, however silent the provider is."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
    if not working.cancelled():
        working.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
