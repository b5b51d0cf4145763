"""Finds the wrappers of the configuration, and makes others while a program runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pyproxy.config import WrapperConfig
from pyproxy.errors import PoolNotFound, TargetNotFound, WrapperError, WrapperExists, WrapperNotFound
from pyproxy.routing import TaskGroupManager
from pyproxy.wrappers.kinds import DirectWrapper, PoolWrapper, TaskGroupWrapper

if TYPE_CHECKING:
    from pyproxy.embedded import LLMClient
    from pyproxy.wrappers.base import LLMWrapper

__all__ = ["LLMWrapperFactory"]

_KINDS: dict[str, type[LLMWrapper]] = {kind.type: kind for kind in (TaskGroupWrapper, PoolWrapper, DirectWrapper)}


class LLMWrapperFactory:
    """The wrappers of one sidecar, each made once; those of the configuration follow its reloads. Safe to use from any thread.

    Args:
        client: the sidecar.
    """

    def __init__(self, client: LLMClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._created: dict[str, LLMWrapper] = {}
        self._configured: dict[str, LLMWrapper] = {}

    def create(self, name: str, **settings: Any) -> LLMWrapper:
        """Make a wrapper that the configuration does not have.

        Args:
            name: its name; no target may have it.
            **settings: as in the configuration: ``type`` and ``target``, and ``fallback_groups``, ``request_timeout``, ``description``.

        Raises:
            WrapperExists: the name is taken.
            WrapperError: the settings cannot be used.
            TaskGroupNotFound, PoolNotFound, TargetNotFound: what it is to wrap is not there.
        """
        config = _settings(name, settings)
        self._check_target(config)
        with self._lock:
            if name in self._created or self._is_target(name):
                raise WrapperExists(f"'{name}' is the name of a wrapper or another target already.", target=name)
            wrapper = self._created[name] = _KINDS[config.type](name, self._client, config)
            return wrapper

    def get(self, name: str) -> LLMWrapper:
        """The wrapper of that name; the same one each time, as long as it stays of its kind.

        Raises:
            WrapperNotFound: there is none.
        """
        with self._lock:
            if name in self._created:
                return self._created[name]
            config = self._client.config.wrappers.get(name)
            if config is None:
                self._configured.pop(name, None)
                raise WrapperNotFound(f"There is no wrapper '{name[:200]}'.", target=name)
            kept = self._configured.get(name)
            if kept is None or kept.type != config.type:
                kept = self._configured[name] = _KINDS[config.type](name, self._client)
            return kept

    def list(self) -> dict[str, str]:
        """The kind of every wrapper, by name."""
        configured = {name: config.type for name, config in self._client.config.wrappers.items()}
        with self._lock:
            return {**configured, **{name: wrapper.type for name, wrapper in self._created.items()}}

    def remove(self, name: str) -> None:
        """Take a wrapper away that `create` made; whoever still holds it is told so.

        Raises:
            WrapperError: it is the configuration's, and goes by taking it out there.
            WrapperNotFound: there is none.
        """
        with self._lock:
            wrapper = self._created.pop(name, None)
        if wrapper is not None:
            wrapper.retire()
        elif name in self._client.config.wrappers:
            raise WrapperError(f"The wrapper '{name}' is the configuration's: take it out there, and reload.", target=name)
        else:
            raise WrapperNotFound(f"There is no wrapper '{name[:200]}'.", target=name)

    def _is_target(self, name: str) -> bool:
        config = self._client.config
        return any(name in section for section in (config.wrappers, config.task_groups, config.polling_pools, config.models, config.nodes))

    def _check_target(self, config: WrapperConfig) -> None:
        if config.type == "task_group":
            TaskGroupManager(self._client).parse_group_reference(config.target)
        elif config.type == "pool":
            if config.target not in self._client.config.polling_pools:
                raise PoolNotFound(f"There is no polling pool '{config.target[:200]}'.", target=config.target)
        elif config.target not in self._client.config.models:
            raise TargetNotFound(f"There is no model '{config.target[:200]}'.", target=config.target)
        for reference in config.fallback_groups or ():
            self._client.plan(reference)


def _settings(name: str, settings: dict[str, Any]) -> WrapperConfig:
    try:
        return WrapperConfig(**settings)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise WrapperError(f"The wrapper '{name}' cannot be made: {told}.", target=name) from None
