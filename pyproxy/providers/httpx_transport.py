"""The portable transport: httpx2, kept to one connection pool, no redirects, nothing taken from the environment."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import httpx2

from pyproxy.providers.forwarding import forwarded_headers
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import UpstreamCall

__all__ = ["HttpxTransport"]

# Limits live in the core, not in the pool: a call that was admitted must never wait for a connection.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)


class HttpxTransport:
    """Calls instances over httpx2. Owns its connections."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = endpoints
        self._pool = httpx2.AsyncHTTPTransport(trust_env=False, limits=_LIMITS)

    async def open(self, call: UpstreamCall) -> HttpxResponse:
        """Send a call and wait for its head. See `Transport.open`."""
        endpoint = self._endpoints[call.instance]
        own_names = {name for name, _ in endpoint.headers}
        headers = [(name, value) for name, value in forwarded_headers(call.headers) if name not in own_names]
        # Compressed events could not be framed as they come; the body is JSON whatever the client called it.
        headers += [*endpoint.headers, (b"content-type", b"application/json"), (b"accept-encoding", b"identity")]
        url = httpx2.URL(endpoint.base_url + call.path, query=call.query or None)
        timeout = {"connect": call.connect_timeout, "read": None, "write": None, "pool": None}
        request = httpx2.Request("POST", url, headers=headers, content=call.body, extensions={"timeout": timeout})
        try:
            response = await self._pool.handle_async_request(request)
        except httpx2.ConnectTimeout as error:
            raise TransportFailure("connect_timeout", f"no connection within {call.connect_timeout:g} s") from error
        except httpx2.ConnectError as error:
            raise TransportFailure("connect_failed", str(error) or "the connection was refused") from error
        except httpx2.TransportError as error:
            raise TransportFailure("reset", str(error) or type(error).__name__) from error
        return HttpxResponse(response)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class HttpxResponse:
    """An answer whose head has come."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, as they came."""
        return self._response.headers.raw

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The body's pieces. See `UpstreamResponse.chunks`."""
        try:
            async with aclosing(self._response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    yield piece
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise TransportFailure("reset", str(error) or type(error).__name__) from error

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        await self._response.aclose()
