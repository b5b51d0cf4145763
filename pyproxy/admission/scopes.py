"""The four levels of limits, defined in the core from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyproxy.domain.instances import instance_names, node_scope
from pyproxy.rust_core import RateLimit

if TYPE_CHECKING:
    from pyproxy.config import Config
    from pyproxy.rust_core import AdmissionController

__all__ = ["define_scopes"]


class _Limited(Protocol):
    @property
    def concurrency_limit(self) -> int | None: ...
    @property
    def rpm_limit(self) -> int | None: ...


def define_scopes(controller: AdmissionController, config: Config, now_ns: int) -> None:
    """Define every group, echelon, instance and node of `config` in `controller`.

    A scope that is there already keeps its permits and its level, and takes the new limits.
    """
    for group in config.task_groups.values():
        _define(controller, group.name, None, group, now_ns)
        for echelon in group.echelons:
            _define(controller, f"{group.name}.{echelon.name}", group.name, echelon, now_ns)
    for name, model in config.models.items():
        for instance in instance_names(name, len(config.providers[model.provider].credentials())):
            _define(controller, instance, None, model, now_ns)
    for name, node in config.nodes.items():
        _define(controller, node_scope(name), None, node, now_ns)


def _define(controller: AdmissionController, key: str, parent: str | None, limits: _Limited, now_ns: int) -> None:
    rates = [] if limits.rpm_limit is None else [RateLimit.rpm(limits.rpm_limit)]
    controller.define(key=key, parent=parent, concurrency=limits.concurrency_limit, rates=rates, now_ns=now_ns)
