"""The models: their instances, how each does, and what their answers cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.domain.instances import credential_names
from pyproxy.status.figures import NOTHING, UsageTable, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproxy.admission.credentials import Disabled
    from pyproxy.observe.traffic import FlowKey
    from pyproxy.orchestration import Snapshot
    from pyproxy.rust_core import Flow
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["models_view"]


def models_view(
    snapshot: Snapshot, scopes: Mapping[str, ScopeSnapshot], flows: Mapping[FlowKey, Flow], now_ns: int
) -> list[dict[str, Any]]:
    """Each model, in the order of the configuration."""
    answered = UsageTable(flows).by(lambda key: key.model)
    credentials = snapshot.desk.standing.credentials.states(now_ns)
    found = []
    for name, model in snapshot.config.models.items():
        instances = snapshot.config.instances_of(name)
        used = credential_names(model.provider, len(instances))
        found.append(
            {
                "name": name,
                "provider": model.provider,
                "model": model.model,
                "context_window": model.context_window,
                "price": None if model.price is None else model.price.model_dump(),
                "instances": [
                    _instance(snapshot, instance, scopes.get(instance), credentials.get(credential, {}).get(name), now_ns)
                    for instance, credential in zip(instances, used, strict=True)
                ],
                "answered": answered.get(name, NOTHING),
            }
        )
    return found


def _instance(snapshot: Snapshot, name: str, scope: ScopeSnapshot | None, disabled: Disabled | None, now_ns: int) -> dict[str, Any]:
    known = snapshot.desk.standing.instances
    health, statistics, checked = known.health(name, now_ns), known.statistics(name), known.last_check(name)
    paused_until_ns = None if scope is None else scope["blocked_until_ns"]
    return {
        "name": name,
        "health": health["state"],
        **room(scope),
        "paused_for": None if paused_until_ns is None or paused_until_ns <= now_ns else (paused_until_ns - now_ns) / 1e9,
        "credential": "used" if disabled is None else disabled.reason,
        "latency": None if health["latency_ns"] is None else health["latency_ns"] / 1e9,
        "calls": statistics["requests"],
        "failures": statistics["failures"],
        "last_check": None if checked is None else checked.detail,
    }
