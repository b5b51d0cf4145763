"""One attempt: a call opened, and read until its answer can be committed.

A plain answer is committed when it is whole, a stream at its first content event, or where else its `Reading` says. Whatever fails
before that can still be rescued by another attempt, because the client has been given nothing of it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyproxy.domain import Usage
from pyproxy.orchestration.stream_answer import StreamAnswer, next_chunk
from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import inspect_response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from pyproxy.domain import Timeouts
    from pyproxy.orchestration.stream_answer import Reading
    from pyproxy.providers.transport import Transport, UpstreamCall, UpstreamResponse

__all__ = ["PlainAnswer", "UpstreamRefusal", "open_answer"]

# A plain answer is held whole, an error answer for its words: both are bounded.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_ERROR_BYTES = 1024 * 1024

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

    def __init__(self, status: int, headers: Headers, body: bytes, usage: Usage | None) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.usage = usage

    async def aclose(self) -> None:
        """Nothing is open any more."""


async def open_answer(
    transport: Transport, call: UpstreamCall, timeouts: Timeouts, *, reading: Reading, now: Callable[[], float]
) -> PlainAnswer | StreamAnswer:
    """Make a call and read its answer up to its commit point.

    Args:
        transport: makes the call.
        call: what is asked.
        timeouts: how long each phase may take.
        reading: how to read its answer.
        now: the time in seconds.

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
        first = await next_chunk(chunks, max(0.0, first_byte_at - now()), "first_byte_timeout")
        if not 200 <= response.status < 300:  # noqa: PLR2004
            body = await _read_error(first, chunks, timeouts.idle)
            raise UpstreamRefusal(response.status, response.headers, body)
        if not reading.stream or _is_json(response.headers):
            return await _plain(response, first, chunks, timeouts.idle, reading)
        answer = StreamAnswer(response, chunks, timeouts.idle, reading)
        await answer.begin(first)
        keep = True
        return answer
    finally:
        if not keep:
            await chunks.aclose()
            await response.aclose()


async def _plain(
    response: UpstreamResponse, first: bytes | None, chunks: AsyncGenerator[bytes], idle: float, reading: Reading
) -> PlainAnswer:
    parts, size = [], 0
    chunk = first
    while chunk is not None:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise TransportFailure("malformed", f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        chunk = await next_chunk(chunks, idle, "idle_timeout")
    body = b"".join(parts)
    inspection = inspect_response(reading.wire, body)
    if inspection.problem is not None:
        raise TransportFailure("malformed", inspection.problem, body)
    if reading.stream:
        raise TransportFailure("malformed", "a stream was asked for and a plain answer came")
    usage = None if inspection.usage is None else Usage(*inspection.usage)
    return PlainAnswer(response.status, response.headers, _for_client(body, reading), usage)


def _for_client(body: bytes, reading: Reading) -> bytes:
    if reading.translation is not None:
        try:
            body = reading.translation.response(body)
        except ValueError as error:
            raise TransportFailure("malformed", f"an answer that cannot be translated: {error}") from None
    return b"[" + body + b"]" if reading.in_array else body


async def _read_error(first: bytes | None, chunks: AsyncGenerator[bytes], idle: float) -> bytes:
    """The words of an error answer, as many as come: its status says enough if they break off."""
    body = bytearray(first or b"")
    try:
        while len(body) < MAX_ERROR_BYTES and (chunk := await next_chunk(chunks, idle, "idle_timeout")) is not None:
            body += chunk
    except TransportFailure:
        pass
    return bytes(body[:MAX_ERROR_BYTES])


def _is_json(headers: Headers) -> bool:
    return any(name.lower() == b"content-type" and value.split(b";")[0].strip().lower() == b"application/json" for name, value in headers)
