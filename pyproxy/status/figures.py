"""What became of requests and how full a scope is, as plain values that fit any of the views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.domain import Usage
from pyproxy.observe.buckets import SECOND, Buckets
from pyproxy.observe.known import NOBODY
from pyproxy.rust_core import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pyproxy.observe.traffic import FlowKey
    from pyproxy.rust_core import _ScopeSnapshot as ScopeSnapshot

__all__ = ["UsageTable", "room"]


class UsageTable:
    """The traffic since the start, to be summed up by one name or another."""

    def __init__(self, flows: Mapping[FlowKey, Flow]) -> None:
        self._flows = {key: flow for key, flow in flows.items() if key.target != NOBODY}

    def by(self, name: Callable[[FlowKey], str]) -> Mapping[str, dict[str, Any]]:
        """The figures of all requests that have a name in common, by that name."""
        together: dict[str, list[tuple[FlowKey, Flow]]] = {}
        for key, flow in self._flows.items():
            together.setdefault(name(key), []).append((key, flow))
        return {name: _figures(flows) for name, flows in together.items()}

    def all(self) -> dict[str, Any]:
        """The figures of all requests."""
        return _figures(self._flows.items())


def _figures(flows: Iterable[tuple[FlowKey, Flow]]) -> dict[str, Any]:
    total, failed = Flow(), 0
    for key, flow in flows:
        total.merge(flow)
        failed += flow.requests if key.flag not in (NOBODY, "client_gone") else 0
    told, usage = Buckets(*total.input).count, Usage(*total.usage)
    return {
        "requests": total.requests,
        "failed": failed,
        "seconds": round(Buckets(*total.duration, SECOND).total, 3),
        "queue_seconds": round(Buckets(*total.queue, SECOND).total, 3),
        "tokens": {
            "input": usage.prompt,
            "output": usage.completion,
            "cached_input": usage.cached,
            "cache_write": usage.cache_write,
            "cache_write_1h": usage.cache_write_1h,
        },
        "cost": round(total.cost, 9),
        "cost_per_request": round(total.cost / told, 9) if told else None,
    }


NOTHING = _figures(())


def room(scope: ScopeSnapshot | None) -> dict[str, Any]:
    """How full a scope is; one that is not limited has no figures of its own."""
    if scope is None:
        return {"in_flight": None, "limit": None, "waiting": None, "queue_size": None}
    return {
        "in_flight": scope["in_flight"],
        "limit": scope["concurrency"],
        "waiting": scope["waiting"],
        "queue_size": scope["queue_size"],
    }
