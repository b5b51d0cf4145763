"""What a client sees of us in its own API beside the answers themselves: errors, signs of life, the end of a stream."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from pyproxy.errors import SingleTurnOnly, UpstreamError
from pyproxy.rust_core import error_body, error_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.dialects.provider_errors import ReadError
    from pyproxy.errors import RequestError

__all__ = ["JSON_TYPE", "Face", "Headers"]

Headers = list[tuple[bytes, bytes]]

JSON_TYPE = (b"content-type", b"application/json")

_LINE_END = re.compile(rb"[\r\n]+")


class _Told(TypedDict):
    """An error in no API's shape yet, as the core takes it."""

    status: int
    message: str
    type: str | None
    code: str | None
    param: str | None
    retry_after_ns: int | None


class Face:
    """One API as its clients see it. The errors themselves are written by the core, which knows the dialect by its name.

    Attributes:
        name: the dialect's.
        stream_headers: the head of a stream that is sent before any provider's.
        id_headers: the headers that tell a request's id: SDKs look for their API's own.
        comments: whether a stream may hold comments; where it may not, they crash the client.
        opening_sign: a sign of life for a stream that has had no event yet; None where there is none.
        keep_alive: a sign of life between the events of a stream; None where there is none.
        last_event: the event that ends a whole stream, for one that lacks it; None where nothing can be told without the answer.
        statuses: what is told in the place of a status that the API does not have: Anthropic alone has one for being overloaded.
    """

    name: ClassVar[str]
    stream_headers: ClassVar[Headers] = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
    id_headers: ClassVar[tuple[bytes, ...]] = (b"x-request-id",)
    comments: ClassVar[bool] = True
    opening_sign: ClassVar[bytes | None] = b": keep-alive\n\n"
    keep_alive: ClassVar[bytes | None] = b": keep-alive\n\n"
    last_event: ClassVar[bytes | None] = None
    statuses: ClassVar[Mapping[int, int]] = {529: 503}

    def status_of(self, status: int) -> int:
        """The status that an error is told with."""
        return self.statuses.get(status, status)

    def encode_error(self, error: RequestError, request_id: str = "") -> bytes:
        """The body of an error answer."""
        return error_body(self.name, **_own(error), request_id=request_id)

    def error_event(self, error: RequestError, number: int = 0) -> bytes:
        """The event that ends a broken stream; its number, where they have one."""
        return error_event(self.name, **_own(error), sequence_number=number)

    def tell(self, status: int, read: ReadError, request_id: str = "", retry_after_ns: int | None = None) -> bytes:
        """The body that tells a provider's error in this API: its message word for word, its kind in words that clients know."""
        return error_body(self.name, **_providers(status, read, retry_after_ns), request_id=request_id)

    def tell_event(self, status: int, read: ReadError, number: int = 0) -> bytes:
        """The same as the event that ends a stream."""
        return error_event(self.name, **_providers(status, read, None), sequence_number=number)

    def error_headers(self, error: RequestError) -> Headers:
        """The headers that go with the body.

        ``x-should-retry: false`` keeps SDKs from repeating what the sidecar has already tried for them, and what can only end the same.
        """
        headers: Headers = [JSON_TYPE]
        if error.retry_after_ns is not None:
            # Rounded up: whoever waits this long is not refused again for having come early.
            headers.append((b"retry-after", str(math.ceil(error.retry_after_ns / 1e9)).encode()))
            headers.append((b"retry-after-ms", str(math.ceil(error.retry_after_ns / 1e6)).encode()))
        if isinstance(error, (UpstreamError, SingleTurnOnly)):  # some repeat any 409
            headers.append((b"x-should-retry", b"false"))
        return headers

    def passed_error_event(self, payload: bytes) -> bytes | None:
        """A provider's error as an event, word for word; None if it is no error in this dialect."""
        try:
            error = json.loads(payload)
            is_error = isinstance(error, dict) and self._is_error(error)
        except (ValueError, RecursionError):
            return None
        if not is_error:
            return None
        name = self._event_name(error)
        head = b"" if name is None else b"event: " + name.encode() + b"\n"
        # Between the members of a JSON text a line's end is a space like any other; in an event it would be its end.
        return head + b"data: " + _LINE_END.sub(b" ", payload.strip()) + b"\n\n"

    def _is_error(self, data: dict[str, Any]) -> bool:
        """Whether an event's data is an error in this API."""
        return isinstance(data.get("error"), (dict, str)) and bool(data["error"])

    def _event_name(self, data: dict[str, Any]) -> str | None:  # noqa: ARG002 - where events have names, it says which
        """The name of the event with an error's data."""
        return None


def _own(error: RequestError) -> _Told:
    return {
        "status": error.http_status,
        "message": _sendable(error.message),
        "type": error.type,
        "code": error.code,
        "param": error.param and _sendable(error.param),
        "retry_after_ns": error.retry_after_ns,
    }


def _providers(status: int, read: ReadError, retry_after_ns: int | None) -> _Told:
    return {
        "status": status,
        "message": _sendable(read.message),
        "type": read.type and _sendable(read.type),
        "code": read.code and _sendable(read.code),
        "param": read.param and _sendable(read.param),
        "retry_after_ns": retry_after_ns,
    }


def _sendable(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can be read with and UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()
