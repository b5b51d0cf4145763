"""The portable transport: httpcore2's pools and httpx2's decoders; no redirects, nothing taken from the environment."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from pyproxy.providers.httpx_connections import HttpxConnections
from pyproxy.providers.kept_alive import keep_only_if_clean
from pyproxy.providers.proxies import proxy_url
from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import forwarded_headers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from pyproxy.config import ProviderConfig
    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import UpstreamCall

__all__ = ["HttpxTransport", "HttpxTransports"]

_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)


class HttpxTransports:
    """Makes them."""

    def connections(self, provider: ProviderConfig) -> HttpxConnections:
        """See `Transports.connections`."""
        return HttpxConnections(ca_file=provider.ca_file, proxy=proxy_url(provider))

    def transport(self, endpoints: Mapping[str, Endpoint], connections: Mapping[str, HttpxConnections]) -> HttpxTransport:
        """See `Transports.transport`."""
        return HttpxTransport(endpoints, connections)


class HttpxTransport:
    """Calls instances over HTTP/1.1. Holds the connections to their providers until it is closed."""

    def __init__(self, endpoints: Mapping[str, Endpoint], connections: Mapping[str, HttpxConnections]) -> None:
        """Hold the connections; nothing is opened yet.

        Args:
            endpoints: where each instance is called.
            connections: those to each provider.
        """
        self._endpoints = endpoints
        self._connections = connections
        for each in connections.values():
            each.hold()

    async def open(self, call: UpstreamCall) -> HttpxResponse:
        """Send a call and wait for its head. See `Transport.open`."""
        endpoint = self._endpoints[call.instance]
        try:
            response = await self._connections[endpoint.provider].send(_request(call, endpoint))
        except httpcore2.ConnectTimeout as error:
            raise TransportFailure("connect_timeout", f"no connection within {call.connect_timeout:g} s") from error
        except (httpcore2.ConnectError, httpcore2.ProxyError) as error:
            raise TransportFailure("connect_failed", str(error) or "the connection was refused") from error
        except _BROKEN as error:
            raise TransportFailure("reset", str(error) or type(error).__name__) from error
        return HttpxResponse(response)

    async def aclose(self) -> None:
        """Let the connections go; those that nobody else holds are closed. What is called afterwards is a mistake."""
        connections, self._connections = self._connections, {}
        for each in connections.values():
            await each.let_go()


def _request(call: UpstreamCall, endpoint: Endpoint) -> httpcore2.Request:
    own_names = {name for name, _ in endpoint.headers}
    headers = [(name, value) for name, value in forwarded_headers(call.headers) if name not in own_names]
    # Compressed events could not be framed as they come; the body is JSON whatever the client called it.
    content_type = [(b"content-type", b"application/json")] if call.body else []
    sent_names = own_names | {name for name, _ in headers}
    expected = [(name, value) for name, value in endpoint.defaults if name not in sent_names]
    headers += [*endpoint.headers, *expected, *content_type, (b"accept-encoding", b"identity")]
    timeouts = {"connect": call.connect_timeout, "read": None, "write": None, "pool": None}
    query = b"&".join(part for part in (call.query, endpoint.query) if part)
    address = httpx2.URL(endpoint.base_url + call.path, query=query or None)
    plain = httpx2.Request(call.method, address, headers=headers, content=call.body or None)
    url = httpcore2.URL(scheme=plain.url.raw_scheme, host=plain.url.raw_host, port=plain.url.port, target=plain.url.raw_path)
    return httpcore2.Request(plain.method, url, headers=plain.headers.raw, content=call.body, extensions={"timeout": timeouts})


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
        keep_only_if_clean(self._response)
        await self._response.aclose()
