"""Whole answers of the HTTP side; its errors are in the dialect of its routes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.errors import NotFound, RequestTimeout, ShuttingDown
from pyproxy.http.asked import face_of
from pyproxy.http.visit import visit_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pyproxy.dialects.face import Face
    from pyproxy.errors import RequestError
    from pyproxy.http.visit import Visit

__all__ = ["Reply", "error_answer", "json_reply", "nothing_at", "refusal"]

Headers = list[tuple[bytes, bytes]]

_WHERE = "requests go to POST /v1/chat/completions, /v1/responses, /v1/messages and their like."
# After these nobody goes on: the sidecar is leaving, or the client cannot keep up with itself.
_LAST_ANSWERS = (ShuttingDown, RequestTimeout)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is known, as an ASGI application."""

    status: int
    headers: Headers
    body: bytes = b""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Say it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_reply(content: object, status: int = 200) -> Reply:
    """A value as an answer."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")], body)


def error_answer(error: RequestError, visit: Visit, *, last: bool = False, face: Face | None = None) -> tuple[Headers, bytes]:
    """The headers and the body of an error, whose status is its own; after the `last` the connection is closed.

    It is told in the API of the route, where nobody who knows better gives another `face`.
    """
    face = face or face_of(visit.route)
    body = face.encode_error(error, visit.request_id)
    headers = [*face.error_headers(error), (b"content-length", str(len(body)).encode())]
    if last or isinstance(error, _LAST_ANSWERS):
        headers.append((b"connection", b"close"))
    return headers, body


def nothing_at(scope: Scope) -> NotFound:
    """What is said where there is no route."""
    return NotFound(f"There is nothing at {scope['path'][:200]}; {_WHERE}")


def refusal(error: RequestError, scope: Scope, face: Face | None = None) -> Reply:
    """An error as a whole answer; the request's access line will say why."""
    visit = visit_of(scope)
    visit.flag = error.code
    headers, body = error_answer(error, visit, face=face)
    return Reply(error.http_status, headers, body)
