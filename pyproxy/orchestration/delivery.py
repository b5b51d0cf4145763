"""What the client has been given so far: the exchange of one request, with the sidecar's own headers and a count."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from pyproxy.dialects.openai import OPENAI
from pyproxy.orchestration import response_headers
from pyproxy.orchestration.actions import Failed
from pyproxy.orchestration.keep_alive import KeepAlive
from pyproxy.orchestration.telling import told_answer, told_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproxy.dialects.face import Face
    from pyproxy.errors import RequestError
    from pyproxy.orchestration.ingress import Exchange
    from pyproxy.orchestration.journey import Journey

__all__ = ["Delivery"]

Headers = list[tuple[bytes, bytes]]

# A client that reads nothing must not hold up the end of a broken stream.
ABORT_GRACE_S = 1.0


def _first() -> int:
    """The number of an event before which there was none."""
    return 0


class Delivery:
    """Wraps an exchange for one request.

    Attributes:
        face: the API that the client reads.
        status: the HTTP status sent, or None before the head.
        flag: why the request ended as it did, ``-`` for an ordinary end.
        first_byte_ns: monotonic nanoseconds of the first byte sent, or None.
        sent_bytes: bytes of body sent.
        finished: whether the client has been given an answer to its end.
    """

    def __init__(self, exchange: Exchange, request_id: str, face: Face = OPENAI, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._exchange = exchange
        self._request_id = request_id
        self.face = face
        self._now_ns = now_ns
        self.journey: Journey | None = None
        self.status: int | None = None
        self.flag = "-"
        self.first_byte_ns: int | None = None
        self.sent_bytes = 0
        self.finished = False
        self._streams = False
        self._has_events = False
        self._next_number: Callable[[], int] = _first
        self._keep_alive = KeepAlive()

    async def start_stream(self, status: int, headers: Headers, next_number: Callable[[], int] = _first) -> None:
        """Send the head of a stream of events, with the request's id and the path taken.

        Where the head is sent already, what it said of the path is not all any more: a comment tells it. `next_number` tells the
        number that an error has which ends the stream.
        """
        self._next_number = next_number
        await self._keep_alive.stop()
        if not self._streams:
            await self._head(status, headers)
        elif self.journey is not None and self.face.comments:
            await self.send(response_headers.path_comment(self.journey))

    def take_over(self, status: int, first_byte_ns: int, sent_bytes: int, next_number: Callable[[], int]) -> None:
        """Go on with a stream that was begun natively."""
        self._streams = self._has_events = True
        self.status, self.first_byte_ns, self.sent_bytes = status, first_byte_ns, sent_bytes
        self._next_number = next_number

    def keep_alive(self) -> None:
        """Give the client signs of life until there is more to deliver, or the end, if its API has any; the first needs a head."""
        if self.face.opening_sign is not None:
            self._keep_alive.start(self._sign)

    async def leave(self) -> None:
        """Give no more signs of life, and do not wait for the one under way."""
        await self._keep_alive.abandon()

    def close(self) -> None:
        """Hold no answer any more: nothing more is said."""
        self._next_number = _first

    async def events(self, events: bytes) -> None:
        """Send whole events of a stream."""
        self._has_events |= bool(events)
        await self.send(events)

    async def send(self, chunk: bytes) -> None:
        """Send a piece of the body."""
        self.sent_bytes += len(chunk)
        await self._exchange.send(chunk)

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer that is known to its last byte, with its length: a client can tell a cut from an end."""
        await self._exchange.start(status, [*headers, (b"content-length", str(len(body)).encode()), *self._own_headers()])
        self._begun(status)
        await self.send(body)
        await self.finish()

    async def finish(self) -> None:
        """End the body."""
        await self._exchange.finish()
        self.finished = True

    async def interrupt(self, error: RequestError, event: bytes | None = None) -> None:
        """End an answer that will not be whole, so that no client can take it for whole.

        Nothing sent yet: an error answer. A stream: an error event, the provider's own (`event`) if there is one, and
        a cut connection. Half of a plain answer: the cut alone.
        """
        if self.finished:
            return
        if self.status is None:
            await self.error(error)
        else:
            await self._cut(error.code, event or self.face.error_event(error, self._next_number()))

    async def error(self, error: RequestError | Failed) -> None:
        """Answer with an error: ours in the client's dialect, or the provider's word for word.

        Where a stream has begun, as an event and a cut.
        """
        await self._hush()
        if self._streams:
            flag = error.outcome.name if isinstance(error, Failed) else error.code
            await self._cut(flag, told_event(self.face, error, self._next_number()))
        elif isinstance(error, Failed):
            self.flag = error.outcome.name
            await self.whole(*told_answer(self.face, error, self._request_id))
        else:
            self.flag = error.code
            self.sent_bytes = await self._exchange.error(error, self._own_headers())
            self._begun(error.http_status)
            self.finished = True

    async def _head(self, status: int, headers: Headers) -> None:
        self._streams = True
        await self._exchange.start(status, headers + self._own_headers())
        self._begun(status)

    async def _sign(self) -> None:
        if not self._streams:
            await self._head(200, self.face.stream_headers)
        await self.send((self.face.keep_alive if self._has_events else self.face.opening_sign) or b"")

    async def _cut(self, flag: str, event: bytes) -> None:
        """End what has begun: a stream with an event before the cut."""
        self.flag = flag
        await self._hush()
        if self._streams:
            try:
                async with asyncio.timeout(ABORT_GRACE_S):
                    await self.send(event)
            except TimeoutError:
                pass  # the client reads nothing: the cut connection tells it all the same
        self._exchange.abort()

    async def _hush(self) -> None:
        """End the signs of life; one that the client does not take holds up nothing."""
        try:
            async with asyncio.timeout(ABORT_GRACE_S):
                await self._keep_alive.stop()
        except TimeoutError:
            await self._keep_alive.abandon()

    def _begun(self, status: int) -> None:
        """Note that the head is on its way."""
        self.status = status
        self.first_byte_ns = self._now_ns()

    def _own_headers(self) -> Headers:
        own: Headers = [(name, self._request_id.encode()) for name in self.face.id_headers]
        if self.journey is not None:
            own += response_headers.path_taken(self.journey, self.journey.queue_ns)
        return own
