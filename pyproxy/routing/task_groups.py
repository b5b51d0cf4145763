"""What a configuration says of its task groups: for programs that choose among them. Requests take the resolver."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pyproxy.errors import TaskGroupNotFound
from pyproxy.routing.configured import Configured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyproxy.config import Config, EchelonConfig, TaskGroupConfig
    from pyproxy.routing.configured import ConfigLike

__all__ = ["TaskGroupManager"]


class TaskGroupManager:
    """Looks into the task groups of a sidecar, as they are now, or of a configuration without one.

    Args:
        source: a sidecar, whose reloads it follows; a file, directory or mapping, which `reload` reads again; or a loaded configuration.
        environ: where ``${VAR}`` looks when a file or mapping is read; the process's environment unless given.

    Raises:
        ConfigError: the file or mapping cannot be used.
    """

    def __init__(self, source: ConfigLike, environ: Mapping[str, str] | None = None) -> None:
        self._source = Configured(source, environ)

    def load_config(self) -> Config:
        """The configuration in force."""
        return self._source.config

    def reload(self) -> Config:
        """Read a file or mapping again; a sidecar reloads by itself, and is only looked at.

        Raises:
            ConfigError: it cannot be used, and what was read before stays.
        """
        return self._source.reread()

    def list_task_groups(self) -> list[str]:
        """The names of the groups, in the order of the configuration."""
        return list(self._source.config.task_groups)

    def get_task_group(self, name: str) -> TaskGroupConfig:
        """A group's settings.

        Raises:
            TaskGroupNotFound: there is no such group; the message names the nearest.
        """
        groups = self._source.config.task_groups
        if name not in groups:
            raise TaskGroupNotFound(f"There is no task group '{name[:200]}'.{_nearest(name, groups)}", param="task_group", target=name)
        return groups[name]

    def parse_group_reference(self, reference: str) -> tuple[str, str | None]:
        """``group.echelon`` as its two names; a group alone has no second.

        Raises:
            TaskGroupNotFound: the group or the echelon is not there.
        """
        name, dot, echelon = reference.partition(".")
        group = self.get_task_group(name)
        if not dot:
            return name, None
        names = [each.name for each in group.echelons]
        if echelon not in names:
            message = f"The task group '{name}' has no echelon '{echelon[:200]}'.{_nearest(echelon, names)}"
            raise TaskGroupNotFound(message, param="task_group", target=reference)
        return name, echelon

    def get_models_for_group(self, reference: str) -> list[str]:
        """The models of an echelon, or of all echelons of a group in their order, each once."""
        return list(dict.fromkeys(model for echelon in self._echelons(reference) for model in echelon.models))

    def get_echelon_config(self, reference: str, echelon: str | None = None) -> dict[str, Any]:
        """The settings of ``group.echelon``, or of a group and one of its echelons, as plain values; of a group alone, its first one's."""
        chosen = self._echelons(reference if echelon is None else f"{reference}.{echelon}")[0]
        return chosen.model_dump(mode="json")

    def get_fallback_config(self, reference: str) -> dict[str, Any]:
        """What a group does when a call fails, as plain values."""
        return self.get_task_group(self.parse_group_reference(reference)[0]).fallback_config.model_dump(mode="json")

    def get_fallback_groups(self, reference: str) -> list[str]:
        """Where a request goes when `reference` fails: as the group's ``fallback_groups`` list it, else its echelons further down.

        None for the strategy ``model_rotate``, which stays where it is; no echelon of its own for ``task_group_switch``.
        """
        name, echelon = self.parse_group_reference(reference)
        group = self.get_task_group(name)
        policy = group.fallback_config
        if policy.strategy == "model_rotate":
            return []
        if policy.fallback_groups is not None:
            listed = [each for each in policy.fallback_groups if each != reference]
        else:
            names = [each.name for each in group.echelons]
            first = 0 if echelon is None else names.index(echelon)
            listed = [f"{name}.{below}" for below in names[first + 1 :]]
        if policy.strategy == "task_group_switch":
            return [each for each in listed if each.partition(".")[0] != name]
        return listed

    def get_config_status(self) -> dict[str, Any]:
        """Where the configuration comes from, what tells it from another, and what the groups hold."""
        config = self._source.config
        return {
            "source": config.source,
            "revision": config.revision,
            "task_groups": {name: self._group_status(group) for name, group in config.task_groups.items()},
            "models": len(config.models),
            "polling_pools": list(config.polling_pools),
        }

    def _group_status(self, group: TaskGroupConfig) -> dict[str, Any]:
        return {
            "description": group.description,
            "echelons": {echelon.name: list(echelon.models) for echelon in group.echelons},
            "strategy": group.fallback_config.strategy,
            "fallback_groups": self.get_fallback_groups(group.name),
        }

    def _echelons(self, reference: str) -> tuple[EchelonConfig, ...]:
        name, echelon = self.parse_group_reference(reference)
        echelons = self.get_task_group(name).echelons
        return echelons if echelon is None else tuple(each for each in echelons if each.name == echelon)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:200], list(known), n=3, cutoff=0.5)
    return " Did you mean " + " or ".join(f"'{each}'" for each in near) + "?" if near else ""
