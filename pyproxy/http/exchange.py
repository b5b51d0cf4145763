"""The ingress port over ASGI: one response, and the end of it when the client goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyproxy.http.replies import error_answer

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from starlette.types import Receive, Send

    from pyproxy.errors import RequestError
    from pyproxy.http.visit import Visit

__all__ = ["AsgiExchange", "until_disconnect"]

Headers = list[tuple[bytes, bytes]]


class AsgiExchange:
    """Delivers one answer through ``send``, its errors in the API of the route.

    Attributes:
        finished: whether the answer has come to its end.
    """

    def __init__(self, send: Send, visit: Visit) -> None:
        self._send = send
        self._visit = visit
        self.finished = False

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body; waits while the client is slow."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self) -> None:
        """End the body."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self.finished = True

    async def error(self, error: RequestError, headers: Headers) -> int:
        """Answer with an error in the client's dialect."""
        own, body = error_answer(error, self._visit)
        await self.start(error.http_status, own + headers)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
        self.finished = True
        return len(body)

    def abort(self) -> None:
        """Leave the body unfinished: a server that finds it so closes the connection, and the client sees the cut."""


async def until_disconnect(work: Coroutine[Any, Any, None], receive: Receive, exchange: AsgiExchange) -> None:
    """Run `work`, and cancel it as soon as the client goes away, however silent the provider is.

    Once the answer has come to its end nobody leaves any more: what `work` still does is tidying up, and its own affair.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if exchange.finished:
            await asyncio.wait((working,))
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
