"""The native transport: threads of the extension make the calls, and what has come is fetched from them here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pyproxy.providers.connections import STALE_WITHIN_S, Connections
from pyproxy.providers.proxies import proxy_of, proxy_url
from pyproxy.providers.transport import TransportFailure
from pyproxy.rust_core import NativeEndpoint, NativeFailure, NativePool, forwarded_headers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from pyproxy.config import ProviderConfig
    from pyproxy.native import Bridge
    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import UpstreamCall
    from pyproxy.rust_core import NativeAnswer

__all__ = ["NativeConnections", "NativeTransport", "NativeTransports"]

_PORTS = {"http": 80, "https": 443}
# Pieces that are there already are taken without waiting; after as many, whoever else is on the loop has a turn.
_MOST_AT_ONCE = 16


class NativeConnections(Connections):
    """Connections to one provider, over HTTP/1.1, or HTTP/2 where it offers that.

    Attributes:
        pool: the native side of them.
    """

    def __init__(self, stale_within: float = STALE_WITHIN_S, ca_file: str | None = None, proxy: str | None = None) -> None:
        super().__init__()
        self.pool = NativePool(stale_within, ca_file, None if proxy is None else proxy_of(proxy))

    @property
    def idle(self) -> int:
        """How many are open and serve nobody; of HTTP/2, how many are open."""
        return self.pool.idle

    async def _close(self) -> None:
        self.pool.close()


class NativeTransports:
    """Makes the transports that are used from one event loop.

    Args:
        bridge: the loop's.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def connections(self, provider: ProviderConfig) -> NativeConnections:
        """See `Transports.connections`."""
        return NativeConnections(ca_file=provider.ca_file, proxy=proxy_url(provider))

    def transport(self, endpoints: Mapping[str, Endpoint], connections: Mapping[str, NativeConnections]) -> NativeTransport:
        """See `Transports.transport`."""
        return NativeTransport(self._bridge, endpoints, connections)


class NativeTransport:
    """Calls instances natively. Holds the connections to their providers until it is closed."""

    def __init__(self, bridge: Bridge, endpoints: Mapping[str, Endpoint], connections: Mapping[str, NativeConnections]) -> None:
        """Hold the connections; nothing is opened yet.

        Args:
            bridge: of the event loop that the calls are made from.
            endpoints: where each instance is called.
            connections: those to each provider.
        """
        self._bridge = bridge
        self._instances = {name: (_native(endpoint), connections[endpoint.provider].pool) for name, endpoint in endpoints.items()}
        self._connections = connections
        for each in connections.values():
            each.hold()

    def native(self, instance: str) -> tuple[NativeEndpoint, NativePool]:
        """How an instance is called natively."""
        return self._instances[instance]

    async def open(self, call: UpstreamCall) -> NativeResponse:
        """Send a call and wait for its head. See `Transport.open`."""
        endpoint, pool = self._instances[call.instance]
        headers = forwarded_headers(call.headers)
        path, bridge = call.path.encode(), self._bridge
        ticket = endpoint.send(bridge.io, pool, call.method, path, call.query, headers, call.body, call.connect_timeout)
        answer: NativeAnswer | NativeFailure = await bridge.done(ticket)
        if isinstance(answer, NativeFailure):
            raise TransportFailure(answer.signal, answer.detail)
        return NativeResponse(bridge, answer)

    async def aclose(self) -> None:
        """Let the connections go; those that nobody else holds are closed. What is called afterwards is a mistake."""
        connections, self._connections, self._instances = self._connections, {}, {}
        for each in connections.values():
            await each.let_go()


def _native(endpoint: Endpoint) -> NativeEndpoint:
    url = urlsplit(endpoint.base_url)
    host, port, path = url.hostname or "", url.port or _PORTS[url.scheme], url.path.encode()
    return NativeEndpoint(url.scheme, host, port, path, endpoint.headers, endpoint.defaults, endpoint.query)


class NativeResponse:
    """An answer whose head has come.

    Attributes:
        status: the HTTP status.
        headers: the headers, in small letters.
    """

    def __init__(self, bridge: Bridge, answer: NativeAnswer) -> None:
        self._bridge = bridge
        self._answer = answer
        self.status = answer.status
        self.headers = answer.headers

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The body's pieces. See `UpstreamResponse.chunks`."""
        at_once = 0
        while True:
            piece: Any = self._answer.read(self._bridge.io)
            if isinstance(piece, int):
                at_once, piece = 0, await self._bridge.done(piece)
            elif at_once == _MOST_AT_ONCE:
                at_once = 0
                await asyncio.sleep(0)
            else:
                at_once += 1
            if isinstance(piece, NativeFailure):
                raise TransportFailure(piece.signal, piece.detail)
            if not piece:
                return
            yield piece

    async def aclose(self) -> None:
        """End the call, if the body was not read to its end."""
        self._answer.close()
