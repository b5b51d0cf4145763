"""Keeps web pages and misdirected requests out, on every route, before anything is read.

A page in a browser can send requests to localhost: by a rebound DNS name (told by Host), or across sites (told by
Sec-Fetch-Site and Origin). None of them may spend tokens or read a list of models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.errors import HeadersTooLarge, InvalidRequest, RequestError, RequestForbidden, UriTooLong
from pyproxy.http.replies import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pyproxy.config import ServerConfig

__all__ = ["LOOPBACK_HOSTS", "Guard"]

LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))
Headers = list[tuple[bytes, bytes]]

MAX_URI_BYTES = 8 * 1024
MAX_HEADERS = 100
MAX_HEADER_BYTES = 64 * 1024


class Guard:
    """Passes a request on, or refuses it in the open."""

    def __init__(self, app: ASGIApp, settings: Callable[[], ServerConfig]) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        error = self._fault(scope)
        if error is not None:
            await refusal(error, scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> RequestError | None:
        return _too_large(scope) or self._misdirected(scope["headers"])

    def _misdirected(self, headers: Headers) -> RequestError | None:
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        if b"transfer-encoding" in values and b"content-length" in values:
            return InvalidRequest("The request has both Transfer-Encoding and Content-Length; send one of them.")
        hosts = values.get(b"host", [])
        if len(hosts) != 1 or not self._own_name(hosts[0]):
            return RequestForbidden(
                "The Host header does not name this sidecar: use 127.0.0.1 or localhost, or list the name in server.allowed_hosts.",
                status=421,
            )
        if any(site not in (b"none", b"same-origin") for site in values.get(b"sec-fetch-site", [])):
            return RequestForbidden("Requests that a web page of another site makes are refused.")
        if any(not self._own_origin(origin) for origin in values.get(b"origin", [])):
            return RequestForbidden("Requests with a foreign Origin are refused.")
        return None

    def _own_origin(self, origin: bytes) -> bool:
        scheme, _, host = origin.partition(b"://")
        return scheme in (b"http", b"https") and self._own_name(host)

    def _own_name(self, host: bytes) -> bool:
        name = _host_name(host)
        return name in LOOPBACK_HOSTS or name in self._settings().allowed_hosts


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


def _host_name(host: bytes) -> str | None:
    """The name in ``name``, ``name:port`` or ``[v6]:port``; None if it is none of these."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        name, bracket, rest = text[1:].partition("]")
        return name if bracket and (not rest or (rest[0] == ":" and rest[1:].isdigit())) else None
    name, colon, port = text.partition(":")
    return name if not colon or port.isdigit() else None
