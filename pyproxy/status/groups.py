"""The task groups: their echelons, how full they are, who in them is left alone, and how often requests fall back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.status.figures import NOTHING, UsageTable, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.observe.fallback_rate import GroupCounts
    from pyproxy.observe.traffic import FlowKey
    from pyproxy.orchestration import Snapshot
    from pyproxy.rust_core import Flow
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["fallback_counts", "groups_view"]


def groups_view(
    snapshot: Snapshot,
    scopes: Mapping[str, ScopeSnapshot],
    flows: Mapping[FlowKey, Flow],
    rates: Mapping[str, GroupCounts],
    now_ns: int,
) -> list[dict[str, Any]]:
    """Each task group, in the order of the configuration."""
    asked = UsageTable(flows).by(lambda key: key.target)
    breakers = list(snapshot.desk.standing.breakers.states(now_ns))
    return [
        {
            "name": name,
            "description": group.description,
            "strategy": group.fallback_config.strategy,
            **room(scopes.get(name)),
            "echelons": [
                {
                    "name": echelon.name,
                    "priority": echelon.priority,
                    "models": list(echelon.models),
                    **room(scopes.get(f"{name}.{echelon.name}")),
                }
                for echelon in group.echelons
            ],
            "breakers": [
                {"instance": instance, "state": state, "retry_after": retry_after_ns / 1e9}
                for of, instance, state, retry_after_ns in breakers
                if of == name
            ],
            "fallbacks": fallback_counts(rates.get(name)),
            "asked": asked.get(name, NOTHING),
        }
        for name, group in snapshot.config.task_groups.items()
    ]


def fallback_counts(counts: GroupCounts | None) -> dict[str, Any]:
    """How often requests that were first called for a group went on to another instance: since the start, and of late."""
    if counts is None:
        return {"requests": 0, "fell_back": 0, "rate": None, "recent_requests": 0, "recent_rate": None}
    return {
        "requests": counts.requests,
        "fell_back": counts.fell_back,
        "rate": counts.fell_back / counts.requests,
        "recent_requests": counts.recent,
        "recent_rate": counts.rate,
    }
