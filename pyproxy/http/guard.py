"""Keeps web pages and misdirected requests out, on every route, before anything is read.

A page in a browser can send requests to localhost: by a rebound DNS name (told by Host), or across sites (told by
Sec-Fetch-Site and Origin). None of them may spend tokens or read a list of models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.errors import HeadersTooLarge, InvalidRequest, RequestError, RequestForbidden, UriTooLong
from pyproxy.http.replies import refusal
from pyproxy.rust_core import RequestGuard

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pyproxy.config import ServerConfig

__all__ = ["Guard"]

Headers = list[tuple[bytes, bytes]]

MAX_URI_BYTES = 8 * 1024
MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 * 1024


class Guard:
    """Passes a request on, or refuses it in the open."""

    def __init__(self, app: ASGIApp, settings: Callable[[], ServerConfig]) -> None:
        self._app = app
        self._settings = settings
        self._names: tuple[str, ...] = ()
        self._core = RequestGuard()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        is_begun = "pyproxy.attempt" in scope.get("extensions", ())  # and was let in then
        error = None if is_begun else self._fault(scope)
        if error is not None:
            await refusal(error, scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> RequestError | None:
        return _too_large(scope) or self._misdirected(scope["headers"])

    def _misdirected(self, headers: Headers) -> RequestError | None:
        names = self._settings().allowed_hosts
        if names != self._names:  # a reload may change them
            self._names, self._core = names, RequestGuard(names)
        match self._core.check(headers):
            case None:
                return None
            case "two_framings":
                return InvalidRequest("The request has both Transfer-Encoding and Content-Length; send one of them.")
            case "foreign_host":
                return RequestForbidden(
                    "The Host header does not name this sidecar: use 127.0.0.1 or localhost, or list the name in server.allowed_hosts.",
                    status=421,
                )
            case "cross_site":
                return RequestForbidden("Requests that a web page of another site makes are refused.")
            case "foreign_origin":
                return RequestForbidden("Requests with a foreign Origin are refused.")


def _too_large(scope: Scope) -> RequestError | None:
    """The parser bounds only a head that has not come whole yet; one that came in a single piece may be larger."""
    length = len(scope["raw_path"]) + len(scope["query_string"])
    if length > MAX_URI_BYTES:
        return UriTooLong(f"The path and the query have {length} bytes; {MAX_URI_BYTES} are taken.")
    headers: Headers = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        return HeadersTooLarge(
            f"The request has {len(headers)} header fields of {size} bytes; {MAX_HEADERS} fields of {MAX_HEADER_BYTES} bytes are taken."
        )
    return None
