"""Every route that calls a model: reads a request, hands it to the orchestrator, and lets it go when its client does."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from pyproxy.domain import PRIORITIES, Request
from pyproxy.errors import BodyTooLarge, InvalidRequest, RequestError, RequestTimeout, UnsupportedMediaType
from pyproxy.http.exchange import AsgiExchange, until_disconnect
from pyproxy.http.visit import visit_of
from pyproxy.rust_core import EnvelopeError, scan_envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from pyproxy.config import ServerConfig
    from pyproxy.http.asked import Asked
    from pyproxy.http.visit import Visit
    from pyproxy.orchestration import Orchestrator
    from pyproxy.rust_core import NativeBegun

__all__ = ["MAX_TIMEOUT_S", "Calls"]

MAX_TIMEOUT_S = 86_400.0
_LONGEST_TOLD = 40


class _ClientGoneError(Exception):
    """The client left while its body was being read."""


class Calls:
    """The ASGI endpoint of one route, or of several that their paths tell apart.

    Args:
        orchestrator: where requests go.
        settings: the ``server`` settings in force.
        body_timeout: seconds that a body may take to come.
        asked_by: what a path asks for.
    """

    def __init__(
        self, orchestrator: Orchestrator, settings: Callable[[], ServerConfig], body_timeout: float, asked_by: Callable[[Scope], Asked]
    ) -> None:
        self._orchestrator = orchestrator
        self._asked_by = asked_by
        self._settings = settings
        self._body_timeout = body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        visit = visit_of(scope)
        exchange = AsgiExchange(send, visit)
        attempt: NativeBegun | None = scope.get("extensions", {}).get("pyproxy.attempt")
        try:
            request = await self._read(scope, receive, visit, measured=attempt is not None)
        except RequestError as error:
            visit.flag = error.code
            await exchange.error(error, [])
        except _ClientGoneError:
            visit.flag = "client_gone"
        else:
            visit.told = True  # by the orchestrator, which knows more
            work = self._orchestrator.handle(request, exchange) if attempt is None else self._orchestrator.go_on(request, exchange, attempt)
            await until_disconnect(work, receive, exchange)

    async def _read(self, scope: Scope, receive: Receive, visit: Visit, *, measured: bool) -> Request:
        """Read a request; what was begun natively is `measured` already, by the settings that were in force then."""
        most = sys.maxsize if measured else self._settings().max_body_bytes
        asked = self._asked_by(scope)
        headers = dict(reversed(scope["headers"]))
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if media_type != b"application/json":
            raise UnsupportedMediaType("The body must be JSON: send it with 'content-type: application/json'.")
        coding = headers.get(b"content-encoding", b"").strip().lower()
        if coding not in (b"", b"identity"):
            told = coding.decode("latin-1")
            raise UnsupportedMediaType(
                f"The body must not be compressed, and its 'content-encoding' says {told[:_LONGEST_TOLD]!r}: send it without that header."
            )
        timeout_ns = _timeout_ns(headers.get(b"x-pyproxy-timeout"))
        try:
            async with asyncio.timeout(self._body_timeout):
                body = await _read_body(headers, receive, most)
        except TimeoutError:
            raise RequestTimeout(f"The body did not come to its end within {self._body_timeout:g} s.") from None
        try:
            envelope = scan_envelope(body, asked.operation.wire, model=asked.model, stream=asked.stream)
        except EnvelopeError as error:
            raise InvalidRequest(str(error), param=error.param) from None
        return Request(
            id=visit.request_id,
            route=scope["path"],
            query=scope["query_string"],
            body=body,
            envelope=envelope,
            headers=tuple(scope["headers"]),
            arrived_ns=visit.arrived_ns,
            node=_text(headers.get(b"x-pyproxy-node")),
            priority=_priority(headers.get(b"x-pyproxy-priority")),
            timeout_ns=timeout_ns,
            fallback_groups=_names(headers.get(b"x-pyproxy-fallback-groups")),
            operation=asked.operation,
            in_array=asked.in_array,
        )


async def _read_body(headers: dict[bytes, bytes], receive: Receive, most: int) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most, f"{int(declared)} bytes")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most, "larger than that")
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(most: int, seen: str) -> BodyTooLarge:
    return BodyTooLarge(f"The body may have {most} bytes and is {seen}; server.max_body_bytes sets the limit.")


def _timeout_ns(given: bytes | None) -> int | None:
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0.0 < seconds <= MAX_TIMEOUT_S:
        raise InvalidRequest(f"x-pyproxy-timeout must be seconds above 0, at most {MAX_TIMEOUT_S:.0f}.", param="x-pyproxy-timeout")
    return round(seconds * 1e9)


def _priority(given: bytes | None) -> int:
    text = _text(given)
    if text is None:
        return PRIORITIES["normal"]
    if text not in PRIORITIES:
        raise InvalidRequest(f"x-pyproxy-priority must be one of {', '.join(PRIORITIES)}.", param="x-pyproxy-priority")
    return PRIORITIES[text]


def _names(given: bytes | None) -> tuple[str, ...] | None:
    text = _text(given)
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _text(given: bytes | None) -> str | None:
    return None if given is None else given.decode("latin-1").strip() or None
