"""The OpenAI dialect: errors, their headers and the model list, as its SDKs read them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from pyproxy.errors import SingleTurnOnly, UpstreamError
from pyproxy.rust_core import SseFramer, sse_error_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproxy.errors import RequestError

__all__ = [
    "DONE_EVENT",
    "JSON_TYPE",
    "KEEP_ALIVE",
    "STREAM_HEADERS",
    "encode_error",
    "error_event",
    "error_headers",
    "model_entry",
    "model_list",
    "passed_error_event",
]

JSON_TYPE = (b"content-type", b"application/json")
DONE_EVENT = b"data: [DONE]\n\n"
# A comment: whoever reads events skips it.
KEEP_ALIVE = b": keep-alive\n\n"

Headers = list[tuple[bytes, bytes]]

# The head of a stream that is sent before any provider's.
STREAM_HEADERS: Headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


def encode_error(error: RequestError) -> bytes:
    """The body of an error answer: ``{"error": {message, type, param, code}}``."""
    detail = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    return json.dumps({"error": detail}, ensure_ascii=False).encode()


def error_headers(error: RequestError) -> Headers:
    """The headers that go with it.

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


def error_event(error: RequestError) -> bytes:
    """The event that ends a broken stream."""
    return sse_error_event("openai", error.message, error.type, error.code)


def passed_error_event(payload: bytes) -> bytes | None:
    """A provider's error as an event, word for word; None if it is no error in this dialect."""
    event = b"data: " + payload.replace(b"\n", b"\ndata: ") + b"\n\n"
    framer = SseFramer("openai")
    framer.feed(event)
    return None if framer.error is None else event


def model_entry(target: str, created: int) -> dict[str, object]:
    """One target, as ``GET /v1/models/{model}`` gives it. `created` is in seconds since the epoch."""
    return {"id": target, "object": "model", "created": created, "owned_by": "pyproxy"}


def model_list(targets: Iterable[str], created: int) -> dict[str, object]:
    """All targets, as ``GET /v1/models`` gives them."""
    return {"object": "list", "data": [model_entry(target, created) for target in targets]}
