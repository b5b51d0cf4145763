"""The connections to one provider, shared by every snapshot of the configuration that calls it in the same way."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpcore2
import httpx2

from pyproxy.providers.kept_alive import STALE_WITHIN_S, KeptAliveBackend, StaleConnectionError

if TYPE_CHECKING:
    import ssl

    from pyproxy.config import Config

__all__ = ["Connections", "connections_for"]

# Limits live in the core, not in the pool: a call that was admitted must never wait for a connection.
_MAX_IDLE = 100
_KEEP_ALIVE_S = 30.0


class Connections:
    """Owns the connections, and closes them when nobody holds them any more. To be used from one event loop's thread.

    Attributes:
        holders: how many hold them.
    """

    def __init__(self, stale_within: float = STALE_WITHIN_S) -> None:
        self.holders = 0
        self._pool = httpcore2.AsyncConnectionPool(
            _tls(),
            max_connections=None,
            max_keepalive_connections=_MAX_IDLE,
            keepalive_expiry=_KEEP_ALIVE_S,
            network_backend=KeptAliveBackend(stale_within),
        )
        # Keeps no connection, so that each call here has one of its own.
        self._fresh = httpcore2.AsyncConnectionPool(_tls(), max_connections=None, max_keepalive_connections=0)

    async def send(self, request: httpcore2.Request) -> httpcore2.Response:
        """Send a request and wait for the head of its answer.

        One that found an idle connection closed was read by nobody: it is sent once more, on a connection of its own.
        """
        try:
            return await self._pool.handle_async_request(request)
        except StaleConnectionError:
            return await self._fresh.handle_async_request(request)

    def hold(self) -> None:
        """Note one more holder."""
        self.holders += 1

    async def let_go(self) -> None:
        """Note one holder less; the last one closes every connection."""
        self.holders -= 1
        if self.holders == 0:
            await self._pool.aclose()
            await self._fresh.aclose()


def connections_for(config: Config, before: tuple[Config, dict[str, Connections]] | None = None) -> dict[str, Connections]:
    """The connections to every provider of `config`, by its name; nothing is opened yet.

    Args:
        config: the configuration to serve.
        before: the configuration served so far and its connections; those to providers that stay as they are go on.
    """
    old_config, old = (None, {}) if before is None else before
    return {
        name: old[name] if old_config is not None and old_config.providers.get(name) == provider and name in old else Connections()
        for name, provider in config.providers.items()
    }


@cache
def _tls() -> ssl.SSLContext:
    """What every connection is opened with; reading the certificates takes longer than all else here."""
    return httpx2.create_ssl_context(trust_env=False)
