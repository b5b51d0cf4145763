"""The polling pools of a sidecar, by name, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyproxy.errors import ShuttingDown

if TYPE_CHECKING:
    from pyproxy.config import Config
    from pyproxy.pools.pool import PollingPool
    from pyproxy.pools.status import PoolStatus

__all__ = ["PollingPoolManager"]


class HasPools(Protocol):
    """`pyproxy.Sidecar`, as far as this needs it."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    def pool(self, name: str) -> PollingPool:
        """One pool."""

    def pools(self) -> tuple[PoolStatus, ...]:
        """The status of each."""


class PollingPoolManager:
    """Finds the pools of a sidecar, and follows its reloads. The pools are the sidecar's: their instances are those its requests use."""

    def __init__(self, sidecar: HasPools) -> None:
        self._sidecar = sidecar
        self._shut_down = False

    def list_pools(self) -> list[str]:
        """The names of the pools, in the order of the configuration."""
        return list(self._sidecar.config.polling_pools)

    def get_pool(self, name: str) -> PollingPool:
        """A pool: ``async with manager.get_pool("fast_pool").get_instance() as held``.

        Raises:
            PoolNotFound: there is no such pool.
            ShuttingDown: `shutdown` was called.
        """
        if self._shut_down:
            raise ShuttingDown
        return self._sidecar.pool(name)

    def list_all_status(self) -> dict[str, PoolStatus]:
        """The status of every pool, by name."""
        return {status.name: status for status in self._sidecar.pools()}

    def shutdown(self) -> None:
        """Give nothing out any more; what is held can be given back, and the sidecar goes on."""
        self._shut_down = True
