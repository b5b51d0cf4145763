"""The polling pools of a configuration, and the way to their live instances. Requests take the resolver and the engine."""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING, Any, Protocol

from pyproxy.domain.instances import instance_names
from pyproxy.errors import NoModelAvailable, PoolNotFound
from pyproxy.routing.configured import Configured
from pyproxy.routing.task_groups import TaskGroupManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyproxy.config import Config, PollingPoolConfig
    from pyproxy.routing.configured import ConfigLike

__all__ = ["LiveInstances", "PollingPool", "PollingPoolManager"]


class LiveInstances(Protocol):
    """The instances of one pool at work: the hook on which `PollingPool` hangs. Whoever runs a pool gives one of these for it.

    An instance is told by its name, such as ``openai-gpt4`` or ``openai-gpt4#2``. Nothing here waits.
    """

    def get_instance(self) -> str | None:
        """The instance whose turn it is, taken until it is released; None if none can be had now."""

    def release_instance(self, instance: str, *, succeeded: bool) -> None:
        """Give an instance back, and say how it did."""

    def status(self) -> Mapping[str, Any]:
        """How the pool and each of its instances are."""

    def shutdown(self) -> None:
        """Give nothing out any more, and end health checks."""


class PollingPool:
    """One pool, as the configuration says and as its instances are. A program that calls a model takes a wrapper or a sidecar instead."""

    def __init__(self, name: str, config: Callable[[], Config], live: Callable[[], LiveInstances | None]) -> None:
        self.name = name
        self._config = config
        self._live = live

    @property
    def config(self) -> PollingPoolConfig:
        """The pool's settings.

        Raises:
            PoolNotFound: a reload has taken the pool away.
        """
        return _pool_config(self._config(), self.name)

    def instances(self) -> list[str]:
        """The names of its instances: each model of its task groups with each credential."""
        config = self._config()
        groups = TaskGroupManager(config)
        models = dict.fromkeys(model for reference in self.config.task_groups for model in groups.get_models_for_group(reference))
        credentials = {model: len(config.providers[config.models[model].provider].credentials()) for model in models}
        return [instance for model in models for instance in instance_names(model, credentials[model])]

    def get_instance(self) -> str:
        """Take the instance whose turn it is; it is to be given back by `release_instance`.

        Raises:
            NoModelAvailable: the pool runs nowhere here, or none of its instances can be had now.
        """
        live = self._live()
        if live is None:
            raise NoModelAvailable(f"The pool '{self.name}' does not run here: ask a sidecar for it.", target=self.name, status=503)
        instance = live.get_instance()
        if instance is None:
            raise NoModelAvailable(f"No instance of the pool '{self.name}' can be had now.", target=self.name, status=503)
        return instance

    def release_instance(self, instance: str, *, succeeded: bool = True) -> None:
        """Give an instance back; whether it `succeeded` counts for its health."""
        live = self._live()
        if live is not None:
            live.release_instance(instance, succeeded=succeeded)

    @contextlib.contextmanager
    def instance(self) -> Iterator[str]:
        """Take an instance for the length of a block; an exception out of it counts as a failure."""
        instance = self.get_instance()
        succeeded = False
        try:
            yield instance
            succeeded = True
        finally:
            self.release_instance(instance, succeeded=succeeded)

    def status(self) -> dict[str, Any]:
        """The pool's settings in short, its instances, and how they are if it runs here."""
        live, config = self._live(), self.config
        return {
            "name": self.name,
            "description": config.description,
            "task_groups": list(config.task_groups),
            "rotation_strategy": config.rotation_strategy,
            "fallback_strategy": config.fallback_strategy,
            "instances": self.instances(),
            "running": live is not None,
            **({} if live is None else live.status()),
        }


class PollingPoolManager:
    """Finds pools by name.

    Args:
        source: a sidecar, whose reloads it follows; a file, directory or mapping; or a loaded configuration.
        live: gives a pool's instances at work by its name, or None for one that does not run here.
    """

    def __init__(self, source: ConfigLike, live: Callable[[str], LiveInstances | None] | None = None) -> None:
        self._source = Configured(source)
        self._live = live
        self._shut_down = False

    def list_pools(self) -> list[str]:
        """The names of the pools, in the order of the configuration."""
        return list(self._source.config.polling_pools)

    def get_pool(self, name: str) -> PollingPool:
        """A pool.

        Raises:
            PoolNotFound: there is no such pool; the message names the nearest.
        """
        _pool_config(self._source.config, name)
        return PollingPool(name, lambda: self._source.config, lambda: self._live_instances(name))

    def list_all_status(self) -> dict[str, dict[str, Any]]:
        """The status of every pool, by name."""
        return {name: self.get_pool(name).status() for name in self.list_pools()}

    def shutdown(self) -> None:
        """End every pool that runs here; none of them gives an instance out any more."""
        for name in self.list_pools():
            live = self._live_instances(name)
            if live is not None:
                live.shutdown()
        self._shut_down = True

    def _live_instances(self, name: str) -> LiveInstances | None:
        return None if self._live is None or self._shut_down else self._live(name)


def _pool_config(config: Config, name: str) -> PollingPoolConfig:
    pools = config.polling_pools
    if name not in pools:
        near = difflib.get_close_matches(name[:200], list(pools), n=3, cutoff=0.5)
        meant = f" Did you mean {' or '.join(repr(each) for each in near)}?" if near else ""
        raise PoolNotFound(f"There is no polling pool '{name[:200]}'.{meant}", param="polling_pool", target=name)
    return pools[name]
