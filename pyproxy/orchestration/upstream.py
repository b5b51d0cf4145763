"""One attempt: a call opened, and read until its answer can be committed.

A plain answer is committed when it is whole, a stream at its first content event. Whatever fails before that
can still be rescued by another attempt, because the client has been told nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import SseFramer, inspect_response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from pyproxy.domain import Timeouts
    from pyproxy.providers.transport import Transport, UpstreamCall, UpstreamResponse

__all__ = ["PlainAnswer", "StreamAnswer", "UpstreamRefusal", "open_answer"]

# A plain answer is held whole, an error answer for its words: both are bounded.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_ERROR_BYTES = 1024 * 1024
# What may come before the first content event (roles, comments) before the stream is passed on all the same.
MAX_HELD_BYTES = 64 * 1024

Headers = list[tuple[bytes, bytes]]


class UpstreamRefusal(Exception):
    """The provider answered, with something other than success."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.body = body


class PlainAnswer:
    """A whole answer."""

    def __init__(self, status: int, headers: Headers, body: bytes, usage: tuple[int, int] | None) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.usage = usage

    async def aclose(self) -> None:
        """Nothing is open any more."""


class StreamAnswer:
    """A stream that has shown its first content; `held` is what has been read of it.

    Attributes:
        framer: the core's reader of events; it says what may be passed on and whether the stream is whole.
    """

    def __init__(self, response: UpstreamResponse, chunks: AsyncGenerator[bytes], framer: SseFramer, held: bytes, idle: float) -> None:
        self._response = response
        self._chunks = chunks
        self._idle = idle
        self.framer = framer
        self.held = held
        self.status = response.status
        self.headers = response.headers

    @property
    def usage(self) -> tuple[int, int] | None:
        """Prompt and completion tokens, once the provider has told them."""
        return None if self.framer.usage is None else self.framer.usage[:2]

    @property
    def fault(self) -> str | None:
        """Why nothing more can be passed on, if that is so."""
        if self.framer.error is not None:
            return "the provider sent an error event"
        return self.framer.malformed

    async def next_events(self) -> bytes | None:
        """The next whole events, or None at the end of the body.

        Raises:
            TransportFailure: the connection broke (``reset``), or nothing came in time (``idle_timeout``).
        """
        chunk = await _next_chunk(self._chunks, self._idle, "idle_timeout")
        return None if chunk is None else self.framer.feed(chunk).data

    async def drain(self) -> None:
        """Read what follows the last event, so that the connection can serve again; nobody waits for it for long."""
        try:
            async with asyncio.timeout(0.05):
                async for _ in self._chunks:
                    pass
        except (TimeoutError, TransportFailure):
            return

    async def aclose(self) -> None:
        """End the call."""
        await self._chunks.aclose()
        await self._response.aclose()


async def open_answer(
    transport: Transport, call: UpstreamCall, timeouts: Timeouts, *, stream: bool, hide_usage: bool, dialect: str, now: Callable[[], float]
) -> PlainAnswer | StreamAnswer:
    """Make a call and read its answer up to its commit point.

    Raises:
        TransportFailure: with the signal that the classifier knows it by.
        UpstreamRefusal: the provider answered with an error status.
    """
    first_byte_at = now() + timeouts.first_byte
    try:
        async with asyncio.timeout(timeouts.first_byte):
            response = await transport.open(call)
    except TimeoutError:
        raise TransportFailure("first_byte_timeout", f"no answer within {timeouts.first_byte:g} s") from None
    chunks, keep = response.chunks(), False
    try:
        first = await _next_chunk(chunks, max(0.0, first_byte_at - now()), "first_byte_timeout")
        if not 200 <= response.status < 300:  # noqa: PLR2004
            body = await _read_error(first, chunks, timeouts.idle)
            raise UpstreamRefusal(response.status, response.headers, body)
        if not stream or _is_json(response.headers):
            return await _plain(response, first, chunks, timeouts.idle, stream=stream, dialect=dialect)
        answer = await _stream(response, first, chunks, timeouts.idle, SseFramer(dialect, hide_usage=hide_usage))
        keep = True
        return answer
    finally:
        if not keep:
            await chunks.aclose()
            await response.aclose()


async def _plain(
    response: UpstreamResponse, first: bytes | None, chunks: AsyncGenerator[bytes], idle: float, *, stream: bool, dialect: str
) -> PlainAnswer:
    parts, size = [], 0
    chunk = first
    while chunk is not None:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise TransportFailure("malformed", f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        chunk = await _next_chunk(chunks, idle, "idle_timeout")
    body = b"".join(parts)
    inspection = inspect_response(dialect, body)
    if inspection.problem is not None:
        raise TransportFailure("malformed", inspection.problem)
    if stream:
        raise TransportFailure("malformed", "a stream was asked for and a plain answer came")
    return PlainAnswer(response.status, response.headers, body, None if inspection.usage is None else inspection.usage[:2])


async def _stream(
    response: UpstreamResponse, first: bytes | None, chunks: AsyncGenerator[bytes], idle: float, framer: SseFramer
) -> StreamAnswer:
    held = bytearray()
    chunk = first
    while chunk is not None:
        held += framer.feed(chunk).data
        if framer.content or framer.terminal or len(held) > MAX_HELD_BYTES:
            return StreamAnswer(response, chunks, framer, bytes(held), idle)
        if framer.error is not None:
            raise TransportFailure("malformed", "the provider sent an error event before any content")
        if framer.malformed is not None:
            raise TransportFailure("malformed", framer.malformed)
        chunk = await _next_chunk(chunks, idle, "idle_timeout")
    held += framer.finish()
    if framer.content and framer.complete:
        return StreamAnswer(response, chunks, framer, bytes(held), idle)
    raise TransportFailure("truncated", framer.malformed or "the stream ended before its first content")


async def _next_chunk(chunks: AsyncGenerator[bytes], seconds: float, signal: str) -> bytes | None:
    """The next piece, or None at the end."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except TimeoutError:
        raise TransportFailure(signal, f"nothing came for {seconds:g} s") from None


async def _read_error(first: bytes | None, chunks: AsyncGenerator[bytes], idle: float) -> bytes:
    """The words of an error answer, as many as come: its status says enough if they break off."""
    body = bytearray(first or b"")
    try:
        while len(body) < MAX_ERROR_BYTES and (chunk := await _next_chunk(chunks, idle, "idle_timeout")) is not None:
            body += chunk
    except TransportFailure:
        pass
    return bytes(body[:MAX_ERROR_BYTES])


def _is_json(headers: Headers) -> bool:
    return any(name.lower() == b"content-type" and value.split(b";")[0].strip().lower() == b"application/json" for name, value in headers)
