"""The portable transport: httpcore2's pools and httpx2's decoders; no redirects, nothing taken from the environment."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from pyproxy.providers.forwarding import forwarded_headers
from pyproxy.providers.kept_alive import STALE_WITHIN_S, KeptAliveBackend, StaleConnectionError
from pyproxy.providers.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import UpstreamCall

__all__ = ["HttpxTransport"]

# Limits live in the core, not in the pool: a call that was admitted must never wait for a connection.
_MAX_IDLE = 100
_KEEP_ALIVE_S = 30.0
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)


class HttpxTransport:
    """Calls instances over HTTP/1.1. Owns its connections."""

    def __init__(self, endpoints: Mapping[str, Endpoint], stale_within: float = STALE_WITHIN_S) -> None:
        self._endpoints = endpoints
        tls = httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            tls,
            max_connections=None,
            max_keepalive_connections=_MAX_IDLE,
            keepalive_expiry=_KEEP_ALIVE_S,
            network_backend=KeptAliveBackend(stale_within),
        )
        # Keeps no connection, so that each call here has one of its own.
        self._fresh = httpcore2.AsyncConnectionPool(tls, max_connections=None, max_keepalive_connections=0)

    async def open(self, call: UpstreamCall) -> HttpxResponse:
        """Send a call and wait for its head. See `Transport.open`.

        A call that found an idle connection closed was read by nobody: it is sent once more, on a connection of its own.
        """
        request = self._request(call)
        try:
            try:
                response = await self._pool.handle_async_request(request)
            except StaleConnectionError:
                response = await self._fresh.handle_async_request(request)
        except httpcore2.ConnectTimeout as error:
            raise TransportFailure("connect_timeout", f"no connection within {call.connect_timeout:g} s") from error
        except httpcore2.ConnectError as error:
            raise TransportFailure("connect_failed", str(error) or "the connection was refused") from error
        except _BROKEN as error:
            raise TransportFailure("reset", str(error) or type(error).__name__) from error
        return HttpxResponse(response)

    def _request(self, call: UpstreamCall) -> httpcore2.Request:
        endpoint = self._endpoints[call.instance]
        own_names = {name for name, _ in endpoint.headers}
        headers = [(name, value) for name, value in forwarded_headers(call.headers) if name not in own_names]
        # Compressed events could not be framed as they come; the body is JSON whatever the client called it.
        headers += [*endpoint.headers, (b"content-type", b"application/json"), (b"accept-encoding", b"identity")]
        timeouts = {"connect": call.connect_timeout, "read": None, "write": None, "pool": None}
        plain = httpx2.Request(
            "POST", httpx2.URL(endpoint.base_url + call.path, query=call.query or None), headers=headers, content=call.body
        )
        url = httpcore2.URL(scheme=plain.url.raw_scheme, host=plain.url.raw_host, port=plain.url.port, target=plain.url.raw_path)
        return httpcore2.Request(plain.method, url, headers=plain.headers.raw, content=call.body, extensions={"timeout": timeouts})

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()
        await self._fresh.aclose()


class HttpxResponse:
    """An answer whose head has come."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = httpx2.Response(response.status, headers=response.headers, stream=_Body(response))

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
        except (*_BROKEN, httpx2.DecodingError) as error:
            raise TransportFailure("reset", str(error) or type(error).__name__) from error

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        await self._response.aclose()


class _Body(httpx2.AsyncByteStream):
    """A body as httpx2 wants to read it."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        async with aclosing(self._response.aiter_stream()) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        await self._response.aclose()
