"""The three kinds of wrappers: they differ in what they wrap, and in what they know of it."""

from __future__ import annotations

from typing import Any, ClassVar

from pyproxy.routing import TaskGroupManager
from pyproxy.wrappers.base import LLMWrapper

__all__ = ["DirectWrapper", "PoolWrapper", "TaskGroupWrapper"]


class TaskGroupWrapper(LLMWrapper):
    """A task group, or one of its echelons and what comes after it."""

    type: ClassVar[str] = "task_group"

    def get_model_info(self) -> dict[str, Any]:
        """The target, its models in the order in which they are tried, and where requests go when it fails."""
        config = self.config
        fallbacks = config.fallback_groups
        return {
            "name": self.name,
            "type": self.type,
            "target": config.target,
            "models": self._models(),
            "fallback_groups": TaskGroupManager(self._client).get_fallback_groups(config.target) if fallbacks is None else list(fallbacks),
        }


class PoolWrapper(LLMWrapper):
    """A polling pool: for requests of a single turn."""

    type: ClassVar[str] = "pool"

    def get_model_info(self) -> dict[str, Any]:
        """The pool's settings in short, and its instances."""
        config = self.config
        pool = self._client.config.polling_pools[config.target]
        return {
            "name": self.name,
            "type": self.type,
            "target": config.target,
            "task_groups": list(pool.task_groups),
            "rotation_strategy": pool.rotation_strategy,
            "fallback_strategy": pool.fallback_strategy,
            "instances": [candidate.instance for step in self._client.plan(config.target).steps for candidate in step.candidates],
            "single_turn": True,
        }


class DirectWrapper(LLMWrapper):
    """A single model."""

    type: ClassVar[str] = "direct"

    def get_model_info(self) -> dict[str, Any]:
        """The model, as the configuration has it and as its provider knows it; and where requests go when it fails."""
        return {"name": self.name, "type": self.type, "target": self.config.target, "models": self._models()}
