"""How the instances of a plan are, read from the limits they stand under."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyproxy.domain import Plan
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["health_of"]


def health_of(plan: Plan, scopes: Iterable[ScopeSnapshot], now_ns: int | None = None) -> dict[str, Any]:
    """``healthy`` if every instance of the first step can be asked now, ``unhealthy`` if no instance of any can, else ``degraded``."""
    now_ns = time.monotonic_ns() if now_ns is None else now_ns
    known = {scope["key"]: scope for scope in scopes}
    instances: dict[str, str] = {}
    for step in plan.steps:
        for candidate in step.candidates:
            states = [_state(known[key], now_ns) for key in candidate.path if key in known]
            instances[candidate.label] = next((state for state in states if state != "available"), "available")
    first = {candidate.label for candidate in plan.steps[0].candidates} if plan.steps else set[str]()
    return {"status": _verdict(instances, first), "instances": instances}


def _verdict(instances: Mapping[str, str], first: set[str]) -> str:
    available = {label for label, state in instances.items() if state == "available"}
    if not available:
        return "unhealthy"
    return "healthy" if first <= available else "degraded"


def _state(scope: ScopeSnapshot, now_ns: int) -> str:
    blocked_until_ns = scope["blocked_until_ns"]
    if blocked_until_ns is not None and blocked_until_ns > now_ns:
        return "paused"
    limit = scope["concurrency"]
    return "full" if limit is not None and scope["in_flight"] >= limit else "available"
