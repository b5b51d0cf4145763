"""``POST /v1/chat/completions``: reads a request, hands it to the orchestrator, and lets it go when its client does."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from pyproxy.domain import ChatRequest
from pyproxy.errors import BodyTooLarge, InvalidRequest, RequestError, UnsupportedMediaType
from pyproxy.http.exchange import AsgiExchange, until_disconnect
from pyproxy.rust_core import EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pyproxy.orchestration import Orchestrator

__all__ = ["ChatCompletions"]

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
_MAX_TIMEOUT_S = 86_400.0


class _ClientGoneError(Exception):
    """The client left while its body was being read."""


class ChatCompletions:
    """The ASGI endpoint."""

    def __init__(self, orchestrator: Orchestrator, max_body_bytes: int) -> None:
        self._orchestrator = orchestrator
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        arrived_ns = time.monotonic_ns()
        headers = dict(reversed(scope["headers"]))
        request_id = _request_id(headers.get(b"x-request-id"))
        exchange = AsgiExchange(send)
        try:
            request = await self._read(scope, headers, receive, request_id, arrived_ns)
        except RequestError as error:
            await self._orchestrator.refuse(request_id, scope["path"], error, exchange)
        except _ClientGoneError:
            return
        else:
            await until_disconnect(self._orchestrator.handle(request, exchange), receive)

    async def _read(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, request_id: str, arrived_ns: int) -> ChatRequest:
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if media_type != b"application/json":
            raise UnsupportedMediaType("The body must be JSON: send it with 'content-type: application/json'.")
        timeout_ns = _timeout_ns(headers.get(b"x-pyproxy-timeout"))
        body = await self._read_body(headers, receive)
        try:
            envelope = scan_envelope(body)
        except EnvelopeError as error:
            raise InvalidRequest(str(error), param=error.param) from None
        return ChatRequest(
            id=request_id,
            route=scope["path"],
            query=scope["query_string"],
            body=body,
            envelope=envelope,
            headers=tuple(scope["headers"]),
            arrived_ns=arrived_ns,
            node=_text(headers.get(b"x-pyproxy-node")),
            timeout_ns=timeout_ns,
            fallback_groups=_names(headers.get(b"x-pyproxy-fallback-groups")),
        )

    async def _read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            raise self._too_large(f"{int(declared)} bytes")
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body_bytes:
                raise self._too_large("larger than that")
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self, seen: str) -> BodyTooLarge:
        return BodyTooLarge(f"The body may have {self._max_body_bytes} bytes and is {seen}; server.max_body_bytes sets the limit.")


def _request_id(given: bytes | None) -> str:
    """The client's own id if it is one word of plain characters, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return f"req_{uuid.uuid4().hex}"


def _timeout_ns(given: bytes | None) -> int | None:
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0.0 < seconds <= _MAX_TIMEOUT_S:
        raise InvalidRequest("x-pyproxy-timeout must be a number of seconds above 0, such as 30.", param="x-pyproxy-timeout")
    return round(seconds * 1e9)


def _names(given: bytes | None) -> tuple[str, ...] | None:
    text = _text(given)
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _text(given: bytes | None) -> str | None:
    return None if given is None else given.decode("latin-1").strip() or None
