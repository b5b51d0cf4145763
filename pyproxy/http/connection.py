"""One client's connection: uvicorn's protocol over h11, held to deadlines, and refusing in the dialect of its routes.

What uvicorn leaves open and is closed here: a head that never comes to its end, a body that nobody wants any more, a
departure that goes unseen because reading is paused, a close that waits for its client, and refusals without a trace.
"""

from __future__ import annotations

import logging
import socket
import struct
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pyproxy.errors import HeadersTooLarge, InvalidRequest, RequestTimeout
from pyproxy.http.target import as_path
from pyproxy.http.visit import Visit, visit_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send

    from pyproxy.errors import RequestError
    from pyproxy.http.deadlines import Deadlines
    from pyproxy.http.edge import Edge

__all__ = ["Connection"]

# What may wait behind the request under way while its connection is still read to see the client leave.
MAX_PIPELINED_BYTES = 64 * 1024
MAX_REASON = 200

_log = logging.getLogger("pyproxy.http")
# What clients do wrong stands in their access lines; uvicorn would warn of it once more, without saying whose it was.
_log.setLevel(logging.ERROR)


class Connection(H11Protocol):
    """Serves the requests of one connection, one after the other."""

    def __init__(self, *arguments: Any, edge: Edge, deadlines: Deadlines, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._edge = edge
        self._deadlines = deadlines
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.app = self._serve
        self.logger = _log

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._arm("head", self._deadlines.head, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        for name in tuple(self._timers):
            self._disarm(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; go on reading behind a whole request, since only reading shows that the client left."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        self._watch()
        behind = self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
        if behind and self.flow.read_paused and len(self.conn.trailing_data[0]) <= MAX_PIPELINED_BYTES:
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Go on to the next request, if the body of this one is not still on its way."""
        if self.conn.their_state is h11.SEND_BODY:
            self._arm_close()  # answered before its body had come: a client that still sends reads the answer first
        super().on_response_complete()
        if not self.transport.is_closing():
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP. uvicorn calls this where it has caught what h11 says."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            return  # the request under way is whole, and the last of its connection: what comes behind it is nobody's
        fault = sys.exception()
        status = getattr(fault, "error_status_hint", 400)
        if status == HeadersTooLarge.status:
            self._refuse(HeadersTooLarge("The head of the request is too large."))
        else:
            self._refuse(InvalidRequest(f"This cannot be read as HTTP/1.1: {fault or msg}"[:MAX_REASON], status=status))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; an answer that it left unfinished is cut, so that the client sees it."""
        if fault := _fault(scope):
            self._refuse(InvalidRequest(f"This cannot be read as HTTP/1.1: {fault}."))
            return
        cycle = self.cycle

        async def reply(message: Message) -> None:
            if self.transport.is_closing():  # it broke in this very turn of the loop, which tells of it in the next
                cycle.disconnected = True
            await send(message)

        await self._edge(scope, receive, reply)
        if cycle.response_started and not cycle.response_complete and not cycle.disconnected:
            cycle.disconnected = True
            self._break_off()

    def _break_off(self) -> None:
        """Close an answer that is not whole, so that no client can take it for whole.

        To HTTP/1.0 a FIN is the ordinary end of a body without a length, and only a reset tells.
        """
        if self.conn.their_http_version == b"1.0":
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _watch(self) -> None:
        """A head that has begun has so long to end; between two requests the time to keep alive counts."""
        if self.conn.their_state is not h11.SEND_BODY:
            self._disarm("close")
        if self.conn.their_state is not h11.IDLE:
            self._disarm("head")
        elif self.conn.trailing_data[0]:
            self._arm("head", self._deadlines.head, self._head_is_late)

    def _head_is_late(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(RequestTimeout(f"The head of the request did not come to its end within {self._deadlines.head:g} s."))
        else:
            self._close()

    def _refuse(self, error: RequestError) -> None:
        """Answer what cannot be served as a request, if an answer has not begun, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            visit, bodiless = Visit(), False
            if self.cycle is not None and not self.cycle.response_complete:  # it was the body that broke
                visit, bodiless = visit_of(cast("Scope", self.cycle.scope)), self.cycle.scope["method"] == "HEAD"
                self.cycle.disconnected = True
            headers, body = self._edge.unread(visit, error)
            status = HTTPStatus(error.http_status)
            head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
            for event in (head, h11.Data(data=b"" if bodiless else body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self._close()

    def _close(self) -> None:
        """Close once what was written is sent, or at the latest when its time is over."""
        self._arm_close()
        self.transport.close()

    def _arm_close(self) -> None:
        self._arm("close", self._deadlines.close, self.transport.abort)

    def _arm(self, name: str, seconds: float, call: Callable[[], object]) -> None:
        """Start a timer, unless it runs already."""
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, call)

    def _disarm(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()


def _fault(scope: Scope) -> str | None:
    """Why a head that h11 took is none, if so; the path of one that is, is a path afterwards."""
    names = {name for name, _ in scope["headers"]}
    if b"transfer-encoding" in names and b"content-length" in names:
        return "it has both Transfer-Encoding and Content-Length"
    if b"transfer-encoding" in names and scope["http_version"] == "1.0":
        return "HTTP/1.0 has no Transfer-Encoding"
    if not as_path(scope):
        return "its target is neither a path nor an http URL"
    return None
