"""The connections to one provider, shared by every snapshot of the configuration that calls it in the same way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyproxy.config import Config, ProviderConfig
    from pyproxy.providers.endpoints import Endpoint
    from pyproxy.providers.transport import Transport

__all__ = ["STALE_WITHIN_S", "Connections", "Transports", "connections_for"]

# The news of a connection that was closed already takes a round trip; a provider that ends it later had the request.
STALE_WITHIN_S = 1.0


class Connections(ABC):
    """Closes the connections when nobody holds them any more. To be used from one event loop's thread.

    Attributes:
        holders: how many hold them.
    """

    def __init__(self) -> None:
        self.holders = 0

    def hold(self) -> None:
        """Note one more holder."""
        self.holders += 1

    async def let_go(self) -> None:
        """Note one holder less; the last one closes every connection."""
        self.holders -= 1
        if self.holders == 0:
            await self._close()

    @property
    @abstractmethod
    def idle(self) -> int:
        """How many are open and serve nobody."""

    @abstractmethod
    async def _close(self) -> None:
        """Close every connection."""


C = TypeVar("C", bound=Connections)


class Transports(Protocol, Generic[C]):
    """What makes the transport of each snapshot: one kind for a whole sidecar."""

    def connections(self, provider: ProviderConfig) -> C:
        """The connections to a provider; nothing is opened yet."""

    def transport(self, endpoints: Mapping[str, Endpoint], connections: Mapping[str, C]) -> Transport:
        """A transport that holds the connections until it is closed.

        Args:
            endpoints: where each instance is called.
            connections: those to each provider.
        """


def connections_for(
    config: Config, make: Callable[[ProviderConfig], C], before: tuple[Config, Mapping[str, C]] | None = None
) -> dict[str, C]:
    """The connections to every provider of `config`, by its name; nothing is opened yet.

    Args:
        config: the configuration to serve.
        make: makes those to a provider.
        before: the configuration served so far and its connections; those to providers that stay as they are go on.
    """
    old_config, old = (None, {}) if before is None else before
    return {
        name: old[name] if old_config is not None and old_config.providers.get(name) == provider and name in old else make(provider)
        for name, provider in config.providers.items()
    }
