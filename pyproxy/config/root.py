"""The whole configuration, typed."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from pyproxy.config.alerts import AlertsConfig
from pyproxy.config.groups import EchelonConfig, TaskGroupConfig
from pyproxy.config.pools import PollingPoolConfig
from pyproxy.config.providers import ModelConfig, ProviderConfig
from pyproxy.config.quantities import Text
from pyproxy.config.server import ServerConfig
from pyproxy.config.sessions import SessionsConfig
from pyproxy.config.settings import Named, Settings, nothing
from pyproxy.config.targets import NodeConfig, WrapperConfig
from pyproxy.domain.instances import instance_names

Mode = Literal["strict", "lenient"]
"""What becomes of a configuration with a broken part: it is refused, or the part is left out."""


class Config(Settings):
    """A configuration that was checked in full: every name in it that refers to another exists.

    Made by `load_config` and `check_config`. Its ``repr`` is short: it counts what it holds.
    """

    config_validation: Mode = Field(
        default="strict",
        description="What becomes of a configuration with a broken part: `strict` refuses it, `lenient` leaves the part out, and with it "
        "whatever needs it, and warns of each. While it serves, a file that cannot be read is never left out: the last good one stays.",
        examples=["strict", "lenient"],
    )
    server: ServerConfig = Field(default=ServerConfig(), description="Where the sidecar listens.", examples=[{"port": 8484}])
    providers: Named[ProviderConfig] = Field(
        default_factory=nothing, description="Upstream services by name.", examples=[{"openai": {"base_url": "https://api.openai.com/v1"}}]
    )
    models: Named[ModelConfig] = Field(
        default_factory=nothing,
        description="Models by name. One that is named provider:name elsewhere is here under that name, without settings.",
        examples=[{"openai-gpt4": {"provider": "openai", "model": "gpt-4o"}}],
    )
    task_groups: Named[TaskGroupConfig] = Field(
        default_factory=nothing, description="Task groups by name.", examples=[{"fast_group": {"echelon1": {"models": ["openai-gpt4"]}}}]
    )
    polling_pools: Named[PollingPoolConfig] = Field(
        default_factory=nothing, description="Polling pools by name.", examples=[{"fast_pool": {"task_groups": ["fast_group"]}}]
    )
    wrappers: Named[WrapperConfig] = Field(
        default_factory=nothing, description="Wrappers by name.", examples=[{"chat": {"type": "task_group", "target": "fast_group"}}]
    )
    nodes: Named[NodeConfig] = Field(
        default_factory=nothing, description="Nodes by name.", examples=[{"planning_node": {"llm_group": "plan_group"}}]
    )
    aliases: Named[Text] = Field(
        default_factory=nothing,
        description="Other names for targets, `*` standing for any text; names of targets go before aliases.",
        examples=[{"claude-*": "fast_group"}],
    )
    sessions: SessionsConfig = Field(
        default=SessionsConfig(), description="How conversations stay with the instance that serves them.", examples=[{"ttl": 3600}]
    )
    alerts: AlertsConfig = Field(
        default=AlertsConfig(), description="When operators are told that something is wrong.", examples=[{"fallback_rate": 0.25}]
    )
    plugins: tuple[Text, ...] = Field(
        default=(),
        description="Python modules that are imported at the start, to register strategies and schedulers of their own. Nothing else in a "
        "configuration names code.",
        examples=[["my_company.pyproxy_plugins"]],
    )

    _source: str = PrivateAttr(default="")
    _revision: str = PrivateAttr(default="")

    @property
    def source(self) -> str:
        """Where it was read from, for people: a path, or ``<mapping>``."""
        return self._source

    @property
    def revision(self) -> str:
        """Twelve hexadecimal digits that change with the content, whatever its layout; credentials and headers do not count."""
        return self._revision

    def instances_of(self, model: str) -> tuple[str, ...]:
        """Return the instances of a model, one for each credential of its provider."""
        return instance_names(model, len(self.providers[self.models[model].provider].credentials()))

    def echelons_of(self, references: Iterable[str]) -> tuple[tuple[TaskGroupConfig, EchelonConfig], ...]:
        """Return the echelons that names of groups and echelons stand for, in their order, each once."""
        found: dict[tuple[str, str], tuple[TaskGroupConfig, EchelonConfig]] = {}
        for reference in references:
            name, _, only = reference.partition(".")
            group = self.task_groups[name]
            for echelon in group.echelons:
                if only in ("", echelon.name):
                    found.setdefault((name, echelon.name), (group, echelon))
        return tuple(found.values())

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "source", self._source
        yield "revision", self._revision
        for section in ("providers", "models", "task_groups", "polling_pools", "wrappers", "nodes", "aliases"):
            yield section, len(getattr(self, section))
