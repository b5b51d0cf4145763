"""What the client has been given so far: the exchange of one request, with the sidecar's own headers and a count."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyproxy.orchestration import response_headers
from pyproxy.orchestration.actions import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.errors import RequestError
    from pyproxy.orchestration.ingress import Exchange
    from pyproxy.orchestration.journey import Journey

__all__ = ["Delivery"]

Headers = list[tuple[bytes, bytes]]


class Delivery:
    """Wraps an exchange for one request.

    Attributes:
        status: the HTTP status sent, or None before the head.
        flag: why the request ended as it did, ``-`` for an ordinary end.
        first_byte_ns: monotonic nanoseconds of the first byte sent, or None.
        sent_bytes: bytes of body sent.
    """

    def __init__(self, exchange: Exchange, request_id: str, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._exchange = exchange
        self._request_id = request_id
        self._now_ns = now_ns
        self.journey: Journey | None = None
        self.status: int | None = None
        self.flag = "-"
        self.first_byte_ns: int | None = None
        self.sent_bytes = 0

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head, with the request's id and the path taken."""
        own = self._begin(status)
        await self._exchange.start(status, headers + own)

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body."""
        self.sent_bytes += len(chunk)
        await self._exchange.send(chunk)

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer that is known to its last byte, with its length: a client can tell a cut from an end."""
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        await self.send(body)
        await self.finish()

    async def finish(self) -> None:
        """End the body."""
        await self._exchange.finish()

    def abort(self) -> None:
        """End the connection without ending the body."""
        self.flag = "stream_interrupted"
        self._exchange.abort()

    async def error(self, error: RequestError | Failed) -> None:
        """Answer with an error: ours in the client's dialect, or the provider's word for word."""
        if isinstance(error, Failed):
            self.flag = error.outcome.name
            headers = [*response_headers.for_answer(error.headers), (b"x-should-retry", b"false")]
            await self.whole(error.status or 502, headers, error.body)
        else:
            self.flag = error.code
            own = self._begin(error.http_status)
            self.sent_bytes = await self._exchange.error(error, own)

    def _begin(self, status: int) -> Headers:
        """Note that the answer begins; gives the sidecar's own headers."""
        self.status = status
        self.first_byte_ns = self._now_ns()
        own: Headers = [(b"x-request-id", self._request_id.encode())]
        if self.journey is not None:
            own += response_headers.path_taken(self.journey, queue_ns=0)
        return own
