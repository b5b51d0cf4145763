"""Who asks: the wrappers and the nodes, with the room they have and what their requests came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.domain.instances import node_scope, wrapper_scope
from pyproxy.status.figures import NOTHING, UsageTable, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.config import Config
    from pyproxy.observe.traffic import FlowKey
    from pyproxy.rust_core import Flow
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["nodes_view", "wrappers_view"]


def wrappers_view(config: Config, scopes: Mapping[str, ScopeSnapshot], flows: Mapping[FlowKey, Flow]) -> list[dict[str, Any]]:
    """Each wrapper; one that is not counted for itself (``metrics: false``) has no figures."""
    asked = UsageTable(flows).by(lambda key: key.target)
    return [
        {
            "name": name,
            "type": wrapper.type,
            "target": wrapper.target,
            "description": wrapper.description,
            "fallback_groups": None if wrapper.fallback_groups is None else list(wrapper.fallback_groups),
            "alerting": wrapper.alerting,
            **room(scopes.get(wrapper_scope(name))),
            "asked": asked.get(name, NOTHING) if wrapper.metrics else None,
        }
        for name, wrapper in config.wrappers.items()
    ]


def nodes_view(config: Config, scopes: Mapping[str, ScopeSnapshot], flows: Mapping[FlowKey, Flow]) -> list[dict[str, Any]]:
    """Each node."""
    asks = UsageTable(flows).by(lambda key: key.node)
    return [
        {
            "name": name,
            "description": node.description,
            "llm_group": node.llm_group,
            "fallback_groups": None if node.fallback_groups is None else list(node.fallback_groups),
            "weight": node.weight,
            **room(scopes.get(node_scope(name))),
            "asked": asks.get(name, NOTHING),
        }
        for name, node in config.nodes.items()
    ]
