"""The connections of the portable transport: two of httpcore2's pools, and the retry of what found its connection closed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from pyproxy.providers.connections import STALE_WITHIN_S, Connections
from pyproxy.providers.kept_alive import KeptAliveBackend, StaleConnectionError
from pyproxy.providers.proxies import proxy_of

if TYPE_CHECKING:
    import ssl

__all__ = ["HttpxConnections"]

# Limits live in the core, not in the pool: a call that was admitted must never wait for a connection.
_MAX_IDLE = 100
_KEEP_ALIVE_S = 30.0


class HttpxConnections(Connections):
    """Connections to one provider over HTTP/1.1."""

    def __init__(self, stale_within: float = STALE_WITHIN_S, ca_file: str | None = None, proxy: str | None = None) -> None:
        super().__init__()
        tls, way = _tls(ca_file), _way(proxy)
        self._pool = httpcore2.AsyncConnectionPool(
            tls,
            way,
            max_connections=None,
            max_keepalive_connections=_MAX_IDLE,
            keepalive_expiry=_KEEP_ALIVE_S,
            network_backend=KeptAliveBackend(stale_within),
        )
        # Keeps no connection, so that each call here has one of its own.
        self._fresh = httpcore2.AsyncConnectionPool(tls, way, max_connections=None, max_keepalive_connections=0)

    async def send(self, request: httpcore2.Request) -> httpcore2.Response:
        """Send a request and wait for the head of its answer.

        One that found an idle connection closed was read by nobody: it is sent once more, on a connection of its own.
        """
        try:
            return await self._pool.handle_async_request(request)
        except StaleConnectionError:
            return await self._fresh.handle_async_request(request)

    @property
    def idle(self) -> int:
        """How many are open and serve nobody."""
        return sum(connection.is_idle() for connection in self._pool.connections)

    async def _close(self) -> None:
        await self._pool.aclose()
        await self._fresh.aclose()


def _way(url: str | None) -> httpcore2.Proxy | None:
    if url is None:
        return None
    proxy = proxy_of(url)
    headers = [] if proxy.authorization is None else [("proxy-authorization", proxy.authorization)]
    return httpcore2.Proxy(httpcore2.URL(scheme="http", host=proxy.host, port=proxy.port, target="/"), headers=headers)


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """What every connection is opened with; reading the certificates takes longer than all else here."""
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
