"""One request on the native ingress, as an ASGI application sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from pyproxy.errors import HeadersTooLarge, InvalidRequest, RequestTimeout, UriTooLong
from pyproxy.http.guard import MAX_URI_BYTES
from pyproxy.http.visit import Visit, visit_of

if TYPE_CHECKING:
    from starlette.types import Message, Scope

    from pyproxy.errors import RequestError
    from pyproxy.http.edge import Edge
    from pyproxy.native import Bridge
    from pyproxy.rust_core import NativeExchange

__all__ = ["NativeCycle"]

Headers = list[tuple[bytes, bytes]]
# Some of a body and whether it is the last, why it cannot be read, or None where the client has gone.
Part: TypeAlias = tuple[bytes, bool] | str | None

_GONE: Message = {"type": "http.disconnect"}


class NativeCycle:
    """Passes what a client sends to an application, and what it says back; sees when the client leaves."""

    def __init__(self, exchange: NativeExchange, bridge: Bridge) -> None:
        self._exchange = exchange
        self._bridge = bridge
        self._left = bridge.expect(exchange.number)
        self._head: tuple[int, Headers] | None = None
        self._started = exchange.attempt is not None and exchange.attempt.broken is not None
        self._finished = False
        self._first: Part = exchange.body()
        self._body_begun = False
        self._body_ended = False
        self._edge: Edge
        self._scope: Scope

    async def run(self, edge: Edge, scope: Scope) -> None:
        """Serve the request; an answer that is left unfinished is cut, so that the client sees it."""
        self._edge, self._scope = edge, scope
        try:
            if self._exchange.violation is not None:
                self._refuse_head(*self._exchange.violation)
            elif isinstance(self._first, str):
                self._refuse_body(self._first)
            else:
                await edge(scope, self.receive, self.send)
        finally:
            if not self._finished:
                self._exchange.cut()
            self._bridge.forget(self._exchange.number)
            if self._exchange.attempt is not None:
                self._exchange.attempt.let_go()
            self._scope = {}  # which leads back here, by those who were given `receive` and `send`

    async def receive(self) -> Message:
        """The next part of the body, then the client's leaving."""
        if self._body_ended:
            await asyncio.wait((self._left,))  # which, unlike it, may be cancelled
            return _GONE
        part = await self._part()
        if isinstance(part, tuple):
            body, is_last = part
            self._body_ended = is_last
            return {"type": "http.request", "body": body, "more_body": not is_last}
        self._body_ended = True
        if part is not None and not self._started:
            self._refuse_body(part)
        return _GONE

    async def send(self, message: Message) -> None:
        """Pass on what the application says; waits while the client is slow. The head goes with the first of the body.

        A client that has closed its side is told of as one that left, and yet has what is ready at once; what is said to one that
        has left goes nowhere.
        """
        if self._finished:
            return
        if message["type"] == "http.response.start":
            self._head = (message["status"], list(message.get("headers", ())))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head is not None:
            status, headers = self._head
            self._head, self._started = None, True
            if not more:
                self._finished = True
                self._exchange.answer(status, headers, body)
                return
            self._exchange.begin(status, headers)
        if body:
            await self._bridge.done(self._exchange.send(body))
        if not more:
            self._finished = True
            await self._bridge.done(self._exchange.finish())

    async def _part(self) -> Part:
        if not self._body_begun:
            self._body_begun = True
            return self._first
        part: Part = await self._bridge.done(self._exchange.next_body())
        return part

    def _refuse_head(self, status: int, message: str, target: bytes | None, bodiless: bool) -> None:  # noqa: FBT001 - as it is told
        route = "-" if target is None or len(target) > MAX_URI_BYTES else target.decode("latin-1")
        self._refuse(Visit(route=route), _refusal(status, message), bodiless=bodiless)

    def _refuse_body(self, why: str) -> None:
        self._refuse(visit_of(self._scope), InvalidRequest(why), bodiless=self._scope["method"] == "HEAD")

    def _refuse(self, visit: Visit, error: RequestError, *, bodiless: bool) -> None:
        """Answer what cannot be served as a request, and close."""
        headers, body = self._edge.unread(visit, error)
        self._started = self._finished = True
        self._exchange.answer(error.http_status, headers, b"" if bodiless else body)


def _refusal(status: int, message: str) -> RequestError:
    if status == RequestTimeout.status:
        return RequestTimeout(message)
    if status == HeadersTooLarge.status:
        return HeadersTooLarge(message)
    if status == UriTooLong.status:
        return UriTooLong(message)
    return InvalidRequest(message, status=status)
