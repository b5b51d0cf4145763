"""The kinds of things a configuration names: their sections, the folders they may lie in, and what they may be called in a registry."""

from dataclasses import dataclass

from pyproxy.config.groups import EchelonConfig, TaskGroupConfig
from pyproxy.config.pools import PollingPoolConfig
from pyproxy.config.providers import ModelConfig, ProviderConfig
from pyproxy.config.root import Config
from pyproxy.config.settings import Settings
from pyproxy.config.targets import NodeConfig, WrapperConfig

SECTIONS = frozenset(Config.model_fields)
"""The top-level keys of the canonical form."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    Attributes:
        section: Its section in the canonical form.
        folders: Names of folders, and of tables in a registry, that hold it; ``-`` and ``_`` are the same there.
        table: The key under which a file may nest the only one it holds, such as ``[pool]``.
        settings: What one of it is made of.
    """

    section: str
    folders: tuple[str, ...]
    table: str
    settings: type[Settings]

    def knows(self, key: str) -> bool:
        """Whether the key is a setting of this kind."""
        return key in self.settings.model_fields


PROVIDER = Kind("providers", ("providers", "provider"), "provider", ProviderConfig)
MODEL = Kind("models", ("models", "model"), "model", ModelConfig)
TASK_GROUP = Kind("task_groups", ("groups", "group", "task_groups", "task_group"), "task_group", TaskGroupConfig)
POOL = Kind("polling_pools", ("polling_pools", "polling_pool", "pools", "pool"), "pool", PollingPoolConfig)
WRAPPER = Kind("wrappers", ("wrappers", "wrapper"), "wrapper", WrapperConfig)
NODE = Kind("nodes", ("nodes", "node", "workflows", "workflow"), "node", NodeConfig)

KINDS = (PROVIDER, MODEL, TASK_GROUP, POOL, WRAPPER, NODE)
BY_SECTION = {kind.section: kind for kind in KINDS}
BY_FOLDER = {folder: kind for kind in KINDS for folder in kind.folders}
ECHELON_SETTINGS = frozenset(EchelonConfig.model_fields)


def kind_of_folder(name: str) -> Kind | None:
    """Return the kind whose files lie in a folder of this name."""
    return BY_FOLDER.get(name.replace("-", "_").lower())
